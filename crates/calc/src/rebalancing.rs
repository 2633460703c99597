//! Trades that lead back to targets.

use crate::input::{child, number_at};
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use optimizer::{Band, Constraints, Failure, Mode, RebalanceRequest, RiskModel, Symmetric, TaxLot, TaxPolicy};
use serde_json::{Map, Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[Function {
    name: "rebalance",
    calculator: "rebalance",
    summary: "what to trade when weights have left their bands",
    keys: &[
        Key::required("values", Kind::Any, "market values by name"),
        Key::required("targets", Kind::Any, "target weights by name, sum 1"),
        Key::optional("band_abs", Kind::Number, "", "allowed |w − t|"),
        Key::optional("band_rel", Kind::Number, "", "allowed |w/t − 1|"),
        Key::optional("mode", Kind::Choice(MODES), "\"to_target_all_if_any_breach\"", "what to do"),
        Key::optional("new_cash", Kind::Number, "0", "cash that comes in, or must be raised if negative"),
        Key::optional("due", Kind::Flag, "false", "a date asks for trades even without a breach"),
        Key::optional("cost_rate", Kind::Number, "0", "cost per unit of money traded"),
        Key::optional("cost_per_order", Kind::Number, "0", "cost of each order"),
        Key::optional("prices", Kind::Any, "", "prices by name, for orders in whole lots"),
        Key::optional("lot_size", Kind::Any, "1", "shares in a lot, one number or by name"),
        Key::optional("cash_buffer", Kind::Number, "0", "cash that whole-lot orders must leave"),
        Key::optional("lots", Kind::List, "", "tax_aware: [{asset, market_value, cost_basis, tax_rate}]"),
        Key::optional("tracking_error_price", Kind::Number, "1", "tax_aware: λ, price of a unit of tracking error"),
        Key::optional("covariance", Kind::Matrix, "", "tax_aware: covariance in the order of the names sorted"),
    ],
    outputs: &[
        ("breached", "names outside of their band"),
        ("drift", "weight less target by name"),
        ("trades", "money to buy (positive) or sell by name"),
        ("turnover_one_way", "half of the money traded over the value before the cash"),
        ("cost", "of the trades, paid from cash"),
        ("orders", "shares by name, with what they leave in cash; only with prices"),
        ("sales, tax, tracking_error", "only tax_aware"),
    ],
    page: "bands",
    run: rebalance,
}];

const MODES: &[&str] = &["to_target_all_if_any_breach", "to_band_edge", "buy_only", "tax_aware"];

/// Assets with values and targets.
struct Book {
    names: Vec<String>,
    /// Whether the caller named them, so that results are by name too.
    named: bool,
    values: Vec<f64>,
    targets: Vec<f64>,
}

fn rebalance(input: &Input<'_>) -> Result<Output, Problems> {
    let book = book(input)?;
    let band = match (input.optional_number("band_abs")?, input.optional_number("band_rel")?) {
        (Some(_), Some(_)) => return Err(input.problem("band_rel", "both bands are given").into()),
        (Some(width), None) => Band::Absolute(width),
        (None, Some(share)) => Band::Relative(share),
        (None, None) => return Err(input.problem("band_abs", "give `band_abs` or `band_rel`").into()),
    };
    let mode = input.choice("mode", MODES)?;
    let request = RebalanceRequest {
        values: &book.values,
        targets: &book.targets,
        band,
        mode: match mode {
            "to_band_edge" => Mode::ToBandEdge,
            "buy_only" => Mode::BuyOnly,
            _ => Mode::ToTargetAllIfAnyBreach,
        },
        cash_flow: input.number("new_cash")?,
        is_due: input.flag("due")?,
        cost_rate: input.number("cost_rate")?,
        cost_per_order: input.number("cost_per_order")?,
    };
    let keys = ["breached", "trades", "turnover_one_way", "cost"];
    let mut result = match optimizer::rebalance(request) {
        Ok(result) => result,
        Err(failure) => return failed(input, &keys, &failure),
    };
    let mut output = Output::new();
    if mode == "tax_aware" && result.trades.iter().any(|trade| *trade != 0.0) {
        let aware = match tax_aware(input, &book, &request)? {
            Ok(aware) => aware,
            Err(failure) => return failed(input, &keys, &failure),
        };
        output.numbers("sales", &aware.sales).number("tax", aware.tax);
        output.number("tracking_error", aware.tracking_error);
        let traded: f64 = aware.trades.iter().map(|trade| trade.abs()).sum();
        let total: f64 = book.values.iter().sum();
        result.turnover_one_way = traded / total / 2.0;
        result.cost =
            aware.cost + request.cost_per_order * aware.trades.iter().filter(|trade| trade.abs() > 0.0).count() as f64;
        result.trades = aware.trades;
    }
    let breached: Vec<&str> = result.breached.iter().map(|i| book.names[*i].as_str()).collect();
    output.put("breached", json!(breached));
    let trades = by_name(&mut output, &book, &result.trades);
    let drift = by_name(&mut output, &book, &result.drift);
    output.put("trades", trades).put("drift", drift);
    output.number("turnover_one_way", result.turnover_one_way).number("cost", result.cost);
    if input.given("prices").is_some() {
        orders(input, &book, &request, &result.trades, &mut output)?;
    }
    Ok(output)
}

fn failed(input: &Input<'_>, keys: &[&str], failure: &Failure) -> Result<Output, Problems> {
    if let Failure::Invalid { what } = failure {
        let key = if what.contains("target") { "targets" } else { "values" };
        return Err(input.problem(key, what.clone()).into());
    }
    let mut output = Output::new();
    keys.iter().for_each(|key| {
        output.null(key, failure.code());
    });
    output.put("reason", failure.to_string());
    if let Failure::Infeasible { conflict } = failure {
        output.put("conflict", conflict.clone());
    }
    Ok(output)
}

/// Values and targets: two maps, whose names together are the assets, or two lists.
fn book(input: &Input<'_>) -> Result<Book, Problem> {
    match (input.given("values"), input.given("targets")) {
        (Some(Value::Object(values)), Some(Value::Object(targets))) => {
            let mut names: Vec<String> = values.keys().cloned().collect();
            names.extend(targets.keys().filter(|name| !values.contains_key(*name)).cloned());
            let of = |map: &Map<String, Value>, key: &str| -> Result<Vec<f64>, Problem> {
                let at = input.pointer(key);
                names
                    .iter()
                    .map(|name| map.get(name).map_or(Ok(0.0), |value| number_at(value, &child(&at, name))))
                    .collect()
            };
            let (values, targets) = (of(values, "values")?, of(targets, "targets")?);
            Ok(Book { names, named: true, values, targets })
        }
        (Some(Value::Array(_)), Some(Value::Array(_))) => {
            let (values, targets) = (input.numbers("values")?, input.numbers("targets")?);
            if values.len() != targets.len() {
                let detail = format!("{} targets for {} values", targets.len(), values.len());
                return Err(input.problem("targets", detail));
            }
            let names = (1..=values.len()).map(|i| format!("x{i}")).collect();
            Ok(Book { names, named: false, values, targets })
        }
        _ => Err(input.problem("values", "`values` and `targets` are neither both by name nor both lists")),
    }
}

fn by_name(output: &mut Output, book: &Book, numbers: &[f64]) -> Value {
    if !book.named {
        return Value::Array(numbers.iter().map(|number| output.finite(*number)).collect());
    }
    let entries = book.names.iter().zip(numbers).map(|(name, number)| (name.clone(), output.finite(*number)));
    Value::Object(entries.collect())
}

type TaxAware = Result<optimizer::TaxAwareRebalance, Failure>;

fn tax_aware(input: &Input<'_>, book: &Book, request: &RebalanceRequest<'_>) -> Result<TaxAware, Problem> {
    let mut lots = Vec::new();
    let mut held = vec![0.0; book.names.len()];
    for row in input.rows("lots")? {
        row.only(&["asset", "market_value", "cost_basis", "tax_rate", "lot"])?;
        let name = row.text("asset")?;
        let asset = book.names.iter().position(|known| *known == name).ok_or_else(|| {
            row.problem("asset", format!("there is no asset `{name}`"))
                .did_you_mean(&name, book.names.iter().map(String::as_str))
        })?;
        let market_value = row.positive("market_value")?;
        held[asset] += market_value;
        let (cost_basis, tax_rate) = (row.number("cost_basis")?, row.number("tax_rate")?);
        lots.push(TaxLot { asset, market_value, cost_basis, tax_rate });
    }
    for (name, (value, held)) in book.names.iter().zip(book.values.iter().zip(&held)) {
        if (value - held).abs() > 1e-6 * value.abs().max(1.0) {
            return Err(input.problem("lots", format!("the lots of `{name}` are worth {held}, its value is {value}")));
        }
    }
    let policy = TaxPolicy {
        targets: &book.targets,
        cost_rate: request.cost_rate,
        tracking_error_price: input.number("tracking_error_price")?,
        cash_flow: request.cash_flow,
    };
    let risk = if input.given("covariance").is_some() {
        let matrix = input.matrix("covariance")?;
        let covariance =
            Symmetric::from_rows(&matrix.rows).map_err(|failure| input.problem("covariance", failure.to_string()))?;
        match RiskModel::dense(covariance) {
            Ok(risk) => Some(risk),
            Err(failure) => return Ok(Err(failure)),
        }
    } else {
        None
    };
    Ok(optimizer::tax_aware(&lots, policy, risk.as_ref(), &Constraints::long_only(book.names.clone())))
}

/// The trades in whole lots.
fn orders(
    input: &Input<'_>,
    book: &Book,
    request: &RebalanceRequest<'_>,
    trades: &[f64],
    output: &mut Output,
) -> Result<(), Problem> {
    let of = |key: &str, absent: Option<f64>| -> Result<Vec<f64>, Problem> {
        let at = input.pointer(key);
        match input.given(key) {
            None => Ok(vec![absent.unwrap_or(1.0); book.names.len()]),
            Some(Value::Object(map)) => book
                .names
                .iter()
                .map(|name| match (map.get(name), absent) {
                    (Some(value), _) => number_at(value, &child(&at, name)),
                    (None, Some(absent)) => Ok(absent),
                    (None, None) => Err(Problem::new(&at, format!("there is no value for `{name}`"))),
                })
                .collect(),
            Some(Value::Array(items)) if items.len() == book.names.len() => {
                items.iter().enumerate().map(|(i, item)| number_at(item, &format!("{at}/{i}"))).collect()
            }
            Some(Value::Array(items)) => {
                Err(Problem::new(at, format!("{} values for {} assets", items.len(), book.names.len())))
            }
            Some(value) => Ok(vec![number_at(value, &at)?; book.names.len()]),
        }
    };
    let (prices, lot_sizes) = (of("prices", None)?, of("lot_size", Some(1.0))?);
    let held: Vec<f64> = book.values.iter().zip(&prices).map(|(value, price)| value / price).collect();
    let market = optimizer::Market {
        prices: &prices,
        lot_sizes: &lot_sizes,
        held: &held,
        cash: request.cash_flow.max(0.0),
        buffer: input.number("cash_buffer")?,
        cost_rate: request.cost_rate,
        cost_per_order: request.cost_per_order,
    };
    let orders =
        optimizer::whole_lots(trades, market).map_err(|failure| input.problem("prices", failure.to_string()))?;
    let shares = by_name(output, book, &orders.shares);
    let values = by_name(output, book, &orders.trades);
    let (cost, cash, gap) = (output.finite(orders.cost), output.finite(orders.cash_after), output.finite(orders.gap));
    output.put("orders", json!({ "shares": shares, "trades": values, "cost": cost, "cash_after": cash, "gap": gap }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{NoTables, calculate};
    use serde_json::json;

    fn run(input: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
        calculate("rebalance", &input, &NoTables).unwrap()
    }

    #[test]
    fn modes() {
        let values = json!({ "equity": 68000, "bonds": 25000, "gold": 7000 });
        let targets = json!({ "equity": 0.6, "bonds": 0.3, "gold": 0.1 });
        let all = run(json!({ "values": values, "targets": targets, "band_abs": 0.05, "cost_rate": 0.001 }));
        assert_eq!(all["breached"], json!(["equity"]));
        assert!((all["trades"]["equity"].as_f64().unwrap() + 8000.0).abs() < 1e-9);
        assert!((all["cost"].as_f64().unwrap() - 16.0).abs() < 1e-9);
        assert_eq!(all["status"], "ok");
        let edge = run(json!({ "values": values, "targets": targets, "band_abs": 0.05, "mode": "to_band_edge" }));
        assert!((edge["trades"]["equity"].as_f64().unwrap() + 3000.0).abs() < 1e-9);
        let none = run(json!({ "values": values, "targets": targets, "band_rel": 0.5 }));
        assert_eq!((&none["breached"], &none["trades"]["gold"]), (&json!([]), &json!(0.0)));
        let whole = run(json!({ "values": values, "targets": targets, "band_abs": 0.05,
            "prices": { "equity": 100, "bonds": 90, "gold": 180 } }));
        assert_eq!(whole["orders"]["shares"]["equity"], json!(-80.0));
        assert!(whole["orders"]["cash_after"].as_f64().unwrap() >= 0.0);
    }

    #[test]
    fn taxes_decide_which_lots_go() {
        let result = run(json!({ "values": { "A": 70, "B": 30 }, "targets": { "A": 0.5, "B": 0.5 }, "band_abs": 0.05,
            "mode": "tax_aware", "lots": [
                { "asset": "A", "market_value": 40, "cost_basis": 20, "tax_rate": 0.2 },
                { "asset": "A", "market_value": 30, "cost_basis": 36, "tax_rate": 0.2 },
                { "asset": "B", "market_value": 30, "cost_basis": 30, "tax_rate": 0.2 }] }));
        assert!((result["sales"][1].as_f64().unwrap() - 20.0).abs() < 1e-2);
        assert!((result["tax"].as_f64().unwrap() + 0.8).abs() < 1e-3);
    }

    #[test]
    fn mistakes_are_problems_and_contradictions_a_status() {
        let bad = |input| calculate("rebalance", &input, &NoTables).unwrap_err().0[0].pointer.clone();
        assert_eq!(bad(json!({ "values": { "A": 1 }, "targets": { "A": 0.9 }, "band_abs": 0.05 })), "/targets");
        assert_eq!(bad(json!({ "values": { "A": 1 }, "targets": { "A": 1 } })), "/band_abs");
        assert_eq!(bad(json!({ "values": [1], "targets": { "A": 1 }, "band_abs": 0.1 })), "/values");
        let raise = run(json!({ "values": { "A": 10, "B": 5 }, "targets": { "A": 0.5, "B": 0.5 }, "band_abs": 0.1,
            "mode": "buy_only", "new_cash": -1 }));
        assert_eq!((&raise["status"], &raise["trades"]), (&json!("infeasible"), &json!(null)));
    }
}
