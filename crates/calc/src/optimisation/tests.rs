//! Problems through their JSON form.

use crate::{NoTables, calculate};
use serde_json::{Map, Value, json};

fn run(name: &str, input: Value) -> Map<String, Value> {
    calculate(name, &input, &NoTables).unwrap()
}

fn weight(output: &Map<String, Value>, i: usize) -> f64 {
    output["weights"][i].as_f64().unwrap()
}

/// Two uncorrelated assets at 20 % and 10 %.
fn two(more: Value) -> Value {
    let mut input = json!({ "names": ["A", "B"], "covariance_matrix": [[0.04, 0.0], [0.0, 0.01]],
        "expected_return_vector": [0.08, 0.05], "rf": 0.02 });
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    input
}

#[test]
fn a_covariance_and_expected_returns_will_do() {
    let output = run("min_variance", two(json!({})));
    assert!((weight(&output, 0) - 0.2).abs() < 1e-9);
    assert_eq!(output["status"], "optimal");
    assert!((output["expected_return"].as_f64().unwrap() - 0.056).abs() < 1e-9);
    let output = run("max_sharpe", two(json!({})));
    assert!((weight(&output, 0) - 1.0 / 3.0).abs() < 1e-9);
    assert!(output["baseline"]["equal_weight"]["sharpe"].is_number());
    let output = run("efficient_return", two(json!({ "target": 0.07 })));
    assert!((weight(&output, 0) - 2.0 / 3.0).abs() < 1e-9);
    let same = run("efficient_return", two(json!({ "constraints": { "target_return": 0.07 } })));
    assert_eq!(same["weights"], output["weights"]);
    let output = run("efficient_risk", two(json!({ "constraints": { "max_volatility": 0.15 } })));
    assert!((output["volatility"].as_f64().unwrap() - 0.15).abs() < 1e-7);
    let output = run("efficient_frontier", two(json!({ "points": 3 })));
    assert_eq!(output["points"].as_array().unwrap().len(), 3);
}

#[test]
fn limits_in_their_several_forms() {
    let cap = |limit: Value| weight(&run("min_variance", two(json!({ "constraints": { "max_weight": limit } }))), 1);
    assert!((cap(json!(0.6)) - 0.6).abs() < 1e-9);
    assert!((cap(json!([1, 0.7])) - 0.7).abs() < 1e-9);
    assert!((cap(json!({ "B": 0.55 })) - 0.55).abs() < 1e-9);
    for groups in [
        json!({ "constraints": { "groups": [{ "name": "g", "members": ["A"], "min": 0.5 }] } }),
        json!({ "constraints": { "groups": { "g": { "members": [0], "min": 0.5 } } } }),
        json!({ "groups": { "g": ["A"] }, "constraints": { "group_min": { "g": 0.5 } } }),
        json!({ "groups": { "A": "g", "B": "h" }, "constraints": { "group_max": { "h": 0.5 } } }),
    ] {
        let output = run("min_variance", two(groups.clone()));
        assert!((weight(&output, 0) - 0.5).abs() < 1e-9, "{groups}");
    }
    let short = json!({ "constraints": { "long_only": false, "min_weight": -0.5, "sum": 1 }, "risk_aversion": 0.1 });
    assert!((weight(&run("mean_variance", two(short)), 1) + 0.5).abs() < 1e-9);
}

#[test]
fn turnover_costs_and_tracking_error() {
    let output = run(
        "mean_variance",
        two(json!({ "risk_aversion": 1, "initial_weights": [0.5, 0.5], "constraints": { "max_l1_turnover": 0.1 } })),
    );
    assert!((weight(&output, 0) - 0.55).abs() < 1e-8 && (output["l1_turnover"].as_f64().unwrap() - 0.1).abs() < 1e-8);
    assert_eq!(output["binding"], json!(["sum", "max_l1_turnover"]));
    let one_way = run(
        "mean_variance",
        two(json!({ "risk_aversion": 1, "initial_weights": { "A": 0.5, "B": 0.5 },
            "constraints": { "max_turnover": 0.05 } })),
    );
    assert!((weight(&one_way, 0) - 0.55).abs() < 1e-8);
    let costly =
        run("mean_variance", two(json!({ "risk_aversion": 1, "initial_weights": [0.5, 0.5], "linear_cost": 0.05 })));
    assert!((weight(&costly, 0) - 0.5).abs() < 1e-8);
    let tracked = run(
        "mean_variance",
        two(json!({ "benchmark_weights": [0.5, 0.5], "objective": "max expected return",
            "constraints": { "tracking_error": { "benchmark": [0.5, 0.5], "max": 0.01 } } })),
    );
    // √(0.04 + 0.01)·d = 0.01.
    assert!((weight(&tracked, 0) - 0.5 - 0.01 / 0.05_f64.sqrt()).abs() < 1e-6);
    assert!((tracked["tracking_error"].as_f64().unwrap() - 0.01).abs() < 1e-7);
}

