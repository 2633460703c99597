//! Regimes, recessions, quadrants, composites and phases.

use crate::expression::evaluate;
use crate::series::{Dated, common_labels};
use crate::{Function, Input, Key, Kind, Matrix, Output, Problem, Problems};
use formulas::Undefined;
use formulas::macro_statistics::{
    self as statistics, HamiltonFilter, InitialState, PhaseState, Quadrant, QuadrantPoint, RecessionModel,
    SwitchingFitOptions, SwitchingModel,
};
use serde_json::{Map, Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "recession_probability",
        calculator: "recession_probability",
        summary: "probability of recession a year ahead from the slope of the yield curve",
        keys: &[
            Key::required("alpha", Kind::Number, "constant of the probit"),
            Key::required("beta", Kind::Number, "effect of a percentage point"),
            Key::required("spreads", Kind::Series, "10-year minus 3-month rate in percentage points"),
        ],
        outputs: &[("probabilities", "for each spread, fractions")],
        page: "recession_probability",
        run: recession_probability,
    },
    Function {
        name: "probit",
        calculator: "recession_probability",
        summary: "probability of an event from regressors, by maximum likelihood",
        keys: &[
            Key::optional("x", Kind::Matrix, "", "regressors: one or more columns"),
            Key::optional("x_minus", Kind::Matrix, "", "subtracted from x"),
            Key::optional("y", Kind::Series, "", "outcomes, 0 or 1"),
            Key::optional("lead", Kind::Integer, "0", "rows by which y is ahead of x"),
            Key::optional("table", Kind::Table, "", "a table for `x_expressions` and `y_column`"),
            Key::optional("x_expressions", Kind::Any, "", "expressions over the columns: a list, or name: expression"),
            Key::optional("y_column", Kind::Text, "", "column of outcomes, or an expression such as `growth < 0`"),
            Key::optional("intercept", Kind::Flag, "true", "whether there is a constant"),
            Key::optional("evaluate_at", Kind::Any, "", "values of the regressors at which to give the probability"),
            Key::optional("lags", Kind::Integer, "", "lags of the HAC standard errors, for overlapping horizons"),
        ],
        outputs: &[
            ("names", "of the coefficients, the constant first"),
            ("beta", "coefficients"),
            ("std_error", "standard errors from the observed Hessian"),
            ("std_error_hac", "standard errors with Bartlett weights, if lags are given"),
            ("z_stat", "coefficients over standard errors"),
            ("log_likelihood", "of the model"),
            ("log_likelihood_null", "of a constant alone"),
            ("mcfadden_r2", "1 − L_u/L_c"),
            ("estrella_r2", "1 − (L_u/L_c)^(−(2/n)·L_c)"),
            ("nobs", "observations used"),
            ("probability_at", "at the values asked for"),
        ],
        page: "probit",
        run: probit,
    },
    Function {
        name: "hamilton_filter",
        calculator: "hamilton_filter",
        summary: "probability of each regime of a Markov-switching series",
        keys: &[
            SERIES,
            Key::optional(
                "model",
                Kind::Text,
                "\"switching mean, common variance\"",
                "what switches; the parameters decide, and an unknown word is refused",
            ),
            Key::required(
                "params",
                Kind::Object,
                "p00 (stay in 0), p10 (from 1 to 0), mu0, mu1, sigma2 or sigma2_0 and sigma2_1, ar (coefficients of lags)",
            ),
            Key::optional(
                "initial",
                Kind::Any,
                "\"steady_state\"",
                "steady_state, or the probabilities of the regimes at the start",
            ),
            Key::optional("every", Kind::Integer, "1", "list every nth observation, from the first"),
        ],
        outputs: &[
            ("log_likelihood", "of the series"),
            ("filtered_regime0", "P(regime 0 | what was known at the time)"),
            ("smoothed_regime0", "P(regime 0 | the whole series)"),
            ("expected_durations", "periods in each regime; null for one that is never left"),
            ("ergodic_probabilities", "long-run share of each regime"),
        ],
        page: "hamilton_filter",
        run: hamilton_filter,
    },
    Function {
        name: "markov_switching_fit",
        calculator: "hamilton_filter",
        summary: "regimes of different mean, estimated by maximum likelihood",
        keys: &[
            SERIES,
            Key::optional("regimes", Kind::Integer, "2", "number of regimes"),
            Key::optional("switching_variance", Kind::Flag, "false", "whether each regime has its own variance"),
            Key::optional("seed", Kind::Integer, "1", "seed of the random starts"),
            Key::optional("starts", Kind::Integer, "24", "number of starts"),
        ],
        outputs: &[
            ("log_likelihood", "of the best fit"),
            ("p00", "probability of staying in regime 0; p10 from 1 to 0, and so on"),
            ("mu0", "mean of regime 0, the lowest; mu1 and so on"),
            ("sigma2", "variance, or sigma2_0 and so on"),
            ("aic", "Akaike's criterion"),
            ("bic", "Schwarz's criterion"),
            ("bic_one_regime", "the same for a single regime"),
            ("standard_errors", "by parameter"),
            ("expected_durations", "periods in each regime"),
            ("optima", "log-likelihoods within 2 of the best"),
        ],
        page: "markov_switching_fit",
        run: markov_switching_fit,
    },
    Function {
        name: "macro_quadrant",
        calculator: "hamilton_filter",
        summary: "growth and inflation against their past: reflation, goldilocks, stagflation, deflation",
        keys: &[
            Key::required("growth_level", Kind::Series, "level of real activity"),
            Key::required("price_level", Kind::Series, "level of prices"),
            Key::required("yoy_lag", Kind::Integer, "rows in a year: 12 for months, 4 for quarters"),
            Key::required("window", Kind::Integer, "previous rows that a value is compared with"),
            Key::optional("deadband", Kind::Number, "0", "deviations below which the label is transition"),
            Key::optional("last", Kind::Integer, "", "how many of the last rows to give; all with a label if absent"),
        ],
        outputs: &[
            ("growth_z", "deviations of growth from its past mean"),
            ("inflation_z", "the same of inflation"),
            ("labels", "reflation, goldilocks, stagflation, deflation or transition"),
            ("label_probability", "probability of the label's quadrant, from the sampling error of z"),
            ("dates", "of the rows, if the series have dates"),
            ("base_rates", "share of all rows with each label"),
            ("months_in_label", "length of the current episode in rows"),
        ],
        page: "macro_quadrant",
        run: macro_quadrant,
    },
    Function {
        name: "composite_zscore",
        calculator: "hamilton_filter",
        summary: "many indicators of one condition as one number",
        keys: &[
            Key::required(
                "table",
                Kind::Any,
                "a table, or {\"csv\": …, \"columns\": […]}, or {\"names\": […], \"rows\": […]}",
            ),
            Key::required(
                "indicators",
                Kind::Any,
                "columns or expressions: a list (a leading - turns the sign), objects with column, sign and weight, or name: sign",
            ),
            Key::required("window", Kind::Integer, "previous rows that a value is compared with"),
            Key::optional("clip", Kind::Number, "3", "deviations at which a z-score is cut off"),
            Key::optional("minimum", Kind::Integer, "", "least number of values in the window; the window if absent"),
        ],
        outputs: &[
            ("z", "of each indicator in the last row, sign-aligned; by name if the indicators were"),
            ("z_clipped", "the same, cut off"),
            ("composite", "their mean"),
            ("coverage", "weight share of the indicators present"),
            ("missing", "indicators left out"),
        ],
        page: "composite_zscore",
        run: composite_zscore,
    },
    Function {
        name: "phase_likelihood",
        calculator: "phase_likelihood",
        summary: "which phase of a cycle the indicators agree with",
        keys: &[
            Key::required(
                "table",
                Kind::Any,
                "regime_v2, stdc, ltdc, empire or civil; or phases with bands {indicator: [low, high, weight]} and levels {indicator: scale}",
            ),
            Key::required("series", Kind::Object, "indicator: [[month, value], …]; an annual table takes years"),
            Key::optional("stay", Kind::Number, "", "probability of staying in a phase; the table's if absent"),
            Key::optional("window", Kind::Integer, "", "previous periods of a z-score; the table's if absent"),
            Key::optional("minimum", Kind::Integer, "", "least number of values in it; the table's if absent"),
        ],
        outputs: &[(
            "states",
            "by period: month, phase, confidence, coverage, probabilities, likelihoods, z (or level) and evidence",
        )],
        page: "phase_likelihood",
        run: phase_likelihood,
    },
];

