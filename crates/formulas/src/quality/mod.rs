//! Quality: whether a company can pay, keep its advantage and survive, from its own statements.
//!
//! Statements are point-in-time; a missing item makes its figure undefined and is never counted as zero.

mod altman_z;
mod dividend_safety;
mod moat_inputs;
mod owner_earnings;
mod piotroski_f;
mod rating;
mod resilience_inputs;
mod rubric;

pub use altman_z::{AltmanInputs, AltmanVariant, AltmanZ, Zone, altman_z, altman_z_of_ratios};
pub use dividend_safety::{DividendInputs, DividendSafety, dividend_safety};
pub use moat_inputs::{MoatInputs, moat_inputs};
pub use owner_earnings::owner_earnings;
pub use piotroski_f::{PIOTROSKI_FLAGS, PiotroskiF, PiotroskiStatement, piotroski_f};
pub use rating::{
    AggregateRating, BusinessKind, ComponentScore, Fact, Rating, RatingFacts, aggregate_rating, grade, grade_fine,
    rating,
};
pub use resilience_inputs::{ResilienceInputs, resilience_inputs};
pub use rubric::{Band, Component, Rubric, RubricError, RubricRating};
