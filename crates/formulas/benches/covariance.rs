//! Covariance estimates of 500 assets over 1,260 periods (targets: `docs/benchmarks.md`).

use criterion::{Criterion, criterion_group, criterion_main};
use formulas::covariance;
use std::hint::black_box;

/// Returns around a common movement, from a fixed sequence.
fn returns(t: usize, n: usize) -> Vec<Vec<f64>> {
    let wave = |a: usize, b: usize| ((a * 7919 + b * 104_729) as f64).sin();
    (0..t).map(|t| (0..n).map(|i| 0.01 * wave(t, 0) + 0.02 * wave(t, i + 1)).collect()).collect()
}

fn estimates(criterion: &mut Criterion) {
    let rows = returns(1260, 500);
    let mut group = criterion.benchmark_group("covariance 500 x 1260");
    group.sample_size(10);
    group.bench_function("sample", |b| b.iter(|| covariance::sample_covariance(black_box(&rows), 1)));
    group.bench_function("ewma", |b| b.iter(|| covariance::ewma(black_box(&rows), 0.94)));
    group.bench_function("ledoit_wolf_identity", |b| b.iter(|| covariance::ledoit_wolf_identity(black_box(&rows))));
    group.bench_function("ledoit_wolf_constant_correlation", |b| {
        b.iter(|| covariance::ledoit_wolf_constant_correlation(black_box(&rows)))
    });
    let sample = covariance::sample_covariance(&rows, 1).map(|s| s.covariance.rows());
    if let Ok(matrix) = sample {
        group.bench_function("psd_repair", |b| b.iter(|| covariance::psd_repair(black_box(&matrix), false)));
    }
    group.finish();
}

criterion_group!(benches, estimates);
criterion_main!(benches);
