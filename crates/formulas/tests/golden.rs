//! The formulas agree with independent implementations on the golden set. The numbers belong to `golden/`.
//!
//! One adapter per golden function maps its inputs to ours and our result to its output names; everything else is
//! generic. A function without an adapter must be on the list of those not implemented, so none is skipped silently.

use formulas::attribution::{
    Segment, brinson_fachler, carino_coefficients, currency_simple, linked_effect, menchero_coefficients,
};
use formulas::drawdown::{drawdown_table, max_drawdown, ulcer_index};
use formulas::portfolio::concentration;
use formulas::returns::{
    DietzTiming, FlowTiming, annual_return_geometric, annualise_calendar, link, modified_dietz, twr_daily, xirr, xnpv,
};
use formulas::risk::{
    downside_deviation, excess_kurtosis, information_ratio, sharpe, skewness, sortino, tracking_error, volatility,
};
use formulas::{Date, PerPeriod, Undefined};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const FILES: [&str; 5] = ["returns.json", "risk.json", "drawdown.json", "attribution.json", "quality.json"];

/// Functions of these files that no formula of ours computes yet.
const NOT_IMPLEMENTED: [&str; 7] =
    ["alpha_beta", "capture", "dar_cdar", "dar_scenario", "karnosky_singer", "altman_z_ratios", "piotroski_f"];

