//! Historical expected shortfall (CVaR): the mean loss in the worst α of past returns.
//!
//!   Rockafellar–Uryasev    −[Σ_{i<k} x_(i) + (αT − (k − 1)) x_(k)]/(αT), k = ⌈αT⌉      the headline, coherent
//!   mean of the worst      − mean of the ⌊(T − 1)α⌋ + 1 worst                         as some libraries have it
//!
//! T returns, x_(1) the worst. Positive is a loss. For αT < 1 it is the worst return. Undefined for an empty series.
//!
//! Rockafellar, R. and Uryasev, S. (2000), Journal of Risk 2(3). Acerbi, C. and Tasche, D. (2002), Journal of Banking &
//! Finance 26(7).

use crate::Undefined;
use crate::moments::mean;
use crate::tail::tail_rank::{check_tail, lower_tail_mean};

/// Mean loss in the tail, the k-th worst counted in part.
pub fn rockafellar_uryasev(returns: &[f64], tail_probability: f64) -> Result<f64, Undefined> {
    check_tail(returns, tail_probability)?;
    Ok(-lower_tail_mean(&mut returns.to_vec(), tail_probability))
}

/// Mean loss of the ⌊(T − 1)α⌋ + 1 worst returns.
pub fn mean_of_worst_floor(returns: &[f64], tail_probability: f64) -> Result<f64, Undefined> {
    check_tail(returns, tail_probability)?;
    let count = ((returns.len() - 1) as f64 * tail_probability).floor() as usize + 1;
    let mut values = returns.to_vec();
    values.select_nth_unstable_by(count - 1, f64::total_cmp);
    Ok(-mean(&values[..count]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tail::order_statistic;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Ten returns, α = 15 %: all of the worst and half of the second: (5 + 0.5·4)/1.5 %; floor: two of them.
        let r: Vec<f64> = (1..=10).map(|i| f64::from(i) / 100.0 - 0.06).collect();
        assert!((rockafellar_uryasev(&r, 0.15).unwrap() - 0.07 / 1.5).abs() < 1e-15);
        assert!((mean_of_worst_floor(&r, 0.15).unwrap() - 0.045).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(rockafellar_uryasev(&[], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(rockafellar_uryasev(&[-0.03, 0.01], 1e-300), Ok(0.03));
        assert!((rockafellar_uryasev(&[-0.03, 0.01], 1.0).unwrap() - 0.01).abs() < 1e-15);
        assert_eq!(mean_of_worst_floor(&[-0.03, 0.01], 1.5).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn it_is_the_minimum_of_the_linear_programme(r in proptest::collection::vec(-0.2..0.2f64, 2..40), alpha in 0.02..1.0f64) {
            // min over t of t + Σ max(−r − t, 0)/(αT); the minimum lies at one of the losses.
            let value = |t: f64| t + r.iter().map(|x| (-x - t).max(0.0)).sum::<f64>() / (alpha * r.len() as f64);
            let least = r.iter().map(|x| value(-x)).fold(f64::INFINITY, f64::min);
            let es = rockafellar_uryasev(&r, alpha).unwrap();
            prop_assert!((es - least).abs() < 1e-9);
            prop_assert!(es >= order_statistic(&r, alpha).unwrap() - 1e-12);
        }

        #[test]
        fn diversification_never_hurts(rows in proptest::collection::vec((-0.2..0.2f64, -0.2..0.2f64), 2..40), alpha in 0.02..1.0f64) {
            let (a, b): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let both: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
            let of = |r: &[f64]| rockafellar_uryasev(r, alpha).unwrap();
            prop_assert!(of(&both) <= of(&a) + of(&b) + 1e-12);
        }
    }
}
