//! Problems that unit tests share.

use crate::Symmetric;

/// A, B, C, …
pub(crate) fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| if n <= 26 { char::from(b'A' + i as u8).to_string() } else { format!("S{i}") }).collect()
}

/// A stream of numbers in (0, 1) from a seed (splitmix64).
pub(crate) fn uniforms(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0xD1B5_4A32_D192_ED03);
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + f64::EPSILON
    }
}

/// A positive definite covariance with a common factor, volatilities around 20 %.
pub(crate) fn random_covariance(n: usize, seed: u64) -> Symmetric {
    let mut uniform = uniforms(seed);
    let k = 3;
    let loadings: Vec<Vec<f64>> = (0..n)
        .map(|_| (0..k).map(|j| if j == 0 { 0.05 + 0.2 * uniform() } else { 0.2 * (uniform() - 0.5) }).collect())
        .collect();
    let specific: Vec<f64> = (0..n).map(|_| (0.05 + 0.2 * uniform()).powi(2)).collect();
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let common: f64 = loadings[i].iter().zip(&loadings[j]).map(|(a, b)| a * b).sum();
            values[i * n + j] = common + if i == j { specific[i] } else { 0.0 };
        }
    }
    Symmetric::new(n, values).unwrap()
}

/// Fails unless the vectors agree to `tolerance`.
pub(crate) fn close(got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len());
    for (got_value, expected_value) in got.iter().zip(expected) {
        assert!((got_value - expected_value).abs() <= tolerance, "{got:?} is not {expected:?}");
    }
}
