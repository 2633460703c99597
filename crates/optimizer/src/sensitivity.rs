//! Sensitivity of weights: how different they would be had the past been another draw from the same distribution.
//!
//!   resample the periods with replacement, estimate mean and covariance again, optimise again; report quantiles of weights
//!
//! An optimiser takes estimates for truths and puts most weight where the errors are kindest; the range of its weights
//! over resamples says how much of a portfolio is estimate. Draws are keyed by (seed, resample, period): the same seed
//! gives the same answer in any order.
//!
//! Michaud, R. (1989), "The Markowitz Optimization Enigma", Financial Analysts Journal 45(1).

use crate::portfolio::Portfolio;
use crate::risk_model::RiskModel;
use crate::{Failure, Symmetric};

/// Range of the weights over resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// 5 % quantile of each weight.
    pub low: Vec<f64>,
    /// Mean of each weight.
    pub mean: Vec<f64>,
    /// 95 % quantile of each weight.
    pub high: Vec<f64>,
    /// Resamples that had an answer.
    pub solved: usize,
    /// Resamples tried.
    pub resamples: usize,
}

/// Weights of `optimise` over `resamples` of `observations` (rows: periods), means and covariances times
/// `periods_per_year`.
pub fn weight_sensitivity(
    observations: &[Vec<f64>],
    periods_per_year: f64,
    resamples: usize,
    seed: u64,
    optimise: impl Fn(&[f64], &RiskModel) -> Result<Portfolio, Failure>,
) -> Result<Sensitivity, Failure> {
    let (t, n) = (observations.len(), observations.first().map_or(0, Vec::len));
    if t < 2 || n == 0 || resamples == 0 {
        return Err(Failure::InsufficientData { needed: 2, found: t });
    }
    let mut weights: Vec<Vec<f64>> = vec![Vec::new(); n];
    for resample in 0..resamples {
        let rows: Vec<&Vec<f64>> =
            (0..t).map(|period| &observations[(draw(seed, resample, period) % t as u64) as usize]).collect();
        let means: Vec<f64> = (0..n).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / t as f64).collect();
        let mut covariance = vec![0.0; n * n];
        for row in &rows {
            for i in 0..n {
                let deviation = row[i] - means[i];
                for j in 0..=i {
                    covariance[i * n + j] += deviation * (row[j] - means[j]);
                }
            }
        }
        for i in 0..n {
            for j in 0..=i {
                let value = covariance[i * n + j] / (t - 1) as f64 * periods_per_year;
                covariance[i * n + j] = value;
                covariance[j * n + i] = value;
            }
        }
        let expected: Vec<f64> = means.iter().map(|mean| mean * periods_per_year).collect();
        let risk = RiskModel::dense(Symmetric::new(n, covariance)?);
        if let Ok(portfolio) = risk.and_then(|risk| optimise(&expected, &risk)) {
            weights.iter_mut().zip(&portfolio.weights).for_each(|(list, weight)| list.push(*weight));
        }
    }
    let solved = weights[0].len();
    if solved == 0 {
        return Err(Failure::InsufficientData { needed: 1, found: 0 });
    }
    weights.iter_mut().for_each(|list| list.sort_by(f64::total_cmp));
    let quantile = |list: &Vec<f64>, q: f64| {
        let place = q * (solved - 1) as f64;
        let (below, above) = (list[place.floor() as usize], list[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    Ok(Sensitivity {
        low: weights.iter().map(|list| quantile(list, 0.05)).collect(),
        mean: weights.iter().map(|list| list.iter().sum::<f64>() / solved as f64).collect(),
        high: weights.iter().map(|list| quantile(list, 0.95)).collect(),
        solved,
        resamples,
    })
}

/// A number from its key alone (the finaliser of splitmix64, applied to each part).
fn draw(seed: u64, resample: usize, period: usize) -> u64 {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    mix(mix(mix(seed) ^ resample as u64) ^ period as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{names, uniforms};
    use crate::{Constraints, max_sharpe, min_variance};

    #[test]
    fn maximum_sharpe_is_less_sure_of_itself_than_minimum_variance() {
        let mut uniform = uniforms(12);
        let observations: Vec<Vec<f64>> = (0..250)
            .map(|_| {
                let market = 0.02 * (uniform() - 0.49);
                (0..4).map(|_| market + 0.02 * (uniform() - 0.49)).collect()
            })
            .collect();
        let constraints = Constraints::long_only(names(4));
        let sharpe =
            weight_sensitivity(&observations, 252.0, 40, 7, |mean, risk| max_sharpe(mean, 0.0, risk, &constraints))
                .unwrap();
        let variance =
            weight_sensitivity(&observations, 252.0, 40, 7, |_, risk| min_variance(risk, &constraints)).unwrap();
        let width = |s: &Sensitivity| s.low.iter().zip(&s.high).map(|(low, high)| high - low).sum::<f64>();
        assert!(width(&sharpe) > 2.0 * width(&variance));
        assert!((variance.mean.iter().sum::<f64>() - 1.0).abs() < 1e-8 && variance.solved == 40);
        let again = weight_sensitivity(&observations, 252.0, 40, 7, |_, risk| min_variance(risk, &constraints));
        assert_eq!(again.unwrap(), variance);
    }
}