#[test]
fn all_cases_agree() {
    let mut failures = Vec::new();
    let mut passed = 0;
    for file in FILES {
        let suite: Value = serde_json::from_str(&read(file)).unwrap();
        for case in suite["cases"].as_array().unwrap() {
            let function = case["function"].as_str().unwrap();
            match computed(function, &Inputs(&case["inputs"])) {
                None if NOT_IMPLEMENTED.contains(&function) => {}
                None => failures.push(format!("{}: no adapter for {function}", case["id"])),
                Some(_) if NOT_IMPLEMENTED.contains(&function) => failures.push(format!("{function} is implemented")),
                Some(got) => {
                    let before = failures.len();
                    compare(case, "", &case["expected"], &got, &mut failures);
                    passed += usize::from(before == failures.len());
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed, 33, "number of golden cases");
}

/// The result of a golden function under its golden output names; none for a function that we do not compute.
fn computed(function: &str, inputs: &Inputs<'_>) -> Option<Value> {
    let n = || inputs.number("periods_per_year");
    let ddof = || inputs.number("ddof") as usize;
    let value = |result: Result<f64, Undefined>| json!({ "value": result.ok() });
    Some(match function {
        "xirr" => match xirr(&inputs.flows(), inputs.number("guess")) {
            Ok(r) => json!({ "status": r.status.name(), "rate": r.rate, "roots": r.roots }),
            Err(reason) => json!({ "status": reason.code(), "rate": null, "roots": [] }),
        },
        "xnpv" => json!({ "npv": xnpv(&inputs.flows(), inputs.number("rate")).ok() }),
        "twr_daily" => {
            let timing: FlowTiming = inputs.text("flow_timing").parse().unwrap();
            match twr_daily(&inputs.series("nav"), &inputs.series("flows"), timing) {
                Ok(r) => json!({ "status": "ok", "twr": r.twr, "daily": r.daily }),
                Err(broken) => json!({
                    "status": broken.reason.code(),
                    "twr": null,
                    "first_bad_index": match broken.reason { Undefined::UndefinedReturn { index } => Some(index), _ => None },
                    "daily_before": broken.daily_before,
                }),
            }
        }
        "modified_dietz" => {
            let timing = match inputs.text("flow_timing") {
                "start" => DietzTiming::Start,
                "mid" => DietzTiming::Mid,
                _ => DietzTiming::End,
            };
            let begin = (inputs.date("begin_date"), inputs.number("begin_value"));
            let end = (inputs.date("end_date"), inputs.number("end_value"));
            match modified_dietz(begin, end, &inputs.flows(), timing) {
                Ok(r) => json!({ "status": "ok", "return": r.rate, "average_capital": r.average_capital }),
                Err(reason) => json!({ "status": reason.code(), "return": null }),
            }
        }
        "annualise_calendar" => {
            let result = annualise_calendar(inputs.number("cumulative_return"), inputs.number("calendar_days") as i64);
            json!({ "annualised": result.clone().ok(), "annualisable": result.is_ok() })
        }
        "annual_return_geometric" => match annual_return_geometric(&inputs.series("returns"), n()) {
            Ok(r) => json!({ "value": r.value, "cumulative": r.cumulative, "arithmetic_annual": r.arithmetic_annual }),
            Err(_) => json!({ "value": null, "cumulative": null, "arithmetic_annual": null }),
        },
        "volatility" => value(volatility(&inputs.series("returns"), n(), ddof())),
        "downside_deviation" => {
            let mar = PerPeriod::Constant(inputs.number("mar_per_period"));
            value(downside_deviation(&inputs.series("returns"), mar, n()))
        }
        "sortino" => {
            let mar = PerPeriod::Constant(inputs.number("mar_per_period"));
            value(sortino(&inputs.series("returns"), mar, n()))
        }
        "sharpe" => {
            let risk_free = PerPeriod::Constant(inputs.number("rf_per_period"));
            value(sharpe(&inputs.series("returns"), risk_free, n()).map(|r| r.value))
        }
        "calmar" => value(formulas::risk::calmar(&inputs.series("returns"), n())),
        "higher_moments" => {
            let returns = inputs.series("returns");
            json!({ "skewness": skewness(&returns).ok(), "excess_kurtosis": excess_kurtosis(&returns).ok() })
        }
        "tracking_error" => value(tracking_error(&inputs.series("returns"), &inputs.series("benchmark"), n(), ddof())),
        "information_ratio" => value(information_ratio(&inputs.series("returns"), &inputs.series("benchmark"), n())),
        "max_drawdown" => {
            let label = inputs.labels("returns");
            let at = |position: Option<usize>| position.map(|p| label[p].clone());
            match max_drawdown(&inputs.series("returns")) {
                Ok(r) => {
                    json!({ "value": r.depth, "peak_date": at(r.peak), "trough_date": at(r.trough), "recovery_date": at(r.recovery) })
                }
                Err(_) => json!({ "value": null, "peak_date": null, "trough_date": null, "recovery_date": null }),
            }
        }
        "drawdown_table" => {
            let label = inputs.labels("returns");
            let rows = drawdown_table(&inputs.series("returns"), inputs.number("top") as usize).unwrap();
            json!({ "rows": rows.iter().map(|e| json!({
                "depth": e.depth, "peak_date": label[e.peak], "trough_date": label[e.trough],
                "recovery_date": e.recovery.map(|p| label[p].clone()), "periods_to_trough": e.periods_to_trough,
                "periods_to_recover": e.periods_to_recover, "periods_total": e.periods_total,
            })).collect::<Vec<_>>() })
        }
        "ulcer_index" => {
            let r = ulcer_index(&inputs.series("returns")).unwrap();
            json!({ "ulcer": r.ulcer, "average_drawdown": r.average_drawdown })
        }
        "concentration" => {
            let r = concentration(&inputs.series("weights")).unwrap();
            json!({ "hhi": r.hhi, "effective_n": r.effective_n, "entropy_effective_n": r.entropy_effective_n, "top1": r.top1, "top3": r.top3 })
        }
        "currency_simple" => {
            let series = |key| inputs.series(key);
            let r = currency_simple(&series("weights"), &series("local_returns"), &series("fx_returns")).unwrap();
            json!({
                "base_returns": r.base_returns, "local": r.local, "fx": r.fx, "interaction": r.interaction,
                "local_total": r.local_total, "fx_total": r.fx_total, "interaction_total": r.interaction_total,
                "portfolio_base_return": r.portfolio_base_return,
            })
        }
        "brinson_fachler" => {
            let r = brinson_fachler(&inputs.segments(None)).unwrap();
            let total = |effects: &[f64]| effects.iter().sum::<f64>();
            let both = r.selection.iter().zip(&r.interaction).map(|(s, i)| s + i).collect::<Vec<_>>();
            json!({
                "portfolio_return": r.portfolio_return, "benchmark_return": r.benchmark_return,
                "excess": r.portfolio_return - r.benchmark_return, "allocation": r.allocation, "selection": r.selection,
                "interaction": r.interaction, "allocation_total": total(&r.allocation), "selection_total": total(&r.selection),
                "interaction_total": total(&r.interaction), "selection_incl_interaction": both,
                "allocation_brinson_hood_beebower": inputs.segments(None).iter()
                    .map(|s| (s.portfolio_weight - s.benchmark_weight) * s.benchmark_return.unwrap()).collect::<Vec<_>>(),
            })
        }
        "attribution_linking" => attribution_linking(inputs),
        _ => return None,
    })
}

fn attribution_linking(inputs: &Inputs<'_>) -> Value {
    let periods = inputs.0["portfolio_weights"].as_array().unwrap().len();
    let effects: Vec<_> = (0..periods).map(|t| brinson_fachler(&inputs.segments(Some(t))).unwrap()).collect();
    let portfolio: Vec<f64> = effects.iter().map(|e| e.portfolio_return).collect();
    let benchmark: Vec<f64> = effects.iter().map(|e| e.benchmark_return).collect();
    let linked = |coefficients: Vec<f64>| {
        let of = |part: fn(&formulas::attribution::BrinsonFachler) -> &Vec<f64>| -> Vec<f64> {
            (0..part(&effects[0]).len())
                .map(|i| linked_effect(&effects.iter().map(|e| part(e)[i]).collect::<Vec<_>>(), &coefficients).unwrap())
                .collect()
        };
        let (allocation, selection, interaction) =
            (of(|e| &e.allocation), of(|e| &e.selection), of(|e| &e.interaction));
        let total = |effects: &[f64]| effects.iter().sum::<f64>();
        json!({
            "allocation_total": total(&allocation), "selection_total": total(&selection),
            "interaction_total": total(&interaction), "allocation": allocation, "selection": selection,
            "interaction": interaction, "coefficients": coefficients,
        })
    };
    let whole = |returns: &[f64]| link(returns.iter().copied());
    json!({
        "carino": linked(carino_coefficients(&portfolio, &benchmark).unwrap()),
        "menchero": linked(menchero_coefficients(&portfolio, &benchmark).unwrap()),
        "portfolio_return": whole(&portfolio), "benchmark_return": whole(&benchmark),
        "excess": whole(&portfolio) - whole(&benchmark),
    })
}

/// Inputs of a case, with references to series resolved.
struct Inputs<'a>(&'a Value);

impl Inputs<'_> {
    fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap_or_else(|| panic!("{key} is not a number"))
    }

    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_else(|| panic!("{key} is not a text"))
    }

    fn date(&self, key: &str) -> Date {
        self.text(key).parse().unwrap()
    }

    fn flows(&self) -> Vec<(Date, f64)> {
        let flow = |f: &Value| (f[0].as_str().unwrap().parse().unwrap(), f[1].as_f64().unwrap());
        self.0["flows"].as_array().unwrap().iter().map(flow).collect()
    }

    fn series(&self, key: &str) -> Vec<f64> {
        match &self.0[key] {
            Value::Array(values) => values.iter().map(|v| v.as_f64().unwrap()).collect(),
            reference => resolve(reference).1,
        }
    }

    /// The dates of the prices behind a series of returns.
    fn labels(&self, key: &str) -> Vec<String> {
        resolve(&self.0[key]).0
    }

    fn segments(&self, period: Option<usize>) -> Vec<Segment> {
        let column = |key: &str| -> Vec<f64> {
            let values = period.map_or(&self.0[key], |t| &self.0[key][t]);
            values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let (wp, wb) = (column("portfolio_weights"), column("benchmark_weights"));
        let (rp, rb) = (column("portfolio_returns"), column("benchmark_returns"));
        (0..wp.len())
            .map(|i| Segment {
                portfolio_weight: wp[i],
                benchmark_weight: wb[i],
                portfolio_return: Some(rp[i]),
                benchmark_return: Some(rb[i]),
            })
            .collect()
    }
}