#[test]
fn contradictions_are_named() {
    let output = run("min_variance", two(json!({ "constraints": { "max_weight": 0.4 } })));
    assert_eq!((&output["status"], &output["weights"]), (&json!("infeasible"), &json!(null)));
    assert_eq!(output["conflict"], json!(["sum", "max_weight"]));
    let output = run("max_sharpe", two(json!({ "rf": 0.2 })));
    assert_eq!((&output["status"], &output["sharpe"]), (&json!("infeasible"), &json!(null)));
    let free = json!({ "objective": "max return", "constraints": { "long_only": false } });
    assert_eq!(run("mean_variance", two(free))["status"], "unbounded");
}

#[test]
fn tails_budgets_trees_and_views() {
    let scenarios = json!({ "returns": [[-0.04, 0.0], [0.0, -0.01]], "tail_probability": 0.5 });
    let output = run("min_cvar", scenarios.clone());
    assert!((output["cvar"].as_f64().unwrap() - 0.008).abs() < 1e-9);
    let output =
        run("min_cdar", json!({ "returns": [[-0.04, 0.0], [0.04, 0.0], [0.0, -0.01]], "tail_probability": 0.01 }));
    assert!((output["cdar"].as_f64().unwrap() - 0.008).abs() < 1e-7);
    let output = run("risk_parity", two(json!({})));
    assert!((weight(&output, 0) - 1.0 / 3.0).abs() < 1e-12);
    let output = run("hrp", two(json!({})));
    assert_eq!(output["leaf_order"], json!(["A", "B"]));
    let views = json!({ "covariance": [[0.04, 0], [0, 0.01]], "market_weights": { "x1": 0.5, "x2": 0.5 },
        "P": [1, 0], "Q": 0.07 });
    let output = run("black_litterman", views);
    assert!((output["posterior_mean"][0].as_f64().unwrap() - 0.06).abs() < 1e-12);
    assert_eq!(output["status"], "ok");
}

#[test]
fn mistakes_point_to_their_place() {
    let at = |name: &str, input: Value| calculate(name, &input, &NoTables).unwrap_err().0[0].pointer.clone();
    assert_eq!(at("min_variance", two(json!({ "constraints": { "max_wieght": 1 } }))), "/constraints/max_wieght");
    assert_eq!(at("min_variance", two(json!({ "covariance": "garch", "covariance_matrix": null }))), "/covariance");
    assert_eq!(at("mean_variance", two(json!({}))), "/risk_aversion");
    let turnover = two(json!({ "risk_aversion": 1, "constraints": { "max_turnover": 0.1 } }));
    assert_eq!(at("mean_variance", turnover), "/initial_weights");
    let group = two(json!({ "constraints": { "groups": [{ "members": ["Z"], "max": 1 }] } }));
    assert_eq!(at("min_variance", group), "/constraints/groups/0/members/0");
    assert_eq!(at("risk_parity", json!({})), "/returns");
    let lots = json!({ "target_weights": { "A": 1.0 }, "prices": {}, "budget": 100 });
    assert_eq!(at("integer_lots", lots), "/prices");
}

#[test]
fn data_that_do_not_suffice_are_a_status() {
    let output = run("min_variance", json!({ "returns": [[0.01, 0.02]] }));
    assert_eq!((&output["status"], &output["volatility"]), (&json!("insufficient_data"), &json!(null)));
    let cash = run("inverse_volatility", json!({ "returns": [[0.01, 0.0], [0.02, 0.0]] }));
    assert_eq!((&cash["status"], &cash["weights"]), (&json!("zero_denominator"), &json!(null)));
    let sure = run("min_variance", json!({ "returns": [[0.01, 0.0], [0.02, 0.0]] }));
    assert_eq!((&sure["status"], &sure["sharpe"], &sure["ridge"]), (&json!("optimal"), &json!(null), &json!(true)));
    let one = run("max_sharpe", json!({ "returns": [[0.01], [0.02], [0.00]] }));
    assert_eq!((&one["weights"], &one["status"]), (&json!([1.0]), &json!("optimal")));
}
