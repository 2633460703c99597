//! Sums, means and deviations that several formulas share, with the rule for when a dispersion counts as zero.
//!
//! Invariant: sums are compensated (Neumaier) and in the order given, so results do not depend on the machine.

use crate::Undefined;

/// Compensated sum.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

/// Σ a·b with eight running sums in a fixed order: fast, and the same bits everywhere.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest
}

/// Arithmetic mean; the caller has checked that there is a value.
pub(crate) fn mean(values: &[f64]) -> f64 {
    sum(values.iter().copied()) / values.len() as f64
}

/// Sum of powers of the deviations from the mean.
pub(crate) fn central_sum(values: &[f64], mean: f64, power: i32) -> f64 {
    sum(values.iter().map(|value| (value - mean).powi(power)))
}

/// Sample standard deviation with `ddof` degrees of freedom taken off, exactly 0 where it is only float noise:
/// sd ≤ 1e-12·max(1e-12, |mean|) or sd ≤ 1e-14.
pub(crate) fn standard_deviation(values: &[f64], ddof: usize) -> Result<f64, Undefined> {
    if values.len() <= ddof {
        return Err(Undefined::InsufficientData { needed: ddof + 1, found: values.len() });
    }
    let mean = mean(values);
    let deviation = (central_sum(values, mean, 2) / (values.len() - ddof) as f64).sqrt();
    Ok(if is_zero_dispersion(deviation, mean) { 0.0 } else { deviation })
}

/// Whether a standard deviation is zero but for float noise.
pub(crate) fn is_zero_dispersion(deviation: f64, mean: f64) -> bool {
    deviation <= 1e-12 * mean.abs().max(1e-12) || deviation <= 1e-14
}

/// Refuses series that hold anything but returns of at least −100 %.
pub(crate) fn check_returns(returns: &[f64]) -> Result<(), Undefined> {
    match returns.iter().position(|r| !(r.is_finite() && -1.0 <= *r)) {
        Some(index) => Err(Undefined::InvalidReturn { index }),
        None => Ok(()),
    }
}

/// Refuses series of different lengths.
pub(crate) fn check_paired(left: &[f64], right: &[f64]) -> Result<(), Undefined> {
    if left.len() == right.len() {
        return Ok(());
    }
    Err(Undefined::LengthMismatch { left: left.len(), right: right.len() })
}

/// A rate per period that is one number or one number per period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PerPeriod<'a> {
    /// The same in every period.
    Constant(f64),
    /// One value for each period.
    Series(&'a [f64]),
}

impl PerPeriod<'_> {
    /// The series less the rate, period by period.
    pub(crate) fn excess(self, returns: &[f64]) -> Result<Vec<f64>, Undefined> {
        match self {
            PerPeriod::Constant(rate) => Ok(returns.iter().map(|r| r - rate).collect()),
            PerPeriod::Series(rates) => {
                check_paired(returns, rates)?;
                Ok(returns.iter().zip(rates).map(|(r, rate)| r - rate).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_lose_small_terms() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
    }

    #[test]
    fn a_constant_series_has_no_dispersion() {
        assert_eq!(standard_deviation(&[0.1 + 0.2, 0.3, 0.3], 1), Ok(0.0));
        assert_eq!(standard_deviation(&[1.0], 1), Err(Undefined::InsufficientData { needed: 2, found: 1 }));
    }
}