const SERIES: Key = Key::required("series", Kind::Series, "the series, one value per period");

fn recession_probability(input: &Input<'_>) -> Result<Output, Problems> {
    let model = RecessionModel { alpha: input.number("alpha")?, beta: input.number("beta")? };
    Ok(match statistics::recession_probability(model, &input.series("spreads")?.values) {
        Ok(probabilities) => {
            let mut output = Output::new();
            output.numbers("probabilities", &probabilities);
            output
        }
        Err(reason) => Output::undefined(&["probabilities"], &reason),
    })
}

/// Regressors by column with their names, and outcomes.
struct Sample {
    names: Vec<String>,
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
}

fn probit(input: &Input<'_>) -> Result<Output, Problems> {
    let lead = input.count("lead")?;
    let sample = if input.given("table").is_some() { sample_of_table(input, lead)? } else { sample(input, lead)? };
    let intercept = input.flag("intercept")?;
    let mut names = sample.names;
    if intercept {
        names.insert(0, "const".to_owned());
    }
    let points = points(input, sample.x.len())?;
    let mut output = Output::new();
    match statistics::probit(&sample.x, &sample.y, intercept, input.optional_count("lags")?) {
        Err(reason) => {
            let keys = ["beta", "std_error", "z_stat", "log_likelihood", "mcfadden_r2", "estrella_r2"];
            output = Output::undefined(&keys, &reason);
            output.put("log_likelihood_null", Value::Null);
            if points.is_some() {
                output.put("probability_at", Value::Null);
            }
        }
        Ok(found) => {
            output.numbers("beta", &found.beta).numbers("std_error", &found.std_error);
            if let Some(errors) = &found.std_error_hac {
                output.numbers("std_error_hac", errors);
            }
            output.numbers("z_stat", &found.z_stat).number("log_likelihood", found.log_likelihood);
            output.number("log_likelihood_null", found.log_likelihood_null);
            output.maybe("mcfadden_r2", found.mcfadden_r2).maybe("estrella_r2", found.estrella_r2);
            if let Some(points) = points {
                let at = |point: &Vec<f64>| found.probability_at(point).map_or(Value::Null, Value::from);
                output.put("probability_at", points.iter().map(at).collect::<Value>());
            }
        }
    }
    output.put("names", names).put("nobs", sample.y.len());
    Ok(output)
}

