//! Carino linking: coefficients that make the arithmetic effects of many periods add up to the compounded whole.
//!
//!   k_t = (ln(1 + R_t) − ln(1 + B_t)) / (R_t − B_t), limit 1/(1 + R_t)      k likewise on the compounded R and B
//!   linked A = Σ A_t · k_t / k
//!
//! R_t, B_t: returns of portfolio and benchmark in period t; A_t: an effect of the period. If the effects of each period
//! sum to R_t − B_t, the linked ones sum to R − B. With a benchmark of 0 the parts of a return link to the return.
//!
//! Undefined for a return of −100 % or less, and for no period at all.
//!
//! Carino, D. (1999), "Combining Attribution Effects over Time", Journal of Performance Measurement 3(4).

use crate::Undefined;
use crate::attribution::check_linkable;
use crate::returns::link;

/// k_t / k for each period.
pub fn carino_coefficients(portfolio: &[f64], benchmark: &[f64]) -> Result<Vec<f64>, Undefined> {
    check_linkable(portfolio, benchmark)?;
    if portfolio.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let whole = factor(link(portfolio.iter().copied()), link(benchmark.iter().copied()));
    Ok(portfolio.iter().zip(benchmark).map(|(r, b)| factor(*r, *b) / whole).collect())
}

/// (ln(1+r) − ln(1+b))/(r − b), written so that nearly equal returns do not cancel.
fn factor(r: f64, b: f64) -> f64 {
    let relative = (r - b) / (1.0 + b);
    let slope = if relative.abs() < 1e-7 { 1.0 - relative / 2.0 } else { relative.ln_1p() / relative };
    slope / (1.0 + b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::linked_effect;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 10 % twice against 0 %: each effect of 10 % counts 1.05, so that they sum to 21 %.
        let coefficients = carino_coefficients(&[0.1, 0.1], &[0.0, 0.0]).unwrap();
        assert!(coefficients.iter().all(|k| (k - 1.05).abs() < 1e-14));
    }

    #[test]
    fn edges() {
        assert_eq!(carino_coefficients(&[], &[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(carino_coefficients(&[0.1, -1.0], &[0.0; 2]), Err(Undefined::UndefinedReturn { index: 1 }));
        assert!((carino_coefficients(&[0.02], &[0.02]).unwrap()[0] - 1.0).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn linked_effects_sum_to_the_compounded_excess(
            pairs in proptest::collection::vec((-0.3..0.3f64, -0.3..0.3f64), 1..60),
        ) {
            let (r, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let active: Vec<f64> = r.iter().zip(&b).map(|(r, b)| r - b).collect();
            let linked = linked_effect(&active, &carino_coefficients(&r, &b).unwrap()).unwrap();
            let excess = link(r.iter().copied()) - link(b.iter().copied());
            prop_assert!((linked - excess).abs() < 1e-11 * (1.0 + excess.abs() + link(r.iter().copied()).abs()));
        }
    }
}
