//! Withdrawal rules: how much a retiree takes out in a period, given what is left.
//!
//!   constant       the same purchasing power in every period
//!   percent        a share of the wealth of the moment
//!   guardrails     the amount of the year before, 10 % less when its rate has risen to more than 1.2 times the first
//!                  rate (unless 15 years or less are left), 10 % more when it has fallen below 0.8 times
//!   variable       the annuity that uses up the wealth over the years left at an expected return
//!
//! Amounts in real terms, at most the wealth. Guardrails decide once a year and pay the amount in equal parts.
//!
//! Guyton, J. & Klinger, W. (2006), "Decision Rules and Maximum Initial Withdrawal Rates", Journal of Financial
//! Planning 19(3). Waring, B. & Siegel, L. (2015), "The Only Spending Rule Article You Will Ever Need", FAJ 71(1).

use super::{PaymentTiming, annuity_withdrawal};
use crate::Undefined;

/// How withdrawals follow wealth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WithdrawalRule {
    /// Nothing is withdrawn.
    None,
    /// The same amount in every period.
    Constant(f64),
    /// A share of wealth in every period.
    Percent(f64),
    /// Guyton–Klinger guardrails around a first annual rate.
    Guardrails {
        /// First year's withdrawal as a share of the first wealth.
        annual_rate: f64,
    },
    /// An annuity over the periods left, computed anew in each.
    Variable {
        /// Expected real return per period.
        expected_return: f64,
    },
}

/// The rule during one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spending {
    rule: WithdrawalRule,
    first_rate: f64,
    per_period: f64,
    periods: usize,
    periods_per_year: usize,
}

impl WithdrawalRule {
    /// Whether amounts and rates are in their domains.
    pub fn check(&self) -> Result<(), Undefined> {
        let sound = match self {
            WithdrawalRule::None => true,
            WithdrawalRule::Constant(amount) => amount.is_finite() && *amount >= 0.0,
            WithdrawalRule::Percent(rate) | WithdrawalRule::Guardrails { annual_rate: rate } => {
                (0.0..=1.0).contains(rate)
            }
            WithdrawalRule::Variable { expected_return } => expected_return.is_finite() && *expected_return > -1.0,
        };
        if sound { Ok(()) } else { Err(Undefined::InvalidInput { what: "withdrawal" }) }
    }

    pub(super) fn begin(self, initial: f64, periods: usize, periods_per_year: usize) -> Spending {
        let first_rate = if let WithdrawalRule::Guardrails { annual_rate } = self { annual_rate } else { 0.0 };
        let per_period = first_rate * initial / periods_per_year as f64;
        Spending { rule: self, first_rate, per_period, periods, periods_per_year }
    }
}

impl Spending {
    /// The withdrawal of period `at` (from 0) out of `wealth`, at most all of it.
    pub(super) fn amount(&mut self, at: usize, wealth: f64) -> f64 {
        let asked = match self.rule {
            WithdrawalRule::None => 0.0,
            WithdrawalRule::Constant(amount) => amount,
            WithdrawalRule::Percent(rate) => rate * wealth,
            WithdrawalRule::Guardrails { .. } => {
                if at > 0 && at.is_multiple_of(self.periods_per_year) && wealth > 0.0 {
                    self.decide((self.periods - at) / self.periods_per_year, wealth);
                }
                self.per_period
            }
            WithdrawalRule::Variable { expected_return } => {
                let left = (self.periods - at) as f64;
                annuity_withdrawal(wealth, expected_return, left, PaymentTiming::Start).unwrap_or(0.0)
            }
        };
        asked.min(wealth).max(0.0)
    }

    /// Guyton's and Klinger's yearly decision.
    fn decide(&mut self, years_left: usize, wealth: f64) {
        let rate = self.per_period * self.periods_per_year as f64 / wealth;
        if rate > 1.2 * self.first_rate && years_left > 15 {
            self.per_period *= 0.9;
        } else if rate < 0.8 * self.first_rate {
            self.per_period *= 1.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // 5 % of 100; wealth falls to 80: the rate is 6.25 % > 6 %, so 4.5 is paid; at 120 it is 3.75 % < 4 %.
        let mut spending = WithdrawalRule::Guardrails { annual_rate: 0.05 }.begin(100.0, 30, 1);
        assert_eq!(spending.amount(0, 100.0), 5.0);
        assert_eq!(spending.amount(1, 80.0), 4.5);
        assert!((spending.amount(2, 120.0) - 4.95).abs() < 1e-12);
        // In the last fifteen years there is no cut.
        let mut late = WithdrawalRule::Guardrails { annual_rate: 0.05 }.begin(100.0, 30, 1);
        assert_eq!(late.amount(15, 50.0), 5.0);
    }

    #[test]
    fn the_variable_rule_uses_up_the_wealth() {
        let mut spending = WithdrawalRule::Variable { expected_return: 0.03 }.begin(100.0, 10, 1);
        let left = (0..10).fold(100.0, |wealth, at| (wealth - spending.amount(at, wealth)) * 1.03);
        assert!(left.abs() < 1e-10, "{left}");
    }

    #[test]
    fn edges() {
        assert_eq!(WithdrawalRule::Constant(10.0).begin(100.0, 5, 1).amount(3, 4.0), 4.0);
        assert_eq!(WithdrawalRule::Percent(0.04).begin(100.0, 5, 1).amount(3, 0.0), 0.0);
        for rule in [WithdrawalRule::Constant(-1.0), WithdrawalRule::Percent(1.5), WithdrawalRule::Percent(f64::NAN)] {
            assert_eq!(rule.check().unwrap_err().code(), "invalid_input");
        }
    }
}