fn sample(input: &Input<'_>, lead: usize) -> Result<Sample, Problem> {
    for key in ["x", "y"] {
        if input.given(key).is_none() {
            return Err(input.problem(key, format!("`probit` needs the key `{key}`")).advising("or a `table`"));
        }
    }
    let (mut x, mut y) = (input.matrix("x")?, input.series("y")?);
    if input.given("x_minus").is_some() {
        subtract(input, &mut x)?;
    }
    // The lead counts rows of the calendar that both share.
    if let Some(common) = common_labels(&[x.dates.as_deref(), y.dates.as_deref()]) {
        y.select(&common);
        keep(&mut x, &common);
    }
    if x.rows.len() != y.values.len() {
        let detail = format!("{} outcomes for {} rows of x", y.values.len(), x.rows.len());
        return Err(input.problem("y", detail).advising("give both with dates to join them"));
    }
    let kept = y.values.len().saturating_sub(lead);
    let columns = (0..x.width()).map(|column| x.column(column)[..kept].to_vec()).collect();
    Ok(Sample { names: x.names_or_numbered(), x: columns, y: y.values[y.values.len() - kept..].to_vec() })
}

fn subtract(input: &Input<'_>, x: &mut Matrix) -> Result<(), Problem> {
    let mut minus = input.matrix("x_minus")?;
    if let Some(common) = common_labels(&[x.dates.as_deref(), minus.dates.as_deref()]) {
        keep(x, &common);
        keep(&mut minus, &common);
    }
    if minus.rows.len() != x.rows.len() || ![1, x.width()].contains(&minus.width()) {
        let detail = format!("{} rows of {} columns do not fit x", minus.rows.len(), minus.width());
        return Err(input.problem("x_minus", detail));
    }
    for (row, less) in x.rows.iter_mut().zip(&minus.rows) {
        for (at, cell) in row.iter_mut().enumerate() {
            *cell -= less[if less.len() == 1 { 0 } else { at }];
        }
    }
    Ok(())
}

