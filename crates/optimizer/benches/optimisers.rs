//! Optimisers at the sizes of the performance targets (`docs/benchmarks.md`).

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use optimizer::{
    Constraints, Distance, Linkage, LotProblem, RiskModel, Symmetric, Utility, hierarchical_risk_parity, integer_lots,
    max_sharpe, mean_variance, min_cdar, min_cvar, min_variance, risk_parity,
};
use std::hint::black_box;

/// Returns around three common movements, from a fixed sequence (splitmix64).
fn returns(t: usize, n: usize) -> Vec<Vec<f64>> {
    let mut state = 42_u64;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    // The sum of four uniform numbers is near enough to normal.
    let mut normal = move || (uniform() + uniform() + uniform() + uniform() - 2.0) * 3.0_f64.sqrt();
    let loadings: Vec<[f64; 3]> = (0..n).map(|_| [0.8 + 0.3 * normal(), 0.4 * normal(), 0.4 * normal()]).collect();
    let own: Vec<f64> = (0..n).map(|_| 0.01 * (1.0 + 0.5 * normal().abs())).collect();
    (0..t)
        .map(|_| {
            let common = [0.01 * normal(), 0.006 * normal(), 0.004 * normal()];
            (0..n)
                .map(|i| {
                    let shared: f64 = loadings[i].iter().zip(common).map(|(b, f)| b * f).sum();
                    0.0003 + shared + own[i] * normal()
                })
                .collect()
        })
        .collect()
}

fn moments(rows: &[Vec<f64>]) -> (Vec<f64>, Symmetric) {
    let (t, n) = (rows.len(), rows[0].len());
    let means: Vec<f64> = (0..n).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / t as f64).collect();
    let mut values = vec![0.0; n * n];
    for row in rows {
        for i in 0..n {
            let deviation = row[i] - means[i];
            for j in 0..n {
                values[i * n + j] += deviation * (row[j] - means[j]) * 252.0 / (t - 1) as f64;
            }
        }
    }
    match Symmetric::new(n, values) {
        Ok(covariance) => (means.iter().map(|mean| mean * 252.0).collect(), covariance),
        Err(failure) => panic!("{failure}"),
    }
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("S{i}")).collect()
}

fn quadratic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mean and variance");
    for n in [20, 100, 500] {
        group.sample_size(if n == 500 { 10 } else { 50 });
        let (expected, covariance) = moments(&returns(1260, n));
        let long = Constraints::long_only(names(n));
        let capped = Constraints { upper: vec![0.02_f64.max(3.0 / n as f64); n], ..long.clone() };
        let model = || RiskModel::dense(covariance.clone()).expect("a sample covariance of more periods than assets");
        group.bench_function(BenchmarkId::new("min_variance", n), |b| {
            b.iter(|| min_variance(&model(), black_box(&long)));
        });
        group.bench_function(BenchmarkId::new("min_variance, capped", n), |b| {
            b.iter(|| min_variance(&model(), black_box(&capped)));
        });
        group.bench_function(BenchmarkId::new("max_sharpe", n), |b| {
            b.iter(|| max_sharpe(&expected, 0.0, &model(), black_box(&long)));
        });
        let held =
            Constraints { initial: Some(vec![1.0 / n as f64; n]), maximum_turnover: Some(0.3), ..capped.clone() };
        group.bench_function(BenchmarkId::new("mean_variance, turnover", n), |b| {
            let utility = Utility { expected: &expected, risk_aversion: 4.0, costs: None, impact: None };
            b.iter(|| mean_variance(utility, &model(), black_box(&held)));
        });
        group.bench_function(BenchmarkId::new("risk_parity", n), |b| {
            let budgets = vec![1.0 / n as f64; n];
            b.iter(|| risk_parity(black_box(&covariance), &budgets));
        });
        group.bench_function(BenchmarkId::new("hrp", n), |b| {
            b.iter(|| hierarchical_risk_parity(black_box(&covariance), Linkage::Single, Distance::Correlation));
        });
    }
    group.finish();
}

fn tails(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tails, 1,000 periods");
    group.sample_size(10);
    for n in [20, 100] {
        let rows = returns(1000, n);
        let long = Constraints::long_only(names(n));
        group.bench_function(BenchmarkId::new("min_cvar", n), |b| {
            b.iter(|| min_cvar(black_box(&rows), 0.05, None, &long));
        });
        group.bench_function(BenchmarkId::new("min_cdar", n), |b| {
            b.iter(|| min_cdar(black_box(&rows), 0.05, None, &long));
        });
    }
    group.finish();
}

fn lots(criterion: &mut Criterion) {
    let targets: Vec<f64> = (0..30).map(|i| (31 - i) as f64 / 495.0).collect();
    let prices: Vec<f64> = (0..30).map(|i| 20.0 + ((i * 7919) % 380) as f64 + 0.37).collect();
    criterion.bench_function("integer_lots, 30 names", |b| {
        let lot_sizes = [1.0; 30];
        b.iter(|| {
            integer_lots(black_box(LotProblem {
                targets: &targets[..30],
                prices: &prices,
                budget: 50_000.0,
                lot_sizes: &lot_sizes,
            }))
        });
    });
}

criterion_group!(benches, quadratic, tails, lots);
criterion_main!(benches);
