//! Why a portfolio beat its benchmark, or did not.

use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;
use formulas::attribution::{
    BrinsonFachler, Compounding, Market, Segment, carino_coefficients, linked_effect, menchero_coefficients,
    with_residual_cash,
};
use serde_json::{Map, Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "brinson_fachler",
        calculator: "attribution_brinson",
        summary: "allocation, selection and interaction by segment, one period",
        keys: &[SEGMENTS, WP, WB, RP, RB],
        outputs: &[
            ("portfolio_return", "R"),
            ("benchmark_return", "B"),
            ("excess", "R − B, the sum of all effects"),
            ("segments", "names, with residual cash where weights do not sum to 1"),
            ("allocation", "effect of weighting segments differently"),
            ("selection", "effect of choosing within segments"),
            ("interaction", "effect of both together"),
            ("allocation_total", "sum"),
            ("selection_total", "sum"),
            ("interaction_total", "sum"),
            ("selection_incl_interaction", "selection and interaction together"),
            ("allocation_brinson_hood_beebower", "(wp − wb)·rb"),
        ],
        page: "brinson_fachler",
        run: brinson_fachler,
    },
    Function {
        name: "attribution_linking",
        calculator: "attribution_brinson",
        summary: "the same over many periods, linked so that effects sum to the compounded excess",
        keys: &[
            SEGMENTS,
            WP,
            WB,
            RP,
            RB,
            Key::optional("methods", Kind::List, "[\"carino\", \"menchero\"]", "carino, menchero or both"),
        ],
        outputs: &[
            ("carino", "coefficients, allocation, selection, interaction and their totals"),
            ("menchero", "the same after Menchero"),
            ("portfolio_return", "compounded"),
            ("benchmark_return", "compounded"),
            ("excess", "their difference"),
        ],
        page: "carino",
        run: attribution_linking,
    },
    Function {
        name: "currency_simple",
        calculator: "attribution_currency",
        summary: "local return, currency return and interaction of each holding",
        keys: &[
            Key::required("weights", Kind::Series, "weights at the start of the period"),
            Key::required("local_returns", Kind::Series, "returns in the holdings' own currencies"),
            Key::required("fx_returns", Kind::Series, "returns of the currencies, base per local"),
        ],
        outputs: &[
            ("base_returns", "(1 + L)(1 + F) − 1"),
            ("local", "w·L"),
            ("fx", "w·F"),
            ("interaction", "w·L·F"),
            ("local_total", "sum"),
            ("fx_total", "sum"),
            ("interaction_total", "sum"),
            ("portfolio_base_return", "sum of the totals"),
        ],
        page: "currency_simple",
        run: currency_simple,
    },
    Function {
        name: "karnosky_singer",
        calculator: "attribution_currency",
        summary: "market and currency decisions apart",
        keys: &[
            SEGMENTS,
            Key::required("portfolio_asset_weights", Kind::Series, "weights of the portfolio by market"),
            Key::required("benchmark_asset_weights", Kind::Series, "weights of the benchmark by market"),
            Key::required("portfolio_local_returns", Kind::Series, "returns of the portfolio in local currency"),
            Key::required("benchmark_local_returns", Kind::Series, "returns of the benchmark in local currency"),
            Key::required("local_cash_returns", Kind::Series, "return of cash in each currency"),
            Key::required("currency_returns", Kind::Series, "return of each currency, base per local"),
            Key::optional(
                "portfolio_currency_weights",
                Kind::Series,
                "",
                "weights by currency after hedges; default: unhedged",
            ),
            Key::optional(
                "benchmark_currency_weights",
                Kind::Series,
                "",
                "weights by currency after hedges; default: unhedged",
            ),
            Key::optional("compounding", Kind::Choice(COMPOUNDING), "\"continuous\"", "of the returns"),
        ],
        outputs: &[
            ("portfolio_return", "R in base currency"),
            ("benchmark_return", "B in base currency"),
            ("excess", "R − B"),
            ("market_allocation", "effect of weighting markets differently"),
            ("security_selection", "effect of choosing within markets"),
            ("interaction", "effect of both together"),
            ("currency_management", "effect of weighting currencies differently"),
            ("market_allocation_total", "sum"),
            ("security_selection_total", "sum"),
            ("interaction_total", "sum"),
            ("currency_management_total", "sum"),
            ("residual", "what simple returns leave unexplained"),
        ],
        page: "karnosky_singer",
        run: karnosky_singer,
    },
];