fn keep(matrix: &mut Matrix, labels: &[String]) {
    if let Some(dates) = &matrix.dates {
        let rows = labels.iter().filter_map(|label| Some(matrix.rows[dates.iter().position(|d| d == label)?].clone()));
        matrix.rows = rows.collect();
        matrix.dates = Some(labels.to_vec());
    }
}

fn sample_of_table(input: &Input<'_>, lead: usize) -> Result<Sample, Problem> {
    let table = input.table("table")?;
    let pointer = input.pointer("x_expressions");
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    let mut add = |name: &str, text: &Value, pointer: String| -> Result<(), Problem> {
        let text = text.as_str().ok_or_else(|| Problem::new(&pointer, "not an expression"))?;
        columns.push(evaluate(text, &table, &pointer)?.values);
        names.push(if name.is_empty() { text.to_owned() } else { name.to_owned() });
        Ok(())
    };
    match input.given("x_expressions") {
        Some(text @ Value::String(_)) => add("", text, pointer)?,
        Some(Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{at}");
                match item {
                    Value::Object(object) => {
                        let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
                        let text = object.get("expression").or(object.get("column")).unwrap_or(&Value::Null);
                        add(name, text, pointer)?;
                    }
                    Value::Array(pair) if pair.len() == 2 => {
                        add(pair[0].as_str().unwrap_or_default(), &pair[1], pointer)?;
                    }
                    text => add("", text, pointer)?,
                }
            }
        }
        Some(Value::Object(object)) => {
            for (name, text) in object {
                add(name, text, crate::input::child(&pointer, name))?;
            }
        }
        _ => return Err(Problem::new(pointer, "a table needs `x_expressions`")),
    }
    let y = evaluate(&input.text("y_column")?, &table, &input.pointer("y_column"))?.values;
    let mut sample = Sample { names, x: vec![Vec::new(); columns.len()], y: Vec::new() };
    for at in 0..y.len().saturating_sub(lead) {
        let row: Option<Vec<f64>> = columns.iter().map(|column| column[at]).collect();
        if let (Some(row), Some(outcome)) = (row, y[at + lead]) {
            sample.x.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            sample.y.push(outcome);
        }
    }
    Ok(sample)
}

/// `[a, b]` for one regressor, `[[a, …], …]` for several, or one point `[a, …]`.
fn points(input: &Input<'_>, regressors: usize) -> Result<Option<Vec<Vec<f64>>>, Problem> {
    if input.given("evaluate_at").is_none() {
        return Ok(None);
    }
    if input.given("evaluate_at").is_some_and(Value::is_number) {
        return Ok(Some(vec![vec![input.number("evaluate_at")?]]));
    }
    let matrix = input.matrix("evaluate_at")?;
    let points = if matrix.width() == 1 && regressors > 1 && matrix.rows.len() == regressors {
        vec![matrix.column(0)]
    } else {
        matrix.rows
    };
    match points.iter().find(|point| point.len() != regressors) {
        Some(point) => Err(input.problem("evaluate_at", format!("{} values for {regressors} regressors", point.len()))),
        None => Ok(Some(points)),
    }
}

/// A model of two regimes from `p00`, `p10`, `mu0`, `mu1`, `sigma2`, and coefficients of lags.
pub(crate) fn switching_model(params: &Input<'_>) -> Result<SwitchingModel, Problem> {
    params.only(&["p00", "p10", "mu0", "mu1", "sigma2", "sigma2_0", "sigma2_1", "ar", "ar1", "ar2", "ar3", "ar4"])?;
    let number = |key: &str| match params.given(key) {
        Some(_) => params.number(key),
        None => Err(params.problem(key, format!("the parameter `{key}` is missing"))),
    };
    let (p00, p10) = (number("p00")?, number("p10")?);
    let variances = match params.given("sigma2") {
        Some(_) => vec![number("sigma2")?; 2],
        None => vec![number("sigma2_0")?, number("sigma2_1")?],
    };
    let autoregression = match params.given("ar") {
        Some(_) => params.numbers("ar")?,
        None => {
            let given = ["ar1", "ar2", "ar3", "ar4"].into_iter().take_while(|key| params.given(key).is_some());
            given.map(number).collect::<Result<Vec<f64>, Problem>>()?
        }
    };
    Ok(SwitchingModel {
        transition: vec![vec![p00, 1.0 - p00], vec![p10, 1.0 - p10]],
        means: vec![number("mu0")?, number("mu1")?],
        variances,
        autoregression,
    })
}

