//! Filtered historical returns: past surprises at today's level of volatility.
//!
//!   h_{t+1} = ω + a e_t² + b h_t, ω = s²(1 − a − b)      z_t = e_t/√h_t      e_t = r_t − mean
//!
//! GARCH(1, 1) with the long-run variance s² fixed to that of the sample; a, b by maximum (normal) likelihood over a grid
//! that is refined around its best point, a ≥ 0, b ≥ 0, a + b ≤ 0.999. The standardised surprises z are what is drawn.
//! Undefined for fewer than ten returns and without dispersion.
//!
//! Bollerslev, T. (1986), Journal of Econometrics 31(3). Barone-Adesi, G., Giannopoulos, K. and Vosper, L. (1999), Journal
//! of Futures Markets 19(5).

use crate::Undefined;
use crate::moments::{check_returns, mean, standard_deviation};

/// A fitted GARCH(1, 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Garch {
    /// Mean return.
    pub mean: f64,
    /// ω.
    pub omega: f64,
    /// a, the weight of the last surprise.
    pub shock: f64,
    /// b, the weight of the last variance.
    pub persistence: f64,
    /// Variance foreseen for the period after the last.
    pub next_variance: f64,
    /// z.
    pub standardised: Vec<f64>,
}

/// Fits GARCH(1, 1) to `returns`.
pub fn garch(returns: &[f64]) -> Result<Garch, Undefined> {
    check_returns(returns)?;
    if returns.len() < 10 {
        return Err(Undefined::InsufficientData { needed: 10, found: returns.len() });
    }
    let deviation = standard_deviation(returns, 1)?;
    if deviation == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    let mean = mean(returns);
    let squares: Vec<f64> = returns.iter().map(|r| (r - mean).powi(2)).collect();
    let variance = deviation * deviation;
    let cost = |a: f64, b: f64| {
        let omega = variance * (1.0 - a - b);
        let (mut h, mut total) = (variance, 0.0);
        for square in &squares {
            total += h.ln() + square / h;
            h = omega + a * square + b * h;
        }
        total
    };
    let (mut best, mut step) = ((0.05, 0.90), 0.08);
    let mut least = cost(best.0, best.1);
    for grid_a in [0.01, 0.05, 0.1, 0.2, 0.4] {
        for grid_b in [0.0, 0.3, 0.6, 0.8, 0.9, 0.95] {
            if grid_a + grid_b <= 0.999 && cost(grid_a, grid_b) < least {
                (best, least) = ((grid_a, grid_b), cost(grid_a, grid_b));
            }
        }
    }
    while step > 1e-5 {
        let mut moved = false;
        for (da, db) in [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step), (step, -step), (-step, step)] {
            let (a, b) = (best.0 + da, best.1 + db);
            if a >= 0.0 && b >= 0.0 && a + b <= 0.999 {
                let found = cost(a, b);
                if found < least {
                    (best, least, moved) = ((a, b), found, true);
                }
            }
        }
        if !moved {
            step /= 2.0;
        }
    }
    let (a, b) = best;
    let omega = variance * (1.0 - a - b);
    let mut h = variance;
    let mut standardised = Vec::with_capacity(returns.len());
    for r in returns {
        standardised.push((r - mean) / h.sqrt());
        h = omega + a * (r - mean).powi(2) + b * h;
    }
    Ok(Garch { mean, omega, shock: a, persistence: b, next_variance: h, standardised })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn worked_example() {
        // A simulated GARCH with a = 0.1, b = 0.85 is recognised from five thousand days.
        let (omega, a, b) = (5e-6, 0.1, 0.85);
        let mut stream = Stream::new(3, 1);
        let mut h: f64 = 1e-4;
        let r: Vec<f64> = (0..5000)
            .map(|_| {
                let e = h.sqrt() * stream.normal();
                h = omega + a * e * e + b * h;
                e
            })
            .collect();
        let fit = garch(&r).unwrap();
        assert!(
            (fit.shock - a).abs() < 0.03 && (fit.persistence - b).abs() < 0.05,
            "{} {}",
            fit.shock,
            fit.persistence
        );
        let scatter = standard_deviation(&fit.standardised, 1).unwrap();
        assert!((scatter - 1.0).abs() < 0.05, "{scatter}");
    }

    #[test]
    fn edges() {
        assert_eq!(garch(&[0.01; 9]).unwrap_err().code(), "insufficient_data");
        assert_eq!(garch(&[0.01; 20]).unwrap_err().code(), "zero_denominator");
    }
}