const SEGMENTS: Key = Key::optional("segments", Kind::List, "", "names");
const WP: Key = Key::required("portfolio_weights", Kind::List, "weights at the start; linking: one list per period");
const WB: Key = Key::required("benchmark_weights", Kind::List, "the same of the benchmark");
const RP: Key = Key::required("portfolio_returns", Kind::List, "returns by segment; null where nothing is held");
const RB: Key = Key::required("benchmark_returns", Kind::List, "the same of the benchmark");
const COMPOUNDING: &[&str] = &["continuous", "simple"];
const RESIDUAL: &str = "residual cash";

/// The names as given, or numbers.
fn names(input: &Input<'_>, count: usize) -> Result<Vec<String>, Problem> {
    if input.given("segments").is_none() {
        return Ok((1..=count).map(|at| at.to_string()).collect());
    }
    let names = input.texts("segments")?;
    if names.len() == count {
        return Ok(names);
    }
    Err(input.problem("segments", format!("{} names for {count} segments", names.len())))
}

/// Four lists of one length as segments.
fn segments(columns: [(&str, Vec<Option<f64>>); 4]) -> Result<Vec<Segment>, Problem> {
    let [(_, wp), (wb_at, wb), (rp_at, rp), (rb_at, rb)] = &columns;
    for (pointer, column) in [(wb_at, wb), (rp_at, rp), (rb_at, rb)] {
        if column.len() != wp.len() {
            return Err(Problem::new(*pointer, format!("{} numbers for {} segments", column.len(), wp.len())));
        }
    }
    for (pointer, column) in &columns[..2] {
        if let Some(index) = column.iter().position(Option::is_none) {
            return Err(Problem::new(format!("{pointer}/{index}"), "a weight is missing here; write 0 for none"));
        }
    }
    let row = |i: usize| Segment {
        portfolio_weight: wp[i].unwrap_or_default(),
        benchmark_weight: wb[i].unwrap_or_default(),
        portfolio_return: rp[i],
        benchmark_return: rb[i],
    };
    Ok((0..wp.len()).map(row).collect())
}

const COLUMNS: [&str; 4] = ["portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns"];

fn brinson_fachler(input: &Input<'_>) -> Result<Output, Problems> {
    let pointers = COLUMNS.map(|key| input.pointer(key));
    let read = |at: usize| Ok::<_, Problem>((pointers[at].as_str(), input.optional_numbers(COLUMNS[at])?));
    let given = segments([read(0)?, read(1)?, read(2)?, read(3)?])?;
    let mut names = names(input, given.len())?;
    let all = with_residual_cash(&given);
    if all.len() > given.len() {
        names.push(RESIDUAL.to_owned());
    }
    let effects = match formulas::attribution::brinson_fachler(&all) {
        Ok(effects) => effects,
        Err(reason) => {
            let keys = ["portfolio_return", "benchmark_return", "excess", "allocation", "selection", "interaction"];
            return Ok(Output::undefined(&keys, &reason));
        }
    };
    let mut output = Output::new();
    output.number("portfolio_return", effects.portfolio_return).number("benchmark_return", effects.benchmark_return);
    output.number("excess", effects.portfolio_return - effects.benchmark_return).put("segments", names);
    for (key, values) in
        [("allocation", &effects.allocation), ("selection", &effects.selection), ("interaction", &effects.interaction)]
    {
        output.numbers(key, values).number(&format!("{key}_total"), total(values));
    }
    let both: Vec<f64> = effects.selection.iter().zip(&effects.interaction).map(|(s, i)| s + i).collect();
    output.numbers("selection_incl_interaction", &both);
    output.numbers("allocation_brinson_hood_beebower", &effects.allocation_brinson_hood_beebower);
    Ok(output)
}