fn hamilton_filter(input: &Input<'_>) -> Result<Output, Problems> {
    let text = input.text("model")?.to_lowercase();
    if !text.contains("switching") && !text.contains("hamilton") {
        let problem = input.problem("model", format!("there is no model `{text}`"));
        return Err(problem.advising("switching mean, common variance").into());
    }
    let model = switching_model(&input.object("params")?)?;
    let initial = match input.given("initial") {
        Some(Value::Array(_)) => InitialState::Given(input.numbers("initial")?),
        _ => {
            input.choice("initial", &["steady_state", "ergodic"])?;
            InitialState::Ergodic
        }
    };
    let every = input.count("every")?.max(1);
    let keys =
        ["log_likelihood", "filtered_regime0", "smoothed_regime0", "expected_durations", "ergodic_probabilities"];
    Ok(match statistics::hamilton_filter(&input.series("series")?.values, &model, &initial) {
        Err(reason) => Output::undefined(&keys, &reason),
        Ok(found) => filtered(&found, every),
    })
}

fn filtered(found: &HamiltonFilter, every: usize) -> Output {
    let of_zero = |rows: &[Vec<f64>]| rows.iter().step_by(every).map(|row| row[0]).collect::<Vec<f64>>();
    let mut output = Output::new();
    output.number("log_likelihood", found.log_likelihood);
    output.numbers("filtered_regime0", &of_zero(&found.filtered));
    output.numbers("smoothed_regime0", &of_zero(&found.smoothed));
    output.put("expected_durations", optional_list(&found.expected_durations));
    output.numbers("ergodic_probabilities", &found.ergodic);
    output
}

fn optional_list(values: &[Option<f64>]) -> Value {
    values.iter().map(|value| value.map_or(Value::Null, Value::from)).collect()
}

fn markov_switching_fit(input: &Input<'_>) -> Result<Output, Problems> {
    let options = SwitchingFitOptions {
        regimes: input.count("regimes")?,
        switching_variance: input.flag("switching_variance")?,
        seed: input.seed("seed")?,
        starts: input.count("starts")?.clamp(1, 1_000),
    };
    let found = match statistics::markov_switching_fit(&input.series("series")?.values, options) {
        Ok(found) => found,
        Err(reason) => {
            let keys = ["log_likelihood", "p00", "p10", "mu0", "mu1", "sigma2", "aic", "bic"];
            return Ok(Output::undefined(&keys, &reason));
        }
    };
    let mut output = Output::new();
    let k = options.regimes;
    let mut parameters: Vec<(String, f64)> = Vec::new();
    for from in 0..k {
        for to in 0..k - 1 {
            parameters.push((format!("p{from}{to}"), found.model.transition[from][to]));
        }
    }
    parameters.extend(found.model.means.iter().enumerate().map(|(at, mean)| (format!("mu{at}"), *mean)));
    if options.switching_variance {
        let named = |(at, variance): (usize, &f64)| (format!("sigma2_{at}"), *variance);
        parameters.extend(found.model.variances.iter().enumerate().map(named));
    } else {
        parameters.push(("sigma2".to_owned(), found.model.variances[0]));
    }
    for (name, value) in &parameters {
        output.number(name, *value);
    }
    output.number("log_likelihood", found.log_likelihood).number("aic", found.aic).number("bic", found.bic);
    output.number("bic_one_regime", found.bic_one_regime).numbers("optima", &found.optima);
    let durations: Vec<Option<f64>> =
        (0..k).map(|at| 1.0 / (1.0 - found.model.transition[at][at])).map(|d| d.is_finite().then_some(d)).collect();
    output.put("expected_durations", optional_list(&durations)).put("nobs", found.n);
    let errors = found.standard_errors.map_or(Value::Null, |errors| {
        let named = parameters.iter().zip(errors).map(|((name, _), error)| (name.clone(), Value::from(error)));
        Value::Object(named.collect())
    });
    output.put("standard_errors", errors);
    Ok(output)
}

