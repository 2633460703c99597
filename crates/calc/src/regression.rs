//! Regressions: how much of a return moves with something else.

use crate::series::{Dated, common_labels, on_common_calendar};
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;
use formulas::regression::{Ols, dependent_columns, hac_default_lags, newey_west};
use serde_json::{Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "ols",
        calculator: "regress",
        summary: "the line or plane that leaves the least unexplained",
        keys: &[Y, Y_MINUS, X, X_MINUS, INTERCEPT],
        outputs: &[
            ("names", "of the coefficients, const first"),
            ("beta", "coefficients"),
            ("std_error", "their standard errors"),
            ("t_stat", "against Student's t with n − k degrees"),
            ("p_value", "two-sided"),
            ("r_squared", "share of the variance explained"),
            ("adj_r_squared", "net of the number of columns"),
            ("residual_std", "deviation of the residuals, n − k"),
            ("f_stat", "of all columns but the constant"),
            ("durbin_watson", "around 2 without serial correlation"),
            ("nobs", "observations"),
            ("variance_inflation", "of each column but the constant"),
            ("collinear", "columns with a variance inflation above 10"),
            ("p_value_holm", "with more than ten columns: adjusted for the number of tests"),
            ("status", "ok, insufficient_data or rank_deficient"),
        ],
        page: "ols",
        run: ols,
    },
    Function {
        name: "ols_hac",
        calculator: "regress",
        summary: "the same with standard errors that allow for uneven and dependent residuals",
        keys: &[
            Y,
            Y_MINUS,
            X,
            X_MINUS,
            INTERCEPT,
            Key::optional("kernel", Kind::Choice(KERNELS), "\"bartlett\"", "weights of the lags"),
            Key::optional("lags", Kind::Integer, "", "default ⌊4(T/100)^(2/9)⌋; 0 is White's HC0"),
            Key::optional("small_sample_correction", Kind::Flag, "false", "whether to scale by n/(n − k)"),
        ],
        outputs: &[
            ("names", "of the coefficients, const first"),
            ("beta", "coefficients"),
            ("std_error", "Newey–West standard errors"),
            ("t_stat", "against the normal distribution"),
            ("p_value", "two-sided"),
            ("lags", "lags used"),
            ("nobs", "observations"),
            ("status", "ok, insufficient_data or rank_deficient"),
        ],
        page: "newey_west",
        run: ols_hac,
    },
    Function {
        name: "hac_default_lags",
        calculator: "regress",
        summary: "how far back residuals may depend on each other",
        keys: &[Key::required("n", Kind::Integer, "observations")],
        outputs: &[("lags", "⌊4(n/100)^(2/9)⌋")],
        page: "hac_default_lags",
        run: default_lags,
    },
    Function {
        name: "ridge",
        calculator: "regress",
        summary: "exposures held back towards zero",
        keys: &[Y, Y_MINUS, X, X_MINUS, Key::required("lambda", Kind::Number, "strength, in observations")],
        outputs: &[
            ("names", "const first"),
            ("beta", "coefficients"),
            ("lambda", "as given"),
            ("nobs", "observations"),
        ],
        page: "ridge",
        run: ridge,
    },
    Function {
        name: "rolling_beta",
        calculator: "regress",
        summary: "sensitivity to a benchmark through time",
        keys: &[
            Y,
            Y_MINUS,
            Key::required("x", Kind::Series, "returns of the benchmark"),
            X_MINUS,
            Key::optional("window", Kind::Integer, "60", "periods of each window"),
            Key::optional("lambda", Kind::Number, "0.94", "fading weight of the present estimate"),
        ],
        outputs: &[
            ("beta", "one per full window; null without scatter of the benchmark"),
            ("dates", "last date of each window"),
            ("ewma_beta", "with fading weights, at the end"),
            ("effective_n", "observations that the fading weights are worth"),
        ],
        page: "rolling_beta",
        run: rolling_beta,
    },
];

const Y: Key = Key::required("y", Kind::Series, "what is explained");
const Y_MINUS: Key =
    Key::optional("y_minus", Kind::NumberOrSeries, "", "is subtracted from y, e.g. the risk-free rate");
const X: Key = Key::required("x", Kind::Matrix, "what explains it, rows of periods × columns");
const X_MINUS: Key = Key::optional("x_minus", Kind::NumberOrSeries, "", "is subtracted from every column of x");
const INTERCEPT: Key = Key::optional("intercept", Kind::Flag, "true", "whether to add a constant");
const KERNELS: &[&str] = &["bartlett"];

/// y and the columns of x on common dates.
pub(crate) struct Sample {
    pub(crate) y: Vec<f64>,
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) names: Vec<String>,
    pub(crate) dates: Option<Vec<String>>,
}

