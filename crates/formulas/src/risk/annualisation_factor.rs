//! Annualisation of a Sharpe ratio whose returns depend on the ones before: smoothed prices make it look better than it is.
//!
//!   η = √N · [1 + 2ρ/(1 − ρ) · (1 − (1 − ρ^N)/(N(1 − ρ)))]^(−½)      annual ratio = η · ratio per period
//!
//! ρ: correlation of a return with the one before; N periods a year. ρ = 0 gives √N, ρ > 0 less. Exact where returns
//! follow a first-order autoregression. Undefined for fewer than three returns and without dispersion.
//!
//! Lo, A. (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), equation 22.

use crate::Undefined;
use crate::moments::{central_sum, check_returns, mean, standard_deviation, sum};

/// η for `returns` with `periods_per_year` periods in a year.
pub fn annualisation_factor(returns: &[f64], periods_per_year: f64) -> Result<f64, Undefined> {
    check_returns(returns)?;
    if returns.len() < 3 {
        return Err(Undefined::InsufficientData { needed: 3, found: returns.len() });
    }
    if standard_deviation(returns, 1)? == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    let mean = mean(returns);
    let lagged = sum(returns.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)));
    let rho = lagged / central_sum(returns, mean, 2);
    let n = periods_per_year;
    // A negative base has a power for whole numbers of periods only; for others it is too small to matter.
    let power = if n.fract() == 0.0 && n < 1e6 { rho.powi(n as i32) } else { rho.abs().powf(n) };
    let inflation = 1.0 + 2.0 * rho / (1.0 - rho) * (1.0 - (1.0 - power) / (n * (1.0 - rho)));
    if inflation <= 0.0 {
        return Err(Undefined::ZeroDenominator { what: "variance over a year" });
    }
    Ok((n / inflation).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // 1, 1, −1, −1 (%): ρ = (1 − 1 + 1)/4 = 0.25; two periods a year: √2/√(1 + ρ).
        let factor = annualisation_factor(&[0.01, 0.01, -0.01, -0.01], 2.0).unwrap();
        assert!((factor - (2.0 / 1.25_f64).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(annualisation_factor(&[0.1, 0.2], 12.0).unwrap_err().code(), "insufficient_data");
        assert_eq!(annualisation_factor(&[0.1; 3], 12.0).unwrap_err().code(), "zero_denominator");
        // Without dependence the square root of time: 1, 1, −1, 1 and so on with ρ near zero.
        let factor = annualisation_factor(&[0.01, 0.0, -0.01, 0.0, 0.01, 0.0, -0.01, 0.0], 12.0).unwrap();
        assert!((factor - 12.0_f64.sqrt()).abs() < 1e-12);
    }
}
