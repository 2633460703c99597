//! Hundreds of random problems: whatever an optimiser returns is feasible and optimal, by our own arithmetic; what has
//! another way of being found is found the other way too; and the order of the assets does not matter.

use optimizer::{
    Constraints, Exposure, Failure, Group, RiskModel, Symmetric, TrackingError, Utility, efficient_return,
    efficient_risk, max_sharpe, mean_variance, min_cvar, min_variance, nearest,
};
use proptest::prelude::*;

/// Numbers in (0, 1) from a seed (splitmix64).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + f64::EPSILON
    }
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("S{i}")).collect()
}

/// A market of `n` assets: covariance with three common factors, expected returns from 0 to 12 %.
fn market(n: usize, seed: u64) -> (Symmetric, Vec<f64>) {
    let mut u = Uniform(seed.wrapping_mul(0x9E37_79B9).wrapping_add(17));
    let loadings: Vec<[f64; 3]> =
        (0..n).map(|_| [0.05 + 0.2 * u.next(), 0.2 * (u.next() - 0.5), 0.2 * (u.next() - 0.5)]).collect();
    let own: Vec<f64> = (0..n).map(|_| (0.05 + 0.25 * u.next()).powi(2)).collect();
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let common: f64 = loadings[i].iter().zip(&loadings[j]).map(|(a, b)| a * b).sum();
            values[i * n + j] = common + if i == j { own[i] } else { 0.0 };
        }
    }
    let expected = (0..n).map(|_| 0.12 * u.next()).collect();
    (Symmetric::new(n, values).unwrap(), expected)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Fails unless `weights` satisfy `constraints` to 1e-7.
fn assert_feasible(weights: &[f64], constraints: &Constraints, risk: &RiskModel) {
    const NEAR: f64 = 1e-7;
    assert!(weights.iter().all(|weight| weight.is_finite()));
    if let Some(total) = constraints.total {
        assert!((weights.iter().sum::<f64>() - total).abs() < NEAR, "sum {}", weights.iter().sum::<f64>());
    }
    for (i, weight) in weights.iter().enumerate() {
        assert!(constraints.lower[i] - NEAR <= *weight && *weight <= constraints.upper[i] + NEAR, "weight {i}");
    }
    for group in &constraints.groups {
        let sum: f64 = group.members.iter().map(|i| weights[*i]).sum();
        assert!(group.minimum.is_none_or(|minimum| minimum - NEAR <= sum), "{} {sum}", group.name);
        assert!(group.maximum.is_none_or(|maximum| sum <= maximum + NEAR), "{} {sum}", group.name);
    }
    for exposure in &constraints.exposures {
        let value = dot(&exposure.loadings, weights);
        assert!(exposure.maximum.is_none_or(|maximum| value <= maximum + NEAR));
    }
    if let Some(maximum) = constraints.maximum_turnover {
        assert!(optimizer::l1_turnover(weights, constraints.initial.as_deref()) <= maximum + NEAR);
    }
    if let Some(limit) = &constraints.tracking_error {
        assert!(optimizer::tracking(risk, weights, &limit.benchmark) <= limit.maximum + NEAR);
    }
    if let Some(maximum) = constraints.maximum_volatility {
        assert!(risk.volatility(weights) <= maximum + NEAR);
    }
}

/// Constraints that a portfolio in the middle satisfies, so that the problem is feasible.
fn constraints(n: usize, seed: u64, risk: &RiskModel) -> Constraints {
    let mut u = Uniform(seed.wrapping_add(99));
    let mut constraints = Constraints::long_only(names(n));
    let equal = vec![1.0 / n as f64; n];
    if u.next() < 0.5 {
        constraints.upper = vec![(1.5 + 4.0 * u.next()) / n as f64; n];
    }
    if u.next() < 0.3 {
        constraints.lower = vec![-0.5 * u.next(); n];
    }
    if u.next() < 0.5 {
        let members: Vec<usize> = (0..n).filter(|i| i % 3 == 0).collect();
        let middle = members.len() as f64 / n as f64;
        constraints.groups.push(Group {
            name: "thirds".into(),
            members,
            minimum: Some(middle * 0.9),
            maximum: Some((middle * 1.2).min(1.0)),
        });
    }
    if u.next() < 0.3 {
        let loadings: Vec<f64> = (0..n).map(|_| u.next()).collect();
        let maximum = Some(dot(&loadings, &equal) * 1.01);
        constraints.exposures.push(Exposure { name: "score".into(), loadings, minimum: None, maximum });
    }
    if u.next() < 0.4 && n <= 150 {
        constraints.initial = Some(equal.clone());
        constraints.maximum_turnover = Some(0.1 + 0.5 * u.next());
    }
    if u.next() < 0.3 && n <= 60 {
        constraints.tracking_error = Some(TrackingError { benchmark: equal, maximum: 0.01 + 0.05 * u.next() });
    }
    if u.next() < 0.2 && n <= 60 {
        constraints.maximum_volatility = Some(risk.volatility(&vec![1.0 / n as f64; n]) * (1.0 + 0.2 * u.next()));
    }
    constraints
}