fn macro_quadrant(input: &Input<'_>) -> Result<Output, Problems> {
    let (mut growth, mut prices) = (input.series("growth_level")?, input.series("price_level")?);
    if let Some(common) = common_labels(&[growth.dates.as_deref(), prices.dates.as_deref()]) {
        growth.select(&common);
        prices.select(&common);
    }
    if growth.values.len() != prices.values.len() {
        let detail = format!("{} values for {} of growth", prices.values.len(), growth.values.len());
        return Err(input.problem("price_level", detail).advising("give both with dates to join them").into());
    }
    let (lag, window) = (input.count("yoy_lag")?, input.count("window")?);
    let deadband = input.number("deadband")?;
    let points = match statistics::macro_quadrant(&growth.values, &prices.values, lag, window, deadband) {
        Ok(points) => points,
        Err(reason) => return Ok(Output::undefined(&["growth_z", "inflation_z", "labels"], &reason)),
    };
    let last = match input.optional_count("last")? {
        Some(last) => last.min(points.len()),
        None => points.len().saturating_sub(lag + window).max(1).min(points.len()),
    };
    Ok(quadrants(&points, last, &growth))
}

fn quadrants(points: &[QuadrantPoint], last: usize, growth: &Dated) -> Output {
    let mut output = Output::new();
    let shown = &points[points.len() - last..];
    if let Some(reason) =
        shown.iter().find_map(|point| point.growth_z.as_ref().err().or(point.inflation_z.as_ref().err()))
    {
        output.status(reason.code());
    }
    let list = |of: fn(&QuadrantPoint) -> &Result<f64, Undefined>| -> Value {
        shown.iter().map(|point| of(point).as_ref().map_or(Value::Null, |z| Value::from(*z))).collect()
    };
    output.put("growth_z", list(|point| &point.growth_z)).put("inflation_z", list(|point| &point.inflation_z));
    let labels: Value =
        shown.iter().map(|point| point.label.map_or(Value::Null, |label| label.name().into())).collect();
    output.put("labels", labels);
    let probability = |point: &QuadrantPoint| -> Value {
        let Some((up, hot)) = point.sign_probability else { return Value::Null };
        match point.label {
            Some(Quadrant::Reflation) => (up * hot).into(),
            Some(Quadrant::Goldilocks) => (up * (1.0 - hot)).into(),
            Some(Quadrant::Stagflation) => ((1.0 - up) * hot).into(),
            Some(Quadrant::Deflation) => ((1.0 - up) * (1.0 - hot)).into(),
            Some(Quadrant::Transition) | None => Value::Null,
        }
    };
    output.put("label_probability", shown.iter().map(probability).collect::<Value>());
    if let Some(dates) = &growth.dates {
        output.put("dates", dates[dates.len() - last..].to_vec());
    }
    let all: Vec<Option<Quadrant>> = points.iter().map(|point| point.label).collect();
    let mut rates = Map::new();
    for label in
        [Quadrant::Reflation, Quadrant::Goldilocks, Quadrant::Stagflation, Quadrant::Deflation, Quadrant::Transition]
    {
        if let Ok(found) = statistics::label_statistics(&all, label) {
            rates.insert(label.name().to_owned(), json!(found.base_rate));
            if all.last() == Some(&Some(label)) {
                output.put("months_in_label", found.current_dwell);
            }
        }
    }
    output.put("base_rates", rates);
    output
}

/// An indicator as the caller names it.
struct Wanted {
    name: String,
    expression: String,
    sign: f64,
    weight: f64,
}