/// Labels of the rows and the transformed values of a series reference.
fn resolve(reference: &Value) -> (Vec<String>, Vec<f64>) {
    let text = read(reference["csv"].as_str().unwrap());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = reader.headers().unwrap().iter().position(|h| h == reference["column"].as_str().unwrap()).unwrap();
    let bound = |key: &str| reference[key].as_str().map(str::to_owned);
    let (from, to) = (bound("from"), bound("to"));
    let rows: Vec<(String, f64)> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].to_owned(), row[column].parse().unwrap()))
        .filter(|(label, _)| from.as_ref().is_none_or(|f| f <= label) && to.as_ref().is_none_or(|t| label <= t))
        .collect();
    let labels = rows.iter().map(|(label, _)| label.clone()).collect();
    let values: Vec<f64> = rows.into_iter().map(|(_, value)| value).collect();
    match reference["transform"].as_str().unwrap_or("none") {
        "none" => (labels, values),
        "percent" => (labels, values.iter().map(|v| v / 100.0).collect()),
        "simple_return" => (labels, values.windows(2).map(|w| w[1] / w[0] - 1.0).collect()),
        other => panic!("unknown transform {other}"),
    }
}

fn compare(case: &Value, path: &str, expected: &Value, got: &Value, failures: &mut Vec<String>) {
    match expected {
        Value::Object(fields) => {
            for (key, value) in fields {
                compare(case, &format!("{path}.{key}"), value, got.get(key).unwrap_or(&json!("absent")), failures);
            }
        }
        Value::Array(items) if got.as_array().is_some_and(|g| g.len() == items.len()) => {
            for (index, item) in items.iter().enumerate() {
                compare(case, &format!("{path}[{index}]"), item, &got[index], failures);
            }
        }
        Value::Number(number) if !(number.is_i64() && got.is_u64()) => {
            let (abs, rel) = tolerance(case, path);
            let wanted = number.as_f64().unwrap();
            if !got.as_f64().is_some_and(|g| (g - wanted).abs() <= abs + rel * wanted.abs()) {
                failures.push(format!("{} {path}: expected {wanted}, got {got}", case["id"]));
            }
        }
        _ if expected == got => {}
        _ => failures.push(format!("{} {path}: expected {expected}, got {got}", case["id"])),
    }
}

fn tolerance(case: &Value, path: &str) -> (f64, f64) {
    let name = path.split(['.', '[']).nth(1).unwrap_or("");
    let none = Map::new();
    let overrides = case["tol"]["keys"].as_object().unwrap_or(&none);
    let tol = overrides.get(name).unwrap_or(&case["tol"]);
    (tol["abs"].as_f64().unwrap_or(0.0), tol["rel"].as_f64().unwrap_or(0.0))
}

fn read(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../golden").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
