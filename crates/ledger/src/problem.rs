//! What is wrong with an input, in a form that a person can act on.

use std::fmt;

use serde::Serialize;

/// One reason why an input is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code (`missing_field`, `missing_fx`, `oversell`…).
    pub code: &'static str,
    /// The field or column that it is about; empty for a whole row or file.
    pub field: String,
    /// What is wrong, lower case, naming the value.
    pub detail: String,
    /// What to do about it.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub try_: Option<String>,
    /// Line of the file, from 1; absent outside of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Problem {
    /// A problem of a field.
    pub fn new(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, field: field.into(), detail: detail.into(), try_: None, line: None }
    }

    /// Adds what to do.
    pub fn with_try(mut self, advice: impl Into<String>) -> Self {
        self.try_ = Some(advice.into());
        self
    }

    /// Adds the line of the file.
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{} ({})", self.detail, self.code)?;
        if let Some(advice) = &self.try_ {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}
