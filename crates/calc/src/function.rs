//! What a calculator promises, as data: name, inputs, outputs, page, code.
//!
//! Invariant: the declared keys are the only ones an input may carry; defaults stand here and nowhere else.

use crate::{Input, Output, Problems};

/// One function of a calculator.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name, as in the golden files.
    pub name: &'static str,
    /// The calculator that it belongs to; the first function of a calculator is its default.
    pub calculator: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// What it takes.
    pub keys: &'static [Key],
    /// What it gives: name and meaning.
    pub outputs: &'static [(&'static str, &'static str)],
    /// The page that explains it: `docs/formulas/<page>.md`.
    pub page: &'static str,
    /// The calculation.
    pub run: fn(&Input<'_>) -> Result<Output, Problems>,
}

/// One input.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
    /// What stands for it when it is not given, as JSON; empty for nothing.
    pub default: &'static str,
    /// Meaning and unit.
    pub description: &'static str,
}

impl Key {
    /// A key that must be given.
    pub const fn required(name: &'static str, kind: Kind, description: &'static str) -> Key {
        Key { name, kind, required: true, default: "", description }
    }

    /// A key that may be left out, with its default as JSON (empty for none).
    pub const fn optional(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Key {
        Key { name, kind, required: false, default, description }
    }
}

/// What an input holds. A number may always be written as a decimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// Text.
    Text,
    /// One of several words.
    Choice(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    /// `[x, …]`, `[[date, x], …]`, `{"dates": […], "values": […]}` or a column of a CSV table.
    Series,
    /// One number for all periods, or a series.
    NumberOrSeries,
    /// `[[x, …], …]`: rows of dates × columns, `{"names": […], "rows": […]}`, or columns of a CSV table.
    Matrix,
    /// `[[date, amount], …]`.
    Flows,
    /// A JSON object.
    Object,
    /// A JSON array.
    List,
    /// A CSV table.
    Table,
    /// Anything; the function says what.
    Any,
}