fn total(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// The segments of each period.
fn periods(input: &Input<'_>) -> Result<Vec<Vec<Segment>>, Problem> {
    let lists: Vec<Vec<Value>> = COLUMNS.iter().map(|key| input.list(key)).collect::<Result<_, _>>()?;
    for (key, list) in COLUMNS.iter().zip(&lists).skip(1) {
        if list.len() != lists[0].len() {
            return Err(input.problem(key, format!("{} periods where the weights have {}", list.len(), lists[0].len())));
        }
    }
    let all: Vec<Vec<Segment>> = (0..lists[0].len()).map(|t| period(input, &lists, t)).collect::<Result<_, _>>()?;
    match all.iter().position(|segments| segments.len() != all[0].len()) {
        Some(t) => {
            let detail = format!("{} segments where the first period has {}", all[t].len(), all[0].len());
            Err(Problem::new(format!("{}/{t}", input.pointer(COLUMNS[0])), detail))
        }
        None => Ok(all),
    }
}

fn period(input: &Input<'_>, lists: &[Vec<Value>], t: usize) -> Result<Vec<Segment>, Problem> {
    let pointers = COLUMNS.map(|key| format!("{}/{t}", input.pointer(key)));
    let read = |at: usize| {
        let pointer = pointers[at].as_str();
        let row = lists[at][t].as_array();
        let row = row.ok_or_else(|| Problem::new(pointer, "not a list of one period's numbers"))?;
        let number = |(index, value): (usize, &Value)| match value {
            Value::Null => Ok(None),
            value => crate::input::number_at(value, &format!("{pointer}/{index}")).map(Some),
        };
        Ok::<_, Problem>((pointer, row.iter().enumerate().map(number).collect::<Result<_, Problem>>()?))
    };
    segments([read(0)?, read(1)?, read(2)?, read(3)?])
}

fn attribution_linking(input: &Input<'_>) -> Result<Output, Problems> {
    let given = periods(input)?;
    let methods = input.texts("methods")?;
    for (index, method) in methods.iter().enumerate() {
        if !["carino", "menchero"].contains(&method.as_str()) {
            let problem =
                Problem::new(format!("{}/{index}", input.pointer("methods")), format!("no method `{method}`"));
            return Err(problem.did_you_mean(method, ["carino", "menchero"]).into());
        }
    }
    let count = given.first().map_or(0, Vec::len);
    let mut names = names(input, count)?;
    let mut all: Vec<Vec<Segment>> = given.iter().map(|segments| with_residual_cash(segments)).collect();
    // Residual cash in one period is a segment, of no weight, in all.
    if all.iter().any(|segments| segments.len() > count) {
        names.push(RESIDUAL.to_owned());
        let none = Segment {
            portfolio_weight: 0.0,
            benchmark_weight: 0.0,
            portfolio_return: Some(0.0),
            benchmark_return: Some(0.0),
        };
        all.iter_mut().for_each(|segments| segments.resize(count + 1, none));
    }
    let mut keys: Vec<&str> = methods.iter().map(String::as_str).collect();
    keys.extend(["portfolio_return", "benchmark_return", "excess"]);
    let mut effects = Vec::with_capacity(all.len());
    for (t, segments) in all.iter().enumerate() {
        match formulas::attribution::brinson_fachler(segments) {
            Ok(found) => effects.push(found),
            Err(reason) => {
                let mut output = Output::undefined(&keys, &reason);
                output.put("period", t);
                return Ok(output);
            }
        }
    }
    let portfolio: Vec<f64> = effects.iter().map(|e| e.portfolio_return).collect();
    let benchmark: Vec<f64> = effects.iter().map(|e| e.benchmark_return).collect();
    let mut output = Output::new();
    for method in &methods {
        let coefficients = match method.as_str() {
            "carino" => carino_coefficients(&portfolio, &benchmark),
            _ => menchero_coefficients(&portfolio, &benchmark),
        };
        match coefficients.and_then(|coefficients| linked(&mut output, &effects, &coefficients)) {
            Ok(result) => output.put(method, result),
            Err(reason) => {
                if let Undefined::UndefinedReturn { index } = reason {
                    output.put("period", index);
                }
                output.null(method, reason.code())
            }
        };
    }
    let whole = |returns: &[f64]| formulas::returns::link(returns.iter().copied());
    let (r, b) = (whole(&portfolio), whole(&benchmark));
    output.number("portfolio_return", r).number("benchmark_return", b).number("excess", r - b).put("segments", names);
    Ok(output)
}

/// One kind of effect by segment.
type Part = fn(&BrinsonFachler) -> &Vec<f64>;

fn linked(output: &mut Output, effects: &[BrinsonFachler], coefficients: &[f64]) -> Result<Value, Undefined> {
    let mut result = Map::new();
    let list = |output: &mut Output, values: &[f64]| -> Value { values.iter().map(|v| output.finite(*v)).collect() };
    result.insert("coefficients".to_owned(), list(output, coefficients));
    let parts: [(&str, Part); 3] =
        [("allocation", |e| &e.allocation), ("selection", |e| &e.selection), ("interaction", |e| &e.interaction)];
    for (name, part) in parts {
        let count = effects.first().map_or(0, |e| part(e).len());
        let values = (0..count)
            .map(|i| linked_effect(&effects.iter().map(|e| part(e)[i]).collect::<Vec<_>>(), coefficients))
            .collect::<Result<Vec<f64>, Undefined>>()?;
        result.insert(format!("{name}_total"), output.finite(total(&values)));
        result.insert(name.to_owned(), list(output, &values));
    }
    Ok(Value::Object(result))
}

fn currency_simple(input: &Input<'_>) -> Result<Output, Problems> {
    let (weights, local, fx) =
        (input.numbers("weights")?, input.numbers("local_returns")?, input.numbers("fx_returns")?);
    for (key, found) in [("local_returns", local.len()), ("fx_returns", fx.len())] {
        if found != weights.len() {
            return Err(input.problem(key, format!("{found} returns for {} weights", weights.len())).into());
        }
    }
    Ok(match formulas::attribution::currency_simple(&weights, &local, &fx) {
        Ok(split) => {
            let mut output = Output::new();
            output.numbers("base_returns", &split.base_returns).numbers("local", &split.local).numbers("fx", &split.fx);
            output.numbers("interaction", &split.interaction).number("local_total", split.local_total);
            output.number("fx_total", split.fx_total).number("interaction_total", split.interaction_total);
            output.number("portfolio_base_return", split.portfolio_base_return);
            output
        }
        Err(reason) => Output::undefined(
            &[
                "base_returns",
                "local",
                "fx",
                "interaction",
                "local_total",
                "fx_total",
                "interaction_total",
                "portfolio_base_return",
            ],
            &reason,
        ),
    })
}

fn karnosky_singer(input: &Input<'_>) -> Result<Output, Problems> {
    let wp = input.numbers("portfolio_asset_weights")?;
    let checked = |key: &str, found: usize| {
        if found == wp.len() {
            return Ok(());
        }
        Err(input.problem(key, format!("{found} numbers for {} markets", wp.len())))
    };
    let column = |key: &str| input.numbers(key).and_then(|values| checked(key, values.len()).map(|()| values));
    let holes = |key: &str| input.optional_numbers(key).and_then(|values| checked(key, values.len()).map(|()| values));
    let or = |key: &str, default: &[f64]| if input.given(key).is_some() { column(key) } else { Ok(default.to_vec()) };
    let wb = column("benchmark_asset_weights")?;
    let (rp, rb) = (holes("portfolio_local_returns")?, holes("benchmark_local_returns")?);
    let (cash, fx) = (column("local_cash_returns")?, column("currency_returns")?);
    let (hp, hb) = (or("portfolio_currency_weights", &wp)?, or("benchmark_currency_weights", &wb)?);
    for (key, weights) in [
        ("portfolio_asset_weights", &wp),
        ("benchmark_asset_weights", &wb),
        ("portfolio_currency_weights", &hp),
        ("benchmark_currency_weights", &hb),
    ] {
        if !wp.is_empty() && (total(weights) - 1.0).abs() > 1e-9 {
            return Err(input.problem(key, format!("the weights sum to {}, not to 1", total(weights))).into());
        }
    }
    let names = names(input, wp.len())?;
    let compounding = match input.choice("compounding", COMPOUNDING)? {
        "simple" => Compounding::Simple,
        _ => Compounding::Continuous,
    };
    let market = |i: usize| Market {
        portfolio_weight: wp[i],
        benchmark_weight: wb[i],
        portfolio_currency_weight: hp[i],
        benchmark_currency_weight: hb[i],
        portfolio_return: rp[i],
        benchmark_return: rb[i],
        cash_return: cash[i],
        currency_return: fx[i],
    };
    let markets: Vec<Market> = (0..wp.len()).map(market).collect();
    let split = match formulas::attribution::karnosky_singer(&markets, compounding) {
        Ok(split) => split,
        Err(reason) => return Ok(Output::undefined(&["portfolio_return", "benchmark_return", "excess"], &reason)),
    };
    let mut output = Output::new();
    output.number("portfolio_return", split.portfolio_return).number("benchmark_return", split.benchmark_return);
    output.number("excess", split.portfolio_return - split.benchmark_return);
    for (key, values) in [
        ("market_allocation", &split.market_allocation),
        ("security_selection", &split.security_selection),
        ("interaction", &split.interaction),
        ("currency_management", &split.currency_management),
    ] {
        output.numbers(key, values).number(&format!("{key}_total"), total(values));
    }
    output.number("residual", split.residual).put("segments", json!(names));
    Ok(output)
}
