//! Alpha and beta: what the portfolio returned beyond its sensitivity to the benchmark.
//!
//!   r − r_f = α + β(b − r_f) + ε, least squares      α a year: N·α (headline) or (1 + α)^N − 1
//!
//! r, b, r_f: returns of portfolio and benchmark and risk-free rate per period; N periods a year. t-statistics: of least
//! squares (Student's t, n − 2) and after Newey–West, which are the ones to show. Undefined for fewer than two pairs and
//! for a benchmark without dispersion; for two pairs, or where the line fits exactly, there is no t, and for a constant
//! portfolio no R².
//!
//! Jensen, M. (1968), Journal of Finance 23(2). Newey, W. and West, K. (1987), Econometrica 55(3).

use crate::Undefined;
use crate::moments::{PerPeriod, check_paired, check_returns, standard_deviation};
use crate::regression::{hac_default_lags, newey_west, ols};

/// The line through the returns.
#[derive(Debug, Clone, PartialEq)]
pub struct AlphaBeta {
    /// β.
    pub beta: f64,
    /// α per period.
    pub alpha_per_period: f64,
    /// N·α.
    pub alpha_annual_arithmetic: f64,
    /// (1 + α)^N − 1; none for α below −1.
    pub alpha_annual_compounded: Option<f64>,
    /// Share of the variance explained by the benchmark.
    pub r_squared: Option<f64>,
    /// t of α, least squares.
    pub alpha_t_stat: Option<f64>,
    /// t of β, least squares.
    pub beta_t_stat: Option<f64>,
    /// t of α, Newey–West.
    pub alpha_t_stat_hac: Option<f64>,
    /// t of β, Newey–West.
    pub beta_t_stat_hac: Option<f64>,
    /// Lags of Newey–West.
    pub hac_lags: usize,
    /// Pairs used.
    pub n: usize,
}

/// Alpha and beta of `returns` against `benchmark`, both over `risk_free`.
pub fn alpha_beta(
    returns: &[f64],
    benchmark: &[f64],
    risk_free: PerPeriod<'_>,
    periods_per_year: f64,
) -> Result<AlphaBeta, Undefined> {
    check_paired(returns, benchmark)?;
    check_returns(returns)?;
    check_returns(benchmark)?;
    let (y, x) = (risk_free.excess(returns)?, risk_free.excess(benchmark)?);
    if standard_deviation(&x, 1)? == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "variance of the benchmark" });
    }
    let n = y.len();
    if n == 2 {
        // Two points make a line, and say nothing about how sure it is.
        let beta = (y[1] - y[0]) / (x[1] - x[0]);
        let alpha = y[0] - beta * x[0];
        let r_squared = (y[1] != y[0]).then_some(1.0);
        return Ok(assemble(alpha, beta, r_squared, [None; 4], 0, n, periods_per_year));
    }
    let fit = ols(&y, &[x], true).map_err(|reason| match reason {
        Undefined::RankDeficient => Undefined::ZeroDenominator { what: "variance of the benchmark" },
        other => other,
    })?;
    let lags = hac_default_lags(n);
    let robust = newey_west(&fit, lags, false);
    let t = [fit.t_stat[0], fit.t_stat[1], robust.t_stat[0], robust.t_stat[1]];
    Ok(assemble(fit.beta[0], fit.beta[1], fit.r_squared, t, lags, n, periods_per_year))
}

fn assemble(
    alpha: f64,
    beta: f64,
    r_squared: Option<f64>,
    t: [Option<f64>; 4],
    hac_lags: usize,
    n: usize,
    periods_per_year: f64,
) -> AlphaBeta {
    AlphaBeta {
        beta,
        alpha_per_period: alpha,
        alpha_annual_arithmetic: periods_per_year * alpha,
        alpha_annual_compounded: (alpha >= -1.0).then(|| (alpha.ln_1p() * periods_per_year).exp_m1()),
        r_squared,
        alpha_t_stat: t[0],
        beta_t_stat: t[1],
        alpha_t_stat_hac: t[2],
        beta_t_stat_hac: t[3],
        hac_lags,
        n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Twice the benchmark and 1 % more, but for scatter that cancels: β 2, α 1 % a month, 12 % or 12.68 % a year.
        let b = [0.01, -0.01, 0.02, -0.02];
        let r = [0.03, -0.01, 0.05, -0.03];
        let result = alpha_beta(&r, &b, PerPeriod::Constant(0.0), 12.0).unwrap();
        assert!((result.beta - 2.0).abs() < 1e-12 && (result.alpha_annual_arithmetic - 0.12).abs() < 1e-12);
        assert!((result.alpha_annual_compounded.unwrap() - (1.01_f64.powi(12) - 1.0)).abs() < 1e-12);
        // An exact line has no scatter to measure the slope by.
        assert_eq!((result.alpha_t_stat, result.beta_t_stat_hac), (None, None));
    }

    #[test]
    fn edges() {
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(alpha_beta(&[0.1], &[0.1], zero, 12.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(alpha_beta(&[0.1, 0.2], &[0.1, 0.1], zero, 12.0).unwrap_err().code(), "zero_denominator");
        assert_eq!(alpha_beta(&[0.1, 0.2], &[0.1], zero, 12.0).unwrap_err().code(), "invalid_input");
        let two = alpha_beta(&[0.1, 0.3], &[0.1, 0.2], zero, 12.0).unwrap();
        assert!((two.beta - 2.0).abs() < 1e-12 && two.beta_t_stat.is_none());
        assert_eq!(alpha_beta(&[0.1; 3], &[0.1, 0.2, 0.4], zero, 12.0).unwrap().r_squared, None);
    }

    proptest! {
        #[test]
        fn the_benchmark_has_beta_one_and_mixtures_mix(rows in proptest::collection::vec((-0.1..0.1f64, -0.1..0.1f64), 4..40), k in 0.1..3.0f64) {
            let (r, b): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let zero = PerPeriod::Constant(0.0);
            let own = alpha_beta(&b, &b, zero, 252.0).unwrap();
            prop_assert!((own.beta - 1.0).abs() < 1e-10 && own.alpha_per_period.abs() < 1e-12);
            let mixed: Vec<f64> = r.iter().zip(&b).map(|(r, b)| r + k * b).collect();
            let (a, m) = (alpha_beta(&r, &b, zero, 252.0).unwrap(), alpha_beta(&mixed, &b, zero, 252.0).unwrap());
            prop_assert!((m.beta - a.beta - k).abs() < 1e-8);
        }
    }
}
