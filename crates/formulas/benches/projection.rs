//! Time of simulated plans, filters and regressions.
//!
//! Target: a million paths of 30 years in 0.2 s on two cores. `benches/python/projection.py` times the same in Python.

use criterion::{Criterion, criterion_group, criterion_main};
use formulas::Stream;
use formulas::macro_statistics::{
    InitialState, SwitchingFitOptions, SwitchingModel, hamilton_filter, markov_switching_fit, probit,
};
use formulas::projection::{GoalPlan, ReturnEngine, Simulation, WithdrawalRule, goal_simulation};
use std::hint::black_box;

fn plans(c: &mut Criterion) {
    let lognormal = ReturnEngine::Lognormal { log_drift: 0.05, log_volatility: 0.16 };
    let saving = GoalPlan::saving(10_000.0, 500_000.0, 30, 5_000.0);
    let million = Simulation { seed: 1, paths: 1_000_000, threads: 2, fan: false };
    let mut group = c.benchmark_group("goal_simulation");
    group.sample_size(10);
    group.bench_function("1,000,000 paths x 30 years", |b| {
        b.iter(|| goal_simulation(black_box(&saving), &lognormal, million).expect("a plan"));
    });
    let monthly = GoalPlan {
        periods_per_year: 12,
        withdrawal: WithdrawalRule::Constant(200.0),
        ..GoalPlan::saving(60_000.0, 0.0, 360, 0.0)
    };
    let mut stream = Stream::new(3, 0);
    let history = (0..438).map(|_| 0.006 + 0.045 * stream.normal()).collect();
    let bootstrap = ReturnEngine::Bootstrap { history, mean_block: 12.0 };
    let with_fan = Simulation { paths: 10_000, fan: true, ..million };
    group.bench_function("10,000 bootstrapped paths x 360 months with fan", |b| {
        b.iter(|| goal_simulation(black_box(&monthly), &bootstrap, with_fan).expect("a plan"));
    });
    group.finish();
}

fn regimes(c: &mut Criterion) {
    let mut stream = Stream::new(5, 0);
    let series: Vec<f64> = (0..226).map(|t| if t % 60 < 40 { 4.0 } else { 9.5 } + 2.0 * stream.normal()).collect();
    let model = SwitchingModel {
        transition: vec![vec![0.98, 0.02], vec![0.05, 0.95]],
        means: vec![3.7, 9.6],
        variances: vec![4.4, 4.4],
        autoregression: Vec::new(),
    };
    c.bench_function("hamilton_filter, 226 quarters", |b| {
        b.iter(|| hamilton_filter(black_box(&series), &model, &InitialState::Ergodic).expect("probabilities"));
    });
    let mut group = c.benchmark_group("markov_switching_fit");
    group.sample_size(10);
    group.bench_function("226 quarters, 24 starts", |b| {
        b.iter(|| markov_switching_fit(black_box(&series), SwitchingFitOptions::means(2)).expect("a fit"));
    });
    group.finish();
    let spread: Vec<f64> = (0..600).map(|_| 1.0 + stream.normal()).collect();
    let recession: Vec<f64> =
        spread.iter().map(|s| f64::from(u8::from(-0.5 - 0.7 * s + stream.normal() > 0.0))).collect();
    c.bench_function("probit, 600 months, HAC", |b| {
        let x = std::slice::from_ref(&spread);
        b.iter(|| probit(black_box(x), &recession, true, Some(12)).expect("a fit"));
    });
}

criterion_group!(benches, plans, regimes);
criterion_main!(benches);
