//! What is wrong with a case that cannot be read.
//!
//! Invariant: a problem points into the file (RFC 6901), and reading goes on so that all are found at once.

use std::fmt;

/// One fault of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer into the input.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.message)
    }
}

/// Collects problems on the way down.
#[derive(Debug, Default)]
pub struct Problems {
    /// Faults that make the case unreadable.
    pub errors: Vec<Problem>,
    /// Oddities that leave it readable.
    pub warnings: Vec<Problem>,
}

impl Problems {
    /// Adds a fault.
    pub fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.errors.push(Problem { pointer: pointer.to_owned(), message: message.into() });
    }

    /// Adds an oddity.
    pub fn warn(&mut self, pointer: &str, message: impl Into<String>) {
        self.warnings.push(Problem { pointer: pointer.to_owned(), message: message.into() });
    }
}