fn composite_zscore(input: &Input<'_>) -> Result<Output, Problems> {
    let (wanted, named) = wanted(input)?;
    let window = input.count("window")?;
    let minimum = input.optional_count("minimum")?.unwrap_or(window);
    let table = indicator_table(input)?;
    let mut indicators = Vec::new();
    for one in &wanted {
        let values = evaluate(&one.expression, &table, &input.pointer("indicators"))?.values;
        indicators.push(statistics::Indicator { sign: one.sign, weight: one.weight, values });
    }
    let found = match statistics::composite_zscore(&indicators, window, minimum, input.number("clip")?) {
        Ok(found) => found,
        Err(reason) => return Ok(Output::undefined(&["z", "z_clipped", "composite"], &reason)),
    };
    let z: Vec<Option<f64>> = found.z.iter().map(|z| z.as_ref().ok().copied()).collect();
    let shaped = |values: &[Option<f64>]| {
        if !named {
            return optional_list(values);
        }
        let pairs = wanted.iter().zip(values).map(|(one, z)| (one.name.clone(), z.map_or(Value::Null, Value::from)));
        Value::Object(pairs.collect())
    };
    let missing: Vec<Value> = wanted
        .iter()
        .zip(&found.z)
        .filter_map(|(one, z)| Some(json!({ "indicator": one.name, "reason": z.as_ref().err()?.code() })))
        .collect();
    let mut output = Output::new();
    output.put("z", shaped(&z)).put("z_clipped", shaped(&found.z_clipped));
    output.result("composite", found.composite.clone()).number("coverage", found.coverage).put("missing", missing);
    output.maybe("score", found.composite.ok().map(statistics::composite_score));
    Ok(output)
}

/// The table, with rows given in place or cut by `from` and `to`.
fn indicator_table(input: &Input<'_>) -> Result<crate::Table, Problem> {
    let cuts = |key: &str| input.given("table").and_then(|table| table.get(key)).and_then(Value::as_str);
    if input.given("table").is_some_and(|table| table.get("csv").is_some() && table.get("columns").is_none()) {
        let mut table = (*input.table("table")?).clone();
        table.rows.retain(|row| {
            cuts("from").is_none_or(|from| from <= row[0].as_str()) && cuts("to").is_none_or(|to| row[0].as_str() <= to)
        });
        return Ok(table);
    }
    if let Some(Value::Object(columns)) = input.given("table")
        && columns.values().all(Value::is_array)
        && !columns.contains_key("rows")
    {
        // Column by column, with null where there is no value.
        let inner = input.object("table")?;
        let mut table = crate::Table { columns: vec![String::new()], rows: Vec::new() };
        for name in columns.keys().filter(|name| !["dates", "date", "month"].contains(&name.as_str())) {
            let values = inner.optional_numbers(name)?;
            table.columns.push(name.clone());
            if table.rows.is_empty() {
                table.rows = (0..values.len()).map(|at| vec![at.to_string()]).collect();
            }
            if table.rows.len() != values.len() {
                return Err(inner.problem(name, format!("{} values for {} rows", values.len(), table.rows.len())));
            }
            let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            table.rows.iter_mut().zip(values).for_each(|(row, value)| row.push(cell(value)));
        }
        return Ok(table);
    }
    let matrix = input.matrix("table")?;
    let columns = std::iter::once(String::new()).chain(matrix.names_or_numbered()).collect();
    let row = |(at, row): (usize, &Vec<f64>)| {
        let label = matrix.dates.as_ref().map_or_else(|| at.to_string(), |dates| dates[at].clone());
        std::iter::once(label).chain(row.iter().map(f64::to_string)).collect()
    };
    Ok(crate::Table { columns, rows: matrix.rows.iter().enumerate().map(row).collect() })
}

