//! Hierarchical risk parity: diversification without inverting a covariance.
//!
//!   d_ij = √((1 − ρ_ij)/2)      cluster on d, or on the Euclidean distance between columns of d
//!   leaf order split in the middle, again and again; a half A gets α = 1 − V_A/(V_A + V_B) of what the pair has
//!   V = w'Σw of the half's inverse-variance weights
//!
//! Weights are positive and sum to 1. Undefined for an asset without variance: its correlation does not exist.
//!
//! López de Prado, M. (2016), "Building Diversified Portfolios that Outperform Out of Sample", Journal of Portfolio
//! Management 42(4).

use super::linkage::{Linkage, leaf_order, linkage};
use crate::Failure;
use crate::risk_parity::deviations;
use crate::symmetric::Symmetric;

/// What "near" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// d itself.
    Correlation,
    /// Euclidean distance between the columns of d, as in the original paper.
    EuclideanOfCorrelation,
}

/// The portfolio and the order in which assets stand in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct HierarchicalRiskParity {
    /// One weight per asset.
    pub weights: Vec<f64>,
    /// Assets from left to right.
    pub leaf_order: Vec<usize>,
}

/// Hierarchical risk parity of assets with `covariance`.
pub fn hierarchical_risk_parity(
    covariance: &Symmetric,
    method: Linkage,
    distance: Distance,
) -> Result<HierarchicalRiskParity, Failure> {
    let n = covariance.n();
    let deviations = deviations(covariance)?;
    let mut distances = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..i {
            let correlation = (covariance.at(i, j) / (deviations[i] * deviations[j])).clamp(-1.0, 1.0);
            let value = ((1.0 - correlation) / 2.0).sqrt();
            distances[i * n + j] = value;
            distances[j * n + i] = value;
        }
    }
    if distance == Distance::EuclideanOfCorrelation {
        distances = between_columns(&distances, n);
    }
    let leaf_order = leaf_order(&linkage(&distances, n, method), n);
    let mut weights = vec![1.0; n];
    let mut open: Vec<&[usize]> = vec![&leaf_order];
    while let Some(cluster) = open.pop() {
        if cluster.len() < 2 {
            continue;
        }
        let (left, right) = cluster.split_at(cluster.len() / 2);
        let (risk_left, risk_right) = (variance(covariance, left), variance(covariance, right));
        let share = if risk_left + risk_right > 0.0 { 1.0 - risk_left / (risk_left + risk_right) } else { 0.5 };
        left.iter().for_each(|i| weights[*i] *= share);
        right.iter().for_each(|i| weights[*i] *= 1.0 - share);
        open.push(left);
        open.push(right);
    }
    Ok(HierarchicalRiskParity { weights, leaf_order })
}

/// Variance of a cluster held in proportion to inverse variances.
fn variance(covariance: &Symmetric, cluster: &[usize]) -> f64 {
    let raw: Vec<f64> = cluster.iter().map(|i| 1.0 / covariance.at(*i, *i)).collect();
    let total: f64 = raw.iter().sum();
    let mut sum = 0.0;
    for (i, a) in cluster.iter().zip(&raw) {
        let row = covariance.row(*i);
        sum += a * cluster.iter().zip(&raw).map(|(j, b)| row[*j] * b).sum::<f64>();
    }
    (sum / (total * total)).max(0.0)
}

fn between_columns(distances: &[f64], n: usize) -> Vec<f64> {
    let mut between = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..i {
            // d is symmetric: rows stand for columns.
            let (a, b) = (&distances[i * n..(i + 1) * n], &distances[j * n..(j + 1) * n]);
            let value = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt();
            between[i * n + j] = value;
            between[j * n + i] = value;
        }
    }
    between
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_problems::{close, random_covariance};
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Two uncorrelated assets at 20 % and 10 %: 1 − 0.04/0.05 = 20 % and 80 %.
        let covariance = Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.01]).unwrap();
        let result = hierarchical_risk_parity(&covariance, Linkage::Single, Distance::Correlation).unwrap();
        close(&result.weights, &[0.2, 0.8], 1e-15);
        assert_eq!(result.leaf_order, [0, 1]);
        let one = Symmetric::new(1, vec![0.04]).unwrap();
        assert_eq!(hierarchical_risk_parity(&one, Linkage::Ward, Distance::Correlation).unwrap().weights, [1.0]);
    }

    #[test]
    fn similar_assets_stand_together() {
        // 0 and 2 move together, 1 and 3 too.
        let rho = [[1.0, 0.1, 0.9, 0.0], [0.1, 1.0, 0.0, 0.8], [0.9, 0.0, 1.0, 0.1], [0.0, 0.8, 0.1, 1.0]];
        let covariance = Symmetric::from_rows(&rho.map(|row| row.map(|r| 0.04 * r).to_vec())).unwrap();
        for distance in [Distance::Correlation, Distance::EuclideanOfCorrelation] {
            let result = hierarchical_risk_parity(&covariance, Linkage::Single, distance).unwrap();
            assert_eq!(result.leaf_order, [0, 2, 1, 3]);
        }
    }

    #[test]
    fn cash_has_no_correlation() {
        let cash = Symmetric::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap();
        let failure = hierarchical_risk_parity(&cash, Linkage::Single, Distance::Correlation).unwrap_err();
        assert_eq!(failure.code(), "zero_denominator");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn weights_are_positive_sum_to_one_and_do_not_depend_on_units(n in 2usize..30, seed in 0u64..1000) {
            let covariance = random_covariance(n, seed);
            for method in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
                let result = hierarchical_risk_parity(&covariance, method, Distance::Correlation).unwrap();
                prop_assert!((result.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                prop_assert!(result.weights.iter().all(|w| *w > 0.0));
                let mut order = result.leaf_order.clone();
                order.sort_unstable();
                prop_assert_eq!(order, (0..n).collect::<Vec<_>>());
                let monthly: Vec<f64> = covariance.rows().concat().iter().map(|v| v / 4.0).collect();
                let scaled = Symmetric::new(n, monthly).unwrap();
                let other = hierarchical_risk_parity(&scaled, method, Distance::Correlation).unwrap();
                prop_assert_eq!(&other.leaf_order, &result.leaf_order);
            }
        }
    }
}
