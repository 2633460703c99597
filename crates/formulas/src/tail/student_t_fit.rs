//! Student's t fitted to returns: location, scale and how fat the tails are, by maximum likelihood.
//!
//!   r = μ + s·t_ν      ln L = Σ ln f((r − μ)/s; ν)/s,  2 < ν ≤ 200
//!
//! For each ν, μ and s come from the EM iteration (weights (ν + 1)/(ν + z²)); ν by golden-section search on ln ν. A ν of
//! 200 is as good as normal. Undefined for fewer than three returns and without dispersion.
//!
//! Lange, K., Little, R. and Taylor, J. (1989), Journal of the American Statistical Association 84.

use crate::Undefined;
use crate::moments::{check_returns, mean, standard_deviation, sum};

/// The fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StudentFit {
    /// μ.
    pub location: f64,
    /// s.
    pub scale: f64,
    /// ν.
    pub degrees: f64,
    /// ln L.
    pub log_likelihood: f64,
}

const DEGREES: (f64, f64) = (2.01, 200.0);

/// Fits Student's t to `returns`.
pub fn student_t_fit(returns: &[f64]) -> Result<StudentFit, Undefined> {
    check_returns(returns)?;
    if returns.len() < 3 {
        return Err(Undefined::InsufficientData { needed: 3, found: returns.len() });
    }
    if standard_deviation(returns, 1)? == 0.0 {
        return Err(Undefined::ZeroDenominator { what: "volatility" });
    }
    let (mut low, mut high) = (DEGREES.0.ln(), DEGREES.1.ln());
    let shrink = (5.0_f64.sqrt() - 1.0) / 2.0;
    let at = |ln_degrees: f64| fit_scale(returns, ln_degrees.exp());
    let (mut left, mut right) = (at(high - shrink * (high - low)), at(low + shrink * (high - low)));
    for _ in 0..40 {
        if left.log_likelihood < right.log_likelihood {
            low = high - shrink * (high - low);
            left = right;
            right = at(low + shrink * (high - low));
        } else {
            high = low + shrink * (high - low);
            right = left;
            left = at(high - shrink * (high - low));
        }
    }
    Ok(if left.log_likelihood < right.log_likelihood { right } else { left })
}

fn fit_scale(returns: &[f64], degrees: f64) -> StudentFit {
    let n = returns.len() as f64;
    let mut location = mean(returns);
    let mut square = sum(returns.iter().map(|r| (r - location).powi(2))) / n * (degrees - 2.0).max(0.1) / degrees;
    for _ in 0..60 {
        let weight = |r: f64| (degrees + 1.0) / (degrees + (r - location).powi(2) / square);
        let (mut total, mut first) = (0.0, 0.0);
        for r in returns {
            total += weight(*r);
            first += weight(*r) * r;
        }
        let next = first / total;
        let next_square = sum(returns.iter().map(|r| weight(*r) * (r - next).powi(2))) / n;
        let settled = (next_square / square - 1.0).abs() < 1e-9;
        (location, square) = (next, next_square.max(f64::MIN_POSITIVE));
        if settled {
            break;
        }
    }
    let front = libm::lgamma((degrees + 1.0) / 2.0)
        - libm::lgamma(degrees / 2.0)
        - 0.5 * (degrees * std::f64::consts::PI * square).ln();
    let log_likelihood = n * front
        - (degrees + 1.0) / 2.0 * sum(returns.iter().map(|r| ((r - location).powi(2) / (degrees * square)).ln_1p()));
    StudentFit { location, scale: square.sqrt(), degrees, log_likelihood }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn worked_example() {
        // Four thousand draws of 0.001 + 0.01·t₅ are recognised, and normal ones too.
        let mut stream = Stream::new(5, 0);
        let fat: Vec<f64> = (0..4000).map(|_| (0.001 + 0.01 * stream.student_t(5.0)).max(-1.0)).collect();
        let fit = student_t_fit(&fat).unwrap();
        assert!((4.0..6.5).contains(&fit.degrees), "{fit:?}");
        assert!((fit.scale - 0.01).abs() < 5e-4 && (fit.location - 0.001).abs() < 8e-4, "{fit:?}");
        let thin: Vec<f64> = (0..4000).map(|_| 0.01 * stream.normal()).collect();
        assert!(student_t_fit(&thin).unwrap().degrees > 20.0);
    }

    #[test]
    fn edges() {
        assert_eq!(student_t_fit(&[0.1, 0.2]).unwrap_err().code(), "insufficient_data");
        assert_eq!(student_t_fit(&[0.1; 5]).unwrap_err().code(), "zero_denominator");
        assert!(student_t_fit(&[0.0, 0.0, 0.0, 0.0, 0.1]).unwrap().log_likelihood.is_finite());
    }
}