/// The indicators, and whether they came as an object of names.
fn wanted(input: &Input<'_>) -> Result<(Vec<Wanted>, bool), Problem> {
    let pointer = input.pointer("indicators");
    let plain = |text: &str, pointer: &str| -> Result<Wanted, Problem> {
        let (sign, rest) = match text.trim().strip_prefix(['-', '−']) {
            Some(rest) => (-1.0, rest),
            None => (1.0, text.trim().strip_prefix('+').unwrap_or(text.trim())),
        };
        if rest.is_empty() {
            return Err(Problem::new(pointer, "an indicator has no name"));
        }
        Ok(Wanted { name: rest.trim().to_owned(), expression: rest.to_owned(), sign, weight: 1.0 })
    };
    let described = |name: Option<&str>, value: &Value, pointer: &str| -> Result<Wanted, Problem> {
        let sign_of = |value: &Value| match value {
            Value::String(text) if ["+", "1", "+1"].contains(&text.trim()) => Ok(1.0),
            Value::String(text) if ["-", "−", "-1", "−1"].contains(&text.trim()) => Ok(-1.0),
            Value::Number(number) if number.as_f64().is_some_and(|sign| sign.abs() == 1.0) => {
                Ok(number.as_f64().unwrap_or(1.0))
            }
            other => Err(Problem::new(pointer, format!("{other} is not a sign")).advising("1 or -1")),
        };
        match value {
            Value::Object(object) => {
                let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)).and_then(Value::as_str);
                let expression = text(&["expression", "column"]).or(name).or(text(&["name", "id", "indicator"]));
                let expression = expression.ok_or_else(|| Problem::new(pointer, "an indicator has no column"))?;
                let label = name.or(text(&["name", "id", "indicator"])).unwrap_or(expression);
                Ok(Wanted {
                    name: label.to_owned(),
                    expression: expression.to_owned(),
                    sign: object.get("sign").map_or(Ok(1.0), sign_of)?,
                    weight: object.get("weight").map_or(Ok(1.0), |w| crate::input::number_at(w, pointer))?,
                })
            }
            Value::String(text) if name.is_some() && sign_of(value).is_err() => {
                let mut wanted = plain(text, pointer)?;
                wanted.name = name.unwrap_or_default().to_owned();
                Ok(wanted)
            }
            Value::String(text) if name.is_none() => plain(text, pointer),
            Value::Array(pair) if pair.len() == 2 && name.is_none() => {
                let column = pair[0].as_str().ok_or_else(|| Problem::new(pointer, "an indicator has no column"))?;
                Ok(Wanted { sign: sign_of(&pair[1])?, ..plain(column, pointer)? })
            }
            value => {
                let name = name.ok_or_else(|| Problem::new(pointer, format!("{value} is not an indicator")))?;
                let (name, expression) = (name.to_owned(), name.to_owned());
                Ok(Wanted { name, expression, sign: sign_of(value)?, weight: 1.0 })
            }
        }
    };
    match input.given("indicators") {
        Some(Value::Array(items)) => {
            let one = |(at, item): (usize, &Value)| described(None, item, &format!("{pointer}/{at}"));
            Ok((items.iter().enumerate().map(one).collect::<Result<_, _>>()?, false))
        }
        Some(Value::Object(object)) => {
            let one = |(name, value): (&String, &Value)| {
                described(Some(name.as_str()), value, &crate::input::child(&pointer, name))
            };
            Ok((object.iter().map(one).collect::<Result<_, _>>()?, true))
        }
        _ => Err(Problem::new(pointer, "`indicators` is neither a list nor an object")),
    }
}

fn phase_likelihood(input: &Input<'_>) -> Result<Output, Problems> {
    let (mut table, annual) = crate::phase_tables::phase_table(input)?;
    if let Some(stay) = input.optional_number("stay")? {
        table.stay = stay;
    }
    if let Some(window) = input.optional_count("window")? {
        table.window = window;
    }
    if let Some(minimum) = input.optional_count("minimum")? {
        table.minimum = minimum;
    }
    let series = crate::phase_tables::series_of_periods(&input.object("series")?, annual)?;
    let states = match statistics::phase_likelihood(&table, &series) {
        Ok(states) => states,
        Err(reason) => return Ok(Output::undefined(&["states"], &reason)),
    };
    let named = |values: &[f64]| -> Value {
        let pairs = table.phases.iter().zip(values).map(|(phase, p)| (phase.name.clone(), Value::from(*p)));
        Value::Object(pairs.collect())
    };
    let state = |state: &PhaseState| -> Value {
        let evidence: Vec<Value> = match state.phase {
            Ok(winner) => {
                let row = |e: &statistics::Evidence| json!({ "indicator": e.indicator, "value": e.value, "distance": e.distance, "support": e.support });
                table.evidence(winner, state, &series).iter().map(row).collect()
            }
            Err(_) => Vec::new(),
        };
        let phase = state.phase.as_ref().ok();
        json!({
            "month": crate::phase_tables::label(state.period, annual),
            "phase": phase.map(|at| table.phases[*at].name.as_str()),
            "phase_number": phase.map(|at| at + 1),
            "status": state.phase.as_ref().err().map_or("ok", Undefined::code),
            "confidence": if phase.is_some() { json!(state.confidence) } else { Value::Null },
            "coverage": state.coverage,
            "probabilities": named(&state.probabilities),
            "likelihoods": named(&state.likelihoods),
            "z": state.measures,
            "evidence": evidence,
        })
    };
    let mut output = Output::new();
    output.put("states", states.iter().map(state).collect::<Value>());
    Ok(output)
}
