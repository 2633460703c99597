//! Multiple testing: with many candidate factors some look significant by chance; these p-values allow for it.
//!
//!   Holm                 p̃_(i) = max_{j≤i} min(1, (m − j + 1) p_(j))      no false discovery at all, with 1 − level
//!   Benjamini–Hochberg   p̃_(i) = min_{j≥i} min(1, m p_(j)/j)              the share of false discoveries at most the level
//!
//! m p-values, p_(1) the smallest. Results stand in the order of the input. Use either with more than ten candidates.
//!
//! Holm, S. (1979), Scandinavian Journal of Statistics 6(2). Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57(1).

/// p-values adjusted after Holm.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut adjusted = vec![0.0; m];
    let mut largest = 0.0_f64;
    for (rank, index) in ascending(p_values).into_iter().enumerate() {
        largest = largest.max(((m - rank) as f64 * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// p-values adjusted after Benjamini and Hochberg.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut adjusted = vec![0.0; m];
    let mut smallest = 1.0_f64;
    for (rank, index) in ascending(p_values).into_iter().enumerate().rev() {
        smallest = smallest.min(m as f64 * p_values[index] / (rank + 1) as f64);
        adjusted[index] = smallest;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let close = |a: Vec<f64>, b: [f64; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
        assert!(close(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]));
        assert!(close(benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]), [0.02, 0.04, 0.04, 0.02]));
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn never_below_the_plain_value_and_holm_is_stricter(p in proptest::collection::vec(0.0..1.0f64, 1..30)) {
            for ((plain, strict), lax) in p.iter().zip(holm(&p)).zip(benjamini_hochberg(&p)) {
                prop_assert!(*plain <= lax + 1e-15 && lax <= strict + 1e-12 && strict <= 1.0);
            }
        }
    }
}
