//! Portfolios with the mildest tail: losses and drawdowns beyond a quantile, over scenarios.

mod min_cdar;
mod min_cvar;

pub use min_cdar::min_cdar;
pub use min_cvar::min_cvar;

use crate::Failure;
use crate::portfolio::Portfolio;

/// A portfolio and what is left of the tail.
#[derive(Debug, Clone, PartialEq)]
pub struct TailPortfolio {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// Expected shortfall of the losses or drawdowns at the optimum, positive = loss.
    pub tail_mean: f64,
}

/// Mean of the αT largest of `losses`, the last one in part (Rockafellar & Uryasev); `count` is αT > 0.
fn tail_mean(losses: &[f64], count: f64) -> f64 {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let whole = whole_above(count);
    let full: f64 = sorted.iter().take(whole - 1).sum();
    let part = sorted.get(whole - 1).map_or(0.0, |loss| (count - (whole as f64 - 1.0)) * loss);
    (full + part) / count
}

/// ⌈count⌉, at least 1, not moved by float noise: 125.00000000000001 is 125.
fn whole_above(count: f64) -> usize {
    let nearest = count.round();
    let whole = if (count - nearest).abs() <= 1e-9 { nearest } else { count.ceil() };
    (whole as usize).max(1)
}

/// Refuses scenarios of different lengths, values that are no numbers and a tail outside (0, 1].
fn check_scenarios(scenarios: &[Vec<f64>], n: usize, tail_probability: f64) -> Result<(), Failure> {
    if scenarios.is_empty() {
        return Err(Failure::InsufficientData { needed: 1, found: 0 });
    }
    if !(0.0 < tail_probability && tail_probability <= 1.0) {
        return Err(Failure::invalid("the tail probability must be above 0 and at most 1"));
    }
    scenarios.iter().try_for_each(|row| crate::failure::check_vector(row, n, "return"))
}

/// 1 over the size of a typical return, so that the program's numbers are about 1.
fn unit(scenarios: &[Vec<f64>]) -> f64 {
    let count: usize = scenarios.iter().map(Vec::len).sum();
    let mean = scenarios.iter().flatten().map(|value| value.abs()).sum::<f64>() / count.max(1) as f64;
    if mean > 0.0 { 1.0 / mean } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_loss_of_the_tail_counts_in_part() {
        let losses = [0.01, 0.05, -0.02, 0.03];
        assert!((tail_mean(&losses, 1.0) - 0.05).abs() < 1e-15);
        assert!((tail_mean(&losses, 1.5) - (0.05 + 0.5 * 0.03) / 1.5).abs() < 1e-15);
        // Less than one scenario: the worst.
        assert!((tail_mean(&losses, 0.2) - 0.05).abs() < 1e-15);
        assert!((tail_mean(&losses, 4.0) - 0.0175).abs() < 1e-15);
        assert_eq!((whole_above(125.00000000000001), whole_above(125.1), whole_above(0.1)), (125, 126, 1));
    }
}
