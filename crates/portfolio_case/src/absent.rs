//! Why a question has no answer.
//!
//! Invariant: an answer is a value or one of these with a code and a sentence; nothing is guessed.

use formulas::Undefined;

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Stable code, snake case.
    pub code: String,
    /// One sentence for a reader.
    pub why: String,
}

impl Absent {
    /// An absence with its reason.
    pub fn new(code: &str, why: impl Into<String>) -> Absent {
        Absent { code: code.to_owned(), why: why.into() }
    }

    /// The arithmetic left the range of decimals or divided by zero.
    pub fn undefined(what: &str) -> Absent {
        Absent::new("undefined", format!("{what} is not defined: a division by zero or a number out of range"))
    }

    /// A ratio over nothing.
    pub fn zero(what: &str) -> Absent {
        Absent::new("zero_denominator", format!("{what} is zero"))
    }

    /// An input that the case does not give.
    pub fn missing(what: &str) -> Absent {
        Absent::new("missing_input", format!("the case does not say {what}"))
    }
}

impl From<Undefined> for Absent {
    fn from(reason: Undefined) -> Absent {
        Absent::new(reason.code(), reason.to_string())
    }
}
