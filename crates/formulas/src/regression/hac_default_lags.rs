//! How far back residuals are allowed to depend on each other, by the length of the sample.
//!
//!   L = ⌊4 (T/100)^(2/9)⌋
//!
//! Newey, W. and West, K. (1994), Review of Economic Studies 61(4).

/// Lags for `n` observations.
pub fn hac_default_lags(n: usize) -> usize {
    (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        // A hundred observations: 4. Ten years of days: 4 · 25.15^0.222 = 8.2.
        let lags: Vec<usize> = [0, 1, 100, 438, 2_515].map(hac_default_lags).to_vec();
        assert_eq!(lags, [0, 1, 4, 5, 8]);
    }
}