#[test]
fn five_hundred_random_problems() {
    let (mut solved, mut largest) = (0, 0);
    for seed in 0..500_u64 {
        // Most are small, some reach 500.
        let n = match seed % 100 {
            99 => 500,
            90..99 => 120,
            k => 2 + (k as usize * 7 + seed as usize) % 50,
        };
        let (covariance, expected) = market(n, seed);
        let risk = RiskModel::dense(covariance).unwrap();
        // The largest only with limits that do not make them dense cones: those have their own benchmark.
        let constraints = if n == 500 { Constraints::long_only(names(n)) } else { constraints(n, seed, &risk) };
        let equal = vec![1.0 / n as f64; n];
        let portfolio = match seed % 4 {
            0 => min_variance(&risk, &constraints),
            1 => max_sharpe(&expected, 0.005, &risk, &constraints),
            2 => {
                let utility = Utility { expected: &expected, risk_aversion: 3.0, costs: None, impact: None };
                mean_variance(utility, &risk, &constraints)
            }
            _ => efficient_return(&expected, dot(&expected, &equal), &risk, &constraints),
        };
        let portfolio = portfolio.unwrap_or_else(|failure| panic!("problem {seed} of {n}: {failure}"));
        assert!(portfolio.kkt_residual <= 1e-8, "problem {seed}: {}", portfolio.kkt_residual);
        assert_feasible(&portfolio.weights, &constraints, &risk);
        // The middle is feasible, so the optimum cannot be worse.
        let better = match seed % 4 {
            0 | 3 => risk.variance(&portfolio.weights) <= risk.variance(&equal) * (1.0 + 1e-7),
            1 => {
                let ratio = |w: &[f64]| (dot(&expected, w) - 0.005) / risk.volatility(w);
                ratio(&portfolio.weights) >= ratio(&equal) - 1e-7
            }
            _ => {
                let value = |w: &[f64]| dot(&expected, w) - 1.5 * risk.variance(w);
                value(&portfolio.weights) >= value(&equal) - 1e-9
            }
        };
        assert!(better, "problem {seed} is worse than equal weights");
        solved += 1;
        largest = largest.max(n);
    }
    assert_eq!((solved, largest), (500, 500));
}

/// Projection onto the weights that are ≥ 0 and sum to 1.
fn onto_simplex(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut level) = (0.0, 0.0);
    for (k, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if *value > candidate {
            level = candidate;
        }
    }
    point.iter().map(|value| (value - level).max(0.0)).collect()
}