/// Reads y, y_minus, x, x_minus and joins them by date.
pub(crate) fn sample(input: &Input<'_>) -> Result<Sample, Problem> {
    use crate::input::Rate;
    let (mut y, mut x) = (input.series("y")?, input.matrix("x")?);
    if let (Some(y_given), Some(x_given)) = (input.given("y"), input.given("x")) {
        let references = [(y_given, input.pointer("y")), (x_given, input.pointer("x"))];
        if let Some(common) = on_common_calendar(&references, input.tables())? {
            let mut common = common.into_iter();
            (y, x) = (common.next().map(Dated::of).unwrap_or_default(), common.next().unwrap_or_default());
        }
    }
    let less = |key: &str| if input.given(key).is_some() { input.rate(key) } else { Ok(Rate::Constant(0.0)) };
    let (mut y_minus, mut x_minus) = (less("y_minus")?, less("x_minus")?);
    let mut all = vec![y.dates.as_deref(), x.dates.as_deref()];
    for rate in [&y_minus, &x_minus] {
        if let Rate::Series(series) = rate {
            all.push(series.dates.as_deref());
        }
    }
    if let Some(common) = common_labels(&all) {
        y.select(&common);
        x.select(&common);
        for rate in [&mut y_minus, &mut x_minus] {
            if let Rate::Series(series) = rate {
                series.select(&common);
            }
        }
    }
    let n = y.values.len();
    if x.rows.len() != n {
        let problem = input.problem("x", format!("{} rows of x for {n} values of y", x.rows.len()));
        return Err(problem.advising("give both with dates to join them"));
    }
    let at = |key: &str, rate: &Rate| -> Result<Vec<f64>, Problem> {
        match rate {
            Rate::Constant(value) => Ok(vec![*value; n]),
            Rate::Series(series) if series.values.len() == n => Ok(series.values.clone()),
            Rate::Series(series) => {
                Err(input.problem(key, format!("{} values to subtract from {n}", series.values.len())))
            }
        }
    };
    let (from_y, from_x) = (at("y_minus", &y_minus)?, at("x_minus", &x_minus)?);
    let width = x.width();
    let columns = (0..width).map(|j| x.rows.iter().zip(&from_x).map(|(row, less)| row[j] - less).collect()).collect();
    Ok(Sample {
        y: y.values.iter().zip(&from_y).map(|(y, less)| y - less).collect(),
        columns,
        names: x.names_or_numbered(),
        dates: y.dates,
    })
}

fn names(sample: &Sample, intercept: bool) -> Vec<String> {
    let constant = intercept.then(|| "const".to_owned());
    constant.into_iter().chain(sample.names.iter().cloned()).collect()
}

/// Everything null, with the columns that are to blame.
fn refused(keys: &[&str], reason: &Undefined, sample: &Sample, intercept: bool) -> Output {
    let mut output = Output::undefined(keys, reason);
    let names = names(sample, intercept);
    if *reason == Undefined::RankDeficient {
        let dependent: Vec<&String> =
            dependent_columns(&sample.columns, intercept).into_iter().filter_map(|at| names.get(at)).collect();
        output.put("dependent_columns", json!(dependent));
    }
    output.put("names", names).put("nobs", sample.y.len());
    output
}

fn holes(output: &mut Output, values: &[Option<f64>]) -> Value {
    let any_missing = values.iter().any(Option::is_none);
    let list = values.iter().map(|value| value.map_or(Value::Null, |value| output.finite(value))).collect();
    if any_missing {
        output.status("zero_denominator");
    }
    Value::Array(list)
}

fn optional(output: &mut Output, key: &str, value: Option<f64>, what: &'static str) {
    output.result(key, value.ok_or(Undefined::ZeroDenominator { what }));
}

