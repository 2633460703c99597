//! Menchero linking: coefficients as equal as possible that make the effects of many periods add up to the whole.
//!
//!   M = ((R − B)/T) / ((1 + R)^(1/T) − (1 + B)^(1/T)), limit (1 + R)^((T−1)/T)
//!   a_t = (R − B − M Σ(R_s − B_s)) / Σ(R_s − B_s)² · (R_t − B_t), 0 when the denominator is 0
//!   linked A = Σ A_t (M + a_t)
//!
//! R_t, B_t: returns of portfolio and benchmark in period t of T; R, B compounded; A_t: an effect of the period.
//! Undefined for a return of −100 % or less, and for no period at all.
//!
//! Menchero, J. (2000), "An Optimized Approach to Linking Attribution Effects over Time", Journal of Performance
//! Measurement 5(1).

use crate::Undefined;
use crate::attribution::check_linkable;
use crate::moments::sum;
use crate::returns::link;

/// M + a_t for each period.
pub fn menchero_coefficients(portfolio: &[f64], benchmark: &[f64]) -> Result<Vec<f64>, Undefined> {
    check_linkable(portfolio, benchmark)?;
    if portfolio.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let periods = portfolio.len() as f64;
    let (r, b) = (link(portfolio.iter().copied()), link(benchmark.iter().copied()));
    let natural = natural_scale(r, b, periods);
    let active: Vec<f64> = portfolio.iter().zip(benchmark).map(|(r, b)| r - b).collect();
    let squares = sum(active.iter().map(|a| a * a));
    let rest = r - b - natural * sum(active.iter().copied());
    let tilt = if squares == 0.0 { 0.0 } else { rest / squares };
    Ok(active.iter().map(|a| natural + tilt * a).collect())
}

/// M, with the difference of the roots written as a product so that nearly equal returns do not cancel.
fn natural_scale(r: f64, b: f64, periods: f64) -> f64 {
    let root = (b.ln_1p() / periods).exp();
    let relative = (r - b) / (1.0 + b);
    if relative.abs() < 1e-12 {
        return (r.ln_1p() * (periods - 1.0) / periods).exp();
    }
    (r - b) / periods / (root * (relative.ln_1p() / periods).exp_m1())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::linked_effect;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 10 % twice against 0 %: as with Carino, 1.05 each.
        let coefficients = menchero_coefficients(&[0.1, 0.1], &[0.0, 0.0]).unwrap();
        assert!(coefficients.iter().all(|k| (k - 1.05).abs() < 1e-14));
    }

    #[test]
    fn edges() {
        assert_eq!(menchero_coefficients(&[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(menchero_coefficients(&[-1.0], &[0.0]).unwrap_err().code(), "undefined_return");
        let equal = menchero_coefficients(&[0.1, 0.1], &[0.1, 0.1]).unwrap();
        assert!(equal.iter().all(|k| (k - 1.1).abs() < 1e-14));
    }

    proptest! {
        #[test]
        fn linked_effects_sum_to_the_compounded_excess(
            pairs in proptest::collection::vec((-0.3..0.3f64, -0.3..0.3f64), 1..60),
        ) {
            let (r, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let active: Vec<f64> = r.iter().zip(&b).map(|(r, b)| r - b).collect();
            let linked = linked_effect(&active, &menchero_coefficients(&r, &b).unwrap()).unwrap();
            let excess = link(r.iter().copied()) - link(b.iter().copied());
            prop_assert!((linked - excess).abs() < 1e-10 * (1.0 + excess.abs() + link(r.iter().copied()).abs()));
        }
    }
}
