//! Short-term cycle phase from slack and its direction: the sign pattern of a level and of its change over a year.
//!
//!   slack > 0, falling      recovery            slack ≤ 0, falling       mid-expansion
//!   slack ≤ 0, not falling  late, tightening    slack > 0, not falling   contraction
//!
//! Slack: unemployment minus its normal rate, or normal minus actual capacity utilisation; the change is over four
//! quarters. Descriptive: few cycles, no forecast claim.
//!
//! Dalio, R. (2012), "How the Economic Machine Works".

use crate::Undefined;

/// A phase of the five- to eight-year cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortTermPhase {
    /// Slack, and falling.
    Recovery,
    /// No slack, still tightening up.
    MidExpansion,
    /// No slack, and it no longer falls.
    Late,
    /// Slack, and rising.
    Contraction,
}

impl ShortTermPhase {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            ShortTermPhase::Recovery => "recovery",
            ShortTermPhase::MidExpansion => "mid_expansion",
            ShortTermPhase::Late => "late",
            ShortTermPhase::Contraction => "contraction",
        }
    }
}

/// The phase of the last value of `slack`; `year` values make a year.
pub fn short_term_phase(slack: &[f64], year: usize) -> Result<ShortTermPhase, Undefined> {
    if year == 0 {
        return Err(Undefined::InvalidInput { what: "year" });
    }
    if slack.len() <= year {
        return Err(Undefined::InsufficientData { needed: year + 1, found: slack.len() });
    }
    let (now, before) = (slack[slack.len() - 1], slack[slack.len() - 1 - year]);
    if !(now.is_finite() && before.is_finite()) {
        return Err(Undefined::InvalidInput { what: "slack" });
    }
    Ok(match (now > 0.0, now < before) {
        (true, true) => ShortTermPhase::Recovery,
        (false, true) => ShortTermPhase::MidExpansion,
        (false, false) => ShortTermPhase::Late,
        (true, false) => ShortTermPhase::Contraction,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        let of = |before, now| short_term_phase(&[before, 0.0, 0.0, 0.0, now], 4).unwrap().name();
        assert_eq!(of(3.0, 1.0), "recovery");
        assert_eq!(of(1.0, -0.5), "mid_expansion");
        assert_eq!(of(-1.0, -0.5), "late");
        assert_eq!(of(-0.5, 2.0), "contraction");
    }

    #[test]
    fn edges() {
        assert_eq!(short_term_phase(&[1.0; 4], 4).unwrap_err().code(), "insufficient_data");
        assert_eq!(short_term_phase(&[1.0; 4], 0).unwrap_err().code(), "invalid_input");
        assert_eq!(short_term_phase(&[f64::NAN; 5], 4).unwrap_err().code(), "invalid_input");
    }
}
