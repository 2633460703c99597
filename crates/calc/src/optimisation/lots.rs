//! Whole shares for target weights.

use super::setup::vector;
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use optimizer::LotProblem;
use serde_json::{Map, Value, json};

pub(super) const INTEGER_LOTS: Function = Function {
    name: "integer_lots",
    calculator: "optimize",
    summary: "how many whole shares come nearest to target weights without overspending",
    keys: &[
        Key::required("target_weights", Kind::Any, "weights by name, or a list"),
        Key::required("prices", Kind::Any, "price of one share of each name"),
        Key::required("budget", Kind::Number, "money to spend"),
        Key::optional("lot_size", Kind::Any, "1", "shares in a lot, one number or one per name; 0.001 for fractions"),
    ],
    outputs: &[
        ("optimal_shares", "shares to hold, names without any left out"),
        ("optimal_objective", "Σ |target − value| + leftover"),
        ("optimal_leftover", "money left"),
        ("greedy_objective", "the same of the greedy allocation"),
        ("tracking_gap", "half of Σ |weight − target|"),
        ("exact", "whether no better allocation exists"),
    ],
    page: "integer_lots",
    run: integer_lots,
};

fn integer_lots(input: &Input<'_>) -> Result<Output, Problems> {
    let given = |key: &str| {
        let missing = || input.problem(key, format!("the key `{key}` is missing"));
        input.given(key).map(|value| (value, input.pointer(key))).ok_or_else(missing)
    };
    let (weights, at) = given("target_weights")?;
    let names: Vec<String> = match weights {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(items) => (1..=items.len()).map(|i| format!("x{i}")).collect(),
        _ => return Err(Problem::new(at, "neither weights by name nor a list").into()),
    };
    let targets = vector(weights, &at, &names, None)?;
    let (prices, at) = given("prices")?;
    // Prices of names without a target do no harm.
    let prices = match prices {
        Value::Object(map) => {
            let known: Map<String, Value> =
                map.iter().filter(|(name, _)| names.contains(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
            vector(&Value::Object(known), &at, &names, None)?
        }
        value => vector(value, &at, &names, None)?,
    };
    let lot_sizes = match input.given("lot_size") {
        Some(value) => vector(value, &input.pointer("lot_size"), &names, Some(1.0))?,
        None => vec![1.0; names.len()],
    };
    let problem =
        LotProblem { targets: &targets, prices: &prices, budget: input.number("budget")?, lot_sizes: &lot_sizes };
    let keys = ["optimal_objective", "greedy_objective", "optimal_shares", "optimal_leftover"];
    let (best, greedy) = match (optimizer::integer_lots(problem), optimizer::greedy_lots(problem)) {
        (Ok(best), Ok(greedy)) => (best, greedy),
        (Err(failure), _) | (_, Err(failure)) => return super::report::failure(&keys, &failure),
    };
    let mut output = Output::new();
    let mut shares = Map::new();
    for (name, count) in names.iter().zip(&best.shares).filter(|(_, count)| **count > 0.0) {
        // Whole shares are whole numbers.
        let is_whole = count.fract() == 0.0 && *count < 9e15;
        shares.insert(name.clone(), if is_whole { json!(*count as u64) } else { output.finite(*count) });
    }
    output.put("optimal_shares", shares);
    output.number("optimal_objective", best.objective).number("optimal_leftover", best.leftover);
    output.number("greedy_objective", greedy.objective).number("tracking_gap", best.tracking_gap);
    output.put("exact", best.is_exact).status("optimal");
    Ok(output)
}
