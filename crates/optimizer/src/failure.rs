//! Why there is no portfolio: a typed reason, never weights that a solver did not finish.
//!
//! Invariant: each reason has one code of the product's error table.

/// A problem that has no answer, or whose answer was not reached.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// No weights satisfy all constraints.
    #[error("no weights satisfy all of: {}", conflict.join(", "))]
    Infeasible {
        /// Constraints that contradict each other; leaving out any one of them would make room, where that was cheap
        /// enough to prove.
        conflict: Vec<String>,
    },
    /// The objective improves for ever: something is missing that bounds the weights.
    #[error("the objective improves without limit; bound the weights")]
    Unbounded,
    /// The solver stopped before the optimality conditions held.
    #[error("optimality conditions hold only to {residual:e}")]
    NotConverged {
        /// The largest violation reached.
        residual: f64,
    },
    /// A covariance with a direction of negative variance.
    #[error("the covariance is not positive semidefinite")]
    NotPositiveDefinite,
    /// A division by nothing.
    #[error("{what} is zero")]
    ZeroDenominator {
        /// The denominator.
        what: String,
    },
    /// Fewer observations or assets than needed.
    #[error("needs {needed} observations, found {found}")]
    InsufficientData {
        /// The least number.
        needed: usize,
        /// The number given.
        found: usize,
    },
    /// An argument outside the problem's domain.
    #[error("{what}")]
    Invalid {
        /// What is wrong with which argument.
        what: String,
    },
}

impl Failure {
    /// An argument outside the problem's domain.
    pub fn invalid(what: impl Into<String>) -> Failure {
        Failure::Invalid { what: what.into() }
    }

    /// The code under which users and programs see the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Infeasible { .. } => "infeasible",
            Failure::Unbounded => "unbounded",
            Failure::NotConverged { .. } => "not_converged",
            Failure::NotPositiveDefinite => "not_positive_definite",
            Failure::ZeroDenominator { .. } => "zero_denominator",
            Failure::InsufficientData { .. } => "insufficient_data",
            Failure::Invalid { .. } => "invalid_input",
        }
    }
}

/// Refuses a vector of the wrong length or with a value that is not a number.
pub(crate) fn check_vector(values: &[f64], n: usize, what: &str) -> Result<(), Failure> {
    if values.len() != n {
        return Err(Failure::invalid(format!("{what} has {} values for {n} assets", values.len())));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Failure::invalid(format!("{what} {index} is not a finite number"))),
        None => Ok(()),
    }
}
