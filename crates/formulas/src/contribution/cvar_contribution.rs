//! Expected shortfall by holding: who loses how much in the portfolio's worst cases.
//!
//!   c_i = −w_i Σ_t ω_t r_{t,i}      ω: 1/(αT) on the k − 1 worst of the portfolio, the remainder on the k-th      Σ c_i = CVaR
//!
//! w: weights held in every period; r: returns of the holdings, rows of periods; α: tail probability, k = ⌈αT⌉. Ties among
//! the portfolio's returns are taken in the order of time. A holding that gains in the worst cases has a negative
//! component. Percentages are undefined where CVaR is zero. Undefined for no period and no holding.
//!
//! Tasche, D. (1999), "Risk Contributions and Performance Measurement". Rockafellar and Uryasev (2002).

use crate::Undefined;
use crate::moments::sum;
use crate::tail::tail_rank;

/// Expected shortfall by holding.
#[derive(Debug, Clone, PartialEq)]
pub struct TailContribution {
    /// Expected shortfall, positive a loss.
    pub cvar: f64,
    /// Each holding's part, in the same unit.
    pub component: Vec<f64>,
    /// Each holding's part as a fraction; none where the whole is zero.
    pub percent: Option<Vec<f64>>,
}

/// Contributions of holdings with `weights` to the expected shortfall over `rows`.
pub fn cvar_contribution(
    rows: &[Vec<f64>],
    weights: &[f64],
    tail_probability: f64,
) -> Result<TailContribution, Undefined> {
    if !(0.0 < tail_probability && tail_probability <= 1.0) {
        return Err(Undefined::InvalidInput { what: "tail probability" });
    }
    if rows.is_empty() || weights.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if let Some(row) = rows.iter().find(|row| row.len() != weights.len()) {
        return Err(Undefined::LengthMismatch { left: weights.len(), right: row.len() });
    }
    if let Some(index) = rows.iter().position(|row| row.iter().any(|r| !(r.is_finite() && -1.0 <= *r))) {
        return Err(Undefined::InvalidReturn { index });
    }
    let portfolio: Vec<f64> = rows.iter().map(|row| sum(row.iter().zip(weights).map(|(r, w)| r * w))).collect();
    let (k, mass) = tail_rank(tail_probability, rows.len());
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let worse = |a: &usize, b: &usize| portfolio[*a].total_cmp(&portfolio[*b]).then(a.cmp(b));
    order.select_nth_unstable_by(k - 1, worse);
    order.truncate(k);
    order.sort_unstable_by(worse);
    let share = |rank: usize| match rank {
        _ if k == 1 => 1.0,
        rank if rank + 1 < k => 1.0 / mass,
        _ => (mass - (k - 1) as f64) / mass,
    };
    let component: Vec<f64> = weights
        .iter()
        .enumerate()
        .map(|(i, w)| -w * sum(order.iter().enumerate().map(|(rank, t)| share(rank) * rows[*t][i])))
        .collect();
    let cvar = sum(component.iter().copied());
    let percent = (cvar.abs() > 1e-14).then(|| component.iter().map(|c| c / cvar).collect());
    Ok(TailContribution { cvar, component, percent })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tail::rockafellar_uryasev;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Worst of four half-and-half days: −10 % and +2 %: the first loses 5 %, the second gives 1 % back.
        let rows = [vec![-0.1, 0.02], vec![0.01, 0.0], vec![0.0, 0.01], vec![0.02, -0.01]];
        let result = cvar_contribution(&rows, &[0.5, 0.5], 0.25).unwrap();
        assert!((result.cvar - 0.04).abs() < 1e-15);
        assert!((result.component[0] - 0.05).abs() < 1e-15 && (result.component[1] - -0.01).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(cvar_contribution(&[], &[1.0], 0.05).unwrap_err().code(), "insufficient_data");
        assert_eq!(cvar_contribution(&[vec![0.1]], &[1.0, 2.0], 0.05).unwrap_err().code(), "invalid_input");
        assert_eq!(cvar_contribution(&[vec![-2.0]], &[1.0], 0.05).unwrap_err().code(), "invalid_return");
        assert_eq!(cvar_contribution(&[vec![0.0]], &[1.0], 0.05).unwrap().percent, None);
    }

    proptest! {
        #[test]
        fn components_sum_to_the_shortfall_of_the_portfolio(
            rows in proptest::collection::vec(proptest::collection::vec(-0.2..0.2f64, 3), 1..40),
            weights in proptest::collection::vec(0.0..1.0f64, 3), alpha in 0.02..1.0f64,
        ) {
            let result = cvar_contribution(&rows, &weights, alpha).unwrap();
            let portfolio: Vec<f64> = rows.iter().map(|row| row.iter().zip(&weights).map(|(r, w)| r * w).sum()).collect();
            prop_assert!((result.cvar - rockafellar_uryasev(&portfolio, alpha).unwrap()).abs() < 1e-12);
        }
    }
}