fn ols(input: &Input<'_>) -> Result<Output, Problems> {
    let (sample, intercept) = (sample(input)?, input.flag("intercept")?);
    let keys = [
        "beta",
        "std_error",
        "t_stat",
        "p_value",
        "r_squared",
        "adj_r_squared",
        "residual_std",
        "f_stat",
        "durbin_watson",
    ];
    let fit: Ols = match formulas::regression::ols(&sample.y, &sample.columns, intercept) {
        Ok(fit) => fit,
        Err(reason) => return Ok(refused(&keys, &reason, &sample, intercept)),
    };
    let mut output = Output::new();
    output.put("names", names(&sample, intercept)).put("nobs", fit.nobs);
    output.numbers("beta", &fit.beta).numbers("std_error", &fit.std_error).number("residual_std", fit.residual_std);
    for (key, values) in [("t_stat", &fit.t_stat), ("p_value", &fit.p_value)] {
        let list = holes(&mut output, values);
        output.put(key, list);
    }
    optional(&mut output, "r_squared", fit.r_squared, "variance of y");
    optional(&mut output, "adj_r_squared", fit.adj_r_squared, "variance of y");
    optional(&mut output, "f_stat", fit.f_stat, "variance of the residuals, or the number of columns");
    optional(&mut output, "durbin_watson", fit.durbin_watson, "variance of the residuals");
    let inflation: Vec<Value> =
        fit.variance_inflation.iter().map(|v| v.map_or(Value::Null, |v| output.finite(v))).collect();
    output.put("variance_inflation", inflation);
    if fit.variance_inflation.len() == sample.names.len() {
        let collinear = sample.names.iter().zip(&fit.variance_inflation).filter(|(_, v)| v.is_none_or(|v| v > 10.0));
        output.put("collinear", json!(collinear.map(|(name, _)| name).collect::<Vec<_>>()));
    }
    let tests: Option<Vec<f64>> = fit.p_value.iter().skip(usize::from(intercept)).copied().collect();
    if let Some(tests) = tests.filter(|tests| tests.len() > 10) {
        output.numbers("p_value_holm", &formulas::regression::holm(&tests));
        output.numbers("p_value_benjamini_hochberg", &formulas::regression::benjamini_hochberg(&tests));
    }
    Ok(output)
}

fn ols_hac(input: &Input<'_>) -> Result<Output, Problems> {
    let (sample, intercept) = (sample(input)?, input.flag("intercept")?);
    input.choice("kernel", KERNELS)?;
    let fit = match formulas::regression::ols(&sample.y, &sample.columns, intercept) {
        Ok(fit) => fit,
        Err(reason) => return Ok(refused(&["beta", "std_error", "t_stat", "p_value"], &reason, &sample, intercept)),
    };
    let lags = input.optional_count("lags")?.unwrap_or_else(|| hac_default_lags(fit.nobs));
    let robust = newey_west(&fit, lags, input.flag("small_sample_correction")?);
    let mut output = Output::new();
    output.put("names", names(&sample, intercept)).put("nobs", fit.nobs).put("lags", lags);
    output.numbers("beta", &fit.beta).numbers("std_error", &robust.std_error);
    for (key, values) in [("t_stat", &robust.t_stat), ("p_value", &robust.p_value)] {
        let list = holes(&mut output, values);
        output.put(key, list);
    }
    Ok(output)
}

fn default_lags(input: &Input<'_>) -> Result<Output, Problems> {
    let mut output = Output::new();
    output.put("lags", hac_default_lags(input.count("n")?));
    Ok(output)
}

fn ridge(input: &Input<'_>) -> Result<Output, Problems> {
    let (sample, lambda) = (sample(input)?, input.number("lambda")?);
    if lambda < 0.0 {
        return Err(input.problem("lambda", "a strength below 0").into());
    }
    Ok(match formulas::regression::ridge(&sample.y, &sample.columns, lambda) {
        Ok(beta) => {
            let mut output = Output::new();
            output.put("names", names(&sample, true)).numbers("beta", &beta);
            output.number("lambda", lambda).put("nobs", sample.y.len());
            output
        }
        Err(reason) => refused(&["beta"], &reason, &sample, true),
    })
}

fn rolling_beta(input: &Input<'_>) -> Result<Output, Problems> {
    let (sample, window, lambda) = (sample(input)?, input.count("window")?, input.number("lambda")?);
    let [x] = sample.columns.as_slice() else {
        return Err(input
            .problem("x", format!("{} columns where one benchmark is wanted", sample.columns.len()))
            .into());
    };
    if window < 2 {
        return Err(input.problem("window", "a window has at least two periods").into());
    }
    if !(0.0 < lambda && lambda <= 1.0) {
        return Err(input.problem("lambda", "the weight is not above 0 and up to 1").into());
    }
    let mut output = Output::new();
    match formulas::regression::rolling_beta(&sample.y, x, window) {
        Ok(betas) => {
            let list = holes(&mut output, &betas);
            output.put("beta", list);
            if let Some(dates) = &sample.dates {
                output.put("dates", dates[window - 1..].to_vec());
            }
        }
        Err(reason) => {
            output.null("beta", reason.code());
        }
    }
    let faded = formulas::regression::ewma_beta(&sample.y, x, lambda);
    output.result("ewma_beta", faded.clone().map(|(beta, _)| beta));
    output.result("effective_n", faded.map(|(_, n)| n));
    Ok(output)
}
