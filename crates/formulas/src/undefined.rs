//! Why a value does not exist. A formula returns a reason instead of 0, NaN or infinity.
//!
//! Invariant: each reason has one code, and the codes are those of the product's error table.

use crate::Date;

/// A mathematically or factually undefined value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Undefined {
    /// Fewer observations than the formula needs.
    #[error("needs {needed} observations, found {found}")]
    InsufficientData {
        /// The least number.
        needed: usize,
        /// The number given.
        found: usize,
    },
    /// A ratio over nothing: no dispersion, no downside, no drawdown.
    #[error("{what} is zero")]
    ZeroDenominator {
        /// The denominator.
        what: &'static str,
    },
    /// A return below −100 %, NaN or infinite, inside a series.
    #[error("observation {index} of the series is not a return of at least -100 %")]
    InvalidReturn {
        /// Position in the series.
        index: usize,
    },
    /// Two series that should have one value per period have different lengths.
    #[error("series of {left} and {right} observations cannot be paired")]
    LengthMismatch {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A return on capital of zero or below.
    #[error("no return is defined at position {index}")]
    UndefinedReturn {
        /// Position of the valuation at which the chain breaks.
        index: usize,
    },
    /// Cash flows of one sign have no internal rate of return.
    #[error("all cash flows have the same sign")]
    NoSignChange,
    /// The signs change, yet no rate makes the present value zero.
    #[error("no rate makes the present value zero")]
    NoRoot,
    /// All cash flows fall on one date.
    #[error("all cash flows fall on one date")]
    SingleDate,
    /// Fewer than two cash flows.
    #[error("needs two cash flows, found {found}")]
    TooFewFlows {
        /// The number given.
        found: usize,
    },
    /// A return over less than a year is not stated per year.
    #[error("a span of {days} days is shorter than a year")]
    NotAnnualisable {
        /// Length of the span.
        days: i64,
    },
    /// A day of the window cannot be valued in full.
    #[error("the value on {date} is incomplete")]
    Incomplete {
        /// The first such day.
        date: Date,
    },
    /// A target that no number of periods reaches.
    #[error("the target is never reached")]
    Unreachable,
    /// Regressors that say yes or no without exception: the likelihood has no maximum.
    #[error("the regressors separate the outcomes perfectly")]
    PerfectSeparation,
    /// Regressors that are combinations of one another.
    #[error("the regressors are linearly dependent")]
    RankDeficient,
    /// A covariance that no variables can have.
    #[error("{what} is not positive definite")]
    NotPositiveDefinite {
        /// The matrix.
        what: &'static str,
    },
    /// Too small a part of what is wanted is known.
    #[error("the known part is less than {needed} of the whole")]
    InsufficientCoverage {
        /// The least share.
        needed: f64,
    },
    /// The figure has no meaning for this case.
    #[error("does not apply to {case}")]
    NotApplicable {
        /// The case.
        case: &'static str,
    },
    /// An iteration that did not settle.
    #[error("the iteration did not converge")]
    NotConverged,
    /// An argument outside the formula's domain.
    #[error("{what} is out of range")]
    InvalidInput {
        /// The argument.
        what: &'static str,
    },
}

impl Undefined {
    /// The code under which users and programs see the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Undefined::InsufficientData { .. } => "insufficient_data",
            Undefined::ZeroDenominator { .. } => "zero_denominator",
            Undefined::InvalidReturn { .. } => "invalid_return",
            Undefined::UndefinedReturn { .. } => "undefined_return",
            Undefined::NoSignChange => "no_sign_change",
            Undefined::NoRoot => "no_root",
            Undefined::SingleDate => "single_date",
            Undefined::TooFewFlows { .. } => "too_few_flows",
            Undefined::NotAnnualisable { .. } => "not_annualisable",
            Undefined::Incomplete { .. } => "incomplete",
            Undefined::Unreachable => "unreachable",
            Undefined::PerfectSeparation => "perfect_separation",
            Undefined::RankDeficient => "rank_deficient",
            Undefined::NotPositiveDefinite { .. } => "not_positive_definite",
            Undefined::InsufficientCoverage { .. } => "insufficient_coverage",
            Undefined::NotApplicable { .. } => "not_applicable",
            Undefined::NotConverged => "not_converged",
            Undefined::LengthMismatch { .. } | Undefined::InvalidInput { .. } => "invalid_input",
        }
    }
}