/// Slow but simple: projected gradient with momentum until nothing moves.
fn by_projected_gradient(covariance: &Symmetric, expected: &[f64], aversion: f64) -> Vec<f64> {
    let n = covariance.n();
    let steepest = (0..n).map(|i| covariance.row(i).iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
    let step = 1.0 / (aversion * steepest);
    let mut weights = vec![1.0 / n as f64; n];
    let (mut ahead, mut momentum) = (weights.clone(), 1.0_f64);
    for _ in 0..60_000 {
        let gradient: Vec<f64> =
            covariance.times(&ahead).iter().zip(expected).map(|(risk, mean)| aversion * risk - mean).collect();
        let next = onto_simplex(&ahead.iter().zip(&gradient).map(|(w, g)| w - step * g).collect::<Vec<_>>());
        let moved = next.iter().zip(&weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let grown = (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0;
        let share = (momentum - 1.0) / grown;
        ahead = next.iter().zip(&weights).map(|(new, old)| new + share * (new - old)).collect();
        (weights, momentum) = (next, grown);
        if moved < 1e-13 {
            break;
        }
    }
    weights
}

#[test]
fn projected_gradient_finds_the_same_portfolios() {
    for seed in 0..12 {
        let n = 3 + seed as usize * 4;
        let (covariance, expected) = market(n, seed + 1000);
        let risk = RiskModel::dense(covariance.clone()).unwrap();
        let long = Constraints::long_only(names(n));
        for aversion in [1.0, 8.0] {
            let utility = Utility { expected: &expected, risk_aversion: aversion, costs: None, impact: None };
            let exact = mean_variance(utility, &risk, &long).unwrap();
            let slow = by_projected_gradient(&covariance, &expected, aversion);
            let value = |w: &[f64]| dot(&expected, w) - aversion / 2.0 * risk.variance(w);
            assert!(value(&exact.weights) >= value(&slow) - 1e-10, "problem {seed}");
            for (a, b) in exact.weights.iter().zip(&slow) {
                assert!((a - b).abs() < 1e-4, "problem {seed}: {a} and {b}");
            }
        }
    }
}

#[test]
fn factor_form_and_dense_form_find_the_same_portfolio() {
    for seed in 0..6 {
        let (n, k) = (40, 4);
        let mut u = Uniform(seed + 5);
        let loadings: Vec<Vec<f64>> = (0..n).map(|_| (0..k).map(|_| u.next() - 0.3).collect()).collect();
        let factors = Symmetric::from_diagonal(&[0.04, 0.01, 0.01, 0.02]).unwrap();
        let specific: Vec<f64> = (0..n).map(|_| 0.01 + 0.05 * u.next()).collect();
        let model = RiskModel::factors(&loadings, &factors, &specific).unwrap();
        let rows: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                (0..n)
                    .map(|j| dot(&factors.times(&loadings[j]), &loadings[i]) + if i == j { specific[i] } else { 0.0 })
                    .collect()
            })
            .collect();
        let dense = RiskModel::dense(Symmetric::from_rows(&rows).unwrap()).unwrap();
        let expected: Vec<f64> = (0..n).map(|_| 0.1 * u.next()).collect();
        let mut constraints = Constraints::long_only(names(n));
        constraints.upper = vec![0.1; n];
        constraints.tracking_error = Some(TrackingError { benchmark: vec![1.0 / n as f64; n], maximum: 0.05 });
        let (a, b) = (
            max_sharpe(&expected, 0.01, &model, &constraints).unwrap(),
            max_sharpe(&expected, 0.01, &dense, &constraints).unwrap(),
        );
        for (x, y) in a.weights.iter().zip(&b.weights) {
            assert!((x - y).abs() < 1e-5, "{x} {y}");
        }
        let a = efficient_risk(&expected, 0.12, &model, &constraints);
        let b = efficient_risk(&expected, 0.12, &dense, &constraints);
        match (a, b) {
            (Ok(a), Ok(b)) => {
                assert!((dot(&expected, &a.weights) - dot(&expected, &b.weights)).abs() < 1e-7);
            }
            (a, b) => assert_eq!(a.map_err(|f| f.code()).is_ok(), b.map_err(|f| f.code()).is_ok()),
        }
    }
}

#[test]
fn a_large_long_only_problem_is_solved_whole_and_in_part_alike() {
    // A lower limit a hair below zero keeps the solver from leaving assets out.
    let (covariance, expected) = market(150, 77);
    let risk = RiskModel::dense(covariance).unwrap();
    let priced = Constraints::long_only(names(150));
    let whole = Constraints { lower: vec![-1e-12; 150], ..priced.clone() };
    for rate in [0.0, 0.03] {
        let (a, b) =
            (max_sharpe(&expected, rate, &risk, &priced).unwrap(), max_sharpe(&expected, rate, &risk, &whole).unwrap());
        for (x, y) in a.weights.iter().zip(&b.weights) {
            assert!((x - y).abs() < 1e-6);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn order_does_not_matter(n in 2usize..25, seed in 0u64..10_000, turn in 1usize..24) {
        let (covariance, expected) = market(n, seed);
        let order: Vec<usize> = (0..n).map(|i| (i + turn) % n).collect();
        let turned: Vec<Vec<f64>> =
            order.iter().map(|i| order.iter().map(|j| covariance.at(*i, *j)).collect()).collect();
        let (risk, other) =
            (RiskModel::dense(covariance).unwrap(), RiskModel::dense(Symmetric::from_rows(&turned).unwrap()).unwrap());
        let moved: Vec<f64> = order.iter().map(|i| expected[*i]).collect();
        let long = Constraints::long_only(names(n));
        let a = max_sharpe(&expected, 0.0, &risk, &long).unwrap();
        let b = max_sharpe(&moved, 0.0, &other, &long).unwrap();
        for (place, i) in order.iter().enumerate() {
            prop_assert!((a.weights[*i] - b.weights[place]).abs() < 1e-6);
        }
    }

    #[test]
    fn twins_share_and_leverage_does_not_change_the_shape(n in 2usize..12, seed in 0u64..10_000) {
        let (covariance, _) = market(n, seed);
        // The first asset twice.
        let place = |i: usize| if i == n { 0 } else { i };
        let rows: Vec<Vec<f64>> =
            (0..=n).map(|i| (0..=n).map(|j| covariance.at(place(i), place(j))).collect()).collect();
        let risk = RiskModel::dense(Symmetric::from_rows(&rows).unwrap()).unwrap();
        let portfolio = min_variance(&risk, &Constraints::long_only(names(n + 1))).unwrap();
        prop_assert!(portfolio.ridge);
        prop_assert!((portfolio.weights[0] - portfolio.weights[n]).abs() < 2e-4);

        let risk = RiskModel::dense(covariance).unwrap();
        let one = min_variance(&risk, &Constraints::long_only(names(n))).unwrap();
        let double = Constraints { total: Some(2.0), ..Constraints::long_only(names(n)) };
        let two = min_variance(&risk, &double).unwrap();
        for (a, b) in one.weights.iter().zip(&two.weights) {
            prop_assert!((2.0 * a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn whatever_is_asked_nothing_but_numbers_or_reasons_comes_back(
        n in 1usize..8, seed in 0u64..10_000, cap in -0.2..1.5f64, total in -1.0..2.0f64, floor in -1.0..1.0f64,
        turnover in 0.0..2.0f64, error in 0.0..0.3f64,
    ) {
        let (covariance, expected) = market(n, seed);
        let risk = RiskModel::dense(covariance).unwrap();
        let mut constraints = Constraints::fully_invested(names(n));
        constraints.total = Some(total);
        constraints.lower = vec![floor; n];
        constraints.upper = vec![cap; n];
        constraints.initial = Some(vec![1.0 / n as f64; n]);
        constraints.maximum_turnover = Some(turnover);
        constraints.tracking_error = Some(TrackingError { benchmark: vec![1.0 / n as f64; n], maximum: error });
        for result in [
            min_variance(&risk, &constraints),
            max_sharpe(&expected, 0.02, &risk, &constraints),
            efficient_risk(&expected, 0.15, &risk, &constraints),
            nearest(None, Some(&risk), &constraints),
        ] {
            match result {
                Ok(portfolio) => assert_feasible(&portfolio.weights, &constraints, &risk),
                Err(Failure::Infeasible { conflict }) => prop_assert!(!conflict.is_empty()),
                Err(Failure::Unbounded | Failure::NotConverged { .. }) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    #[test]
    fn no_portfolio_nearby_has_a_milder_tail(seed in 0u64..500) {
        let mut u = Uniform(seed);
        let n = 4;
        let scenarios: Vec<Vec<f64>> = (0..250)
            .map(|_| {
                let market = 0.03 * (u.next() + u.next() + u.next() - 1.5);
                (0..n).map(|i| market * (0.4 + 0.3 * i as f64) + 0.02 * (u.next() - 0.5)).collect()
            })
            .collect();
        let constraints = Constraints::long_only(names(n));
        let best = min_cvar(&scenarios, 0.05, None, &constraints).unwrap();
        let tail = |weights: &[f64]| {
            let mut losses: Vec<f64> = scenarios.iter().map(|row| -dot(row, weights)).collect();
            losses.sort_by(|a, b| b.total_cmp(a));
            (losses[..12].iter().sum::<f64>() + 0.5 * losses[12]) / 12.5
        };
        prop_assert!((tail(&best.portfolio.weights) - best.tail_mean).abs() < 1e-12);
        for i in 0..n {
            for j in 0..n {
                let mut other = best.portfolio.weights.clone();
                let step = 0.02_f64.min(other[i]);
                other[i] -= step;
                other[j] += step;
                prop_assert!(best.tail_mean <= tail(&other) + 1e-8);
            }
        }
    }
}
