//! Covariance matrices: estimates from returns, and the repair of one that no returns can have.

use crate::{Function, Input, Key, Kind, Matrix, Output, Problem, Problems};
use formulas::Undefined;
use formulas::covariance::{self, Covariance};
use serde_json::Value;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    estimator(
        "cov_sample",
        "how assets moved together over the window, as it was",
        &[RETURNS, DDOF],
        "sample_covariance",
        cov_sample,
    ),
    estimator("cov_ewma", "the same with more weight on recent periods", &[RETURNS, LAMBDA], "ewma", cov_ewma),
    estimator(
        "cov_ledoit_wolf_identity",
        "shrunk to a scaled identity, so that it can be inverted",
        &[RETURNS],
        "ledoit_wolf_identity",
        cov_ledoit_wolf_identity,
    ),
    estimator(
        "cov_ledoit_wolf_constant_correlation",
        "shrunk to one correlation for all pairs",
        &[RETURNS],
        "constant_correlation",
        cov_ledoit_wolf_constant_correlation,
    ),
    estimator("cov_oas", "shrunk to a scaled identity, best for normal returns", &[RETURNS], "oas", cov_oas),
    estimator(
        "cov_factor_model",
        "what a few factors explain, and what is each asset's own",
        &[RETURNS, Key::required("factors", Kind::Matrix, "returns or changes of the factors in the same periods")],
        "factor_model",
        cov_factor_model,
    ),
    Function {
        name: "cov_psd_repair",
        calculator: "covariance",
        summary: "the nearest covariance that returns can have",
        keys: &[
            Key::required("matrix", Kind::Matrix, "a symmetric matrix"),
            Key::optional("unit_diagonal", Kind::Flag, "false", "keep ones on the diagonal: a correlation matrix"),
        ],
        outputs: &[
            ("min_eigenvalue_before", "smallest eigenvalue of the matrix"),
            ("projected", "the nearest positive semidefinite matrix"),
            ("frobenius_distance", "how far it is from the matrix"),
            ("relative_distance", "the same as a share of the norm of the matrix"),
            ("accepted", "false if that is more than 5 %: the matrix should not be used, and the status says so"),
        ],
        page: "psd_repair",
        run: cov_psd_repair,
    },
];

const RETURNS: Key = Key::required("returns", Kind::Matrix, "returns, rows of periods × columns of assets");
const DDOF: Key = Key::optional("ddof", Kind::Integer, "1", "degrees of freedom taken off; 0 for a whole population");
const LAMBDA: Key = Key::optional("lambda", Kind::Number, "0.94", "decay per period: 0.94 daily, 0.97 monthly");

const OUTPUTS: &[(&str, &str)] = &[
    ("cov", "covariance per period"),
    ("corr", "correlations; null where a variance is zero"),
    ("names", "names of rows and columns"),
    ("n", "periods used"),
    ("singular", "some portfolio of the window had no variance"),
    ("shrinkage", "weight of the target"),
    ("mu", "mean variance"),
    ("average_correlation", "mean correlation of all pairs"),
    ("effective_n", "number of equally weighted periods that would be as sure"),
];

const fn estimator(
    name: &'static str,
    summary: &'static str,
    keys: &'static [Key],
    page: &'static str,
    run: fn(&Input<'_>) -> Result<Output, Problems>,
) -> Function {
    Function { name, calculator: "covariance", summary, keys, outputs: OUTPUTS, page, run }
}

/// The output of an estimator: its matrix, or null with the reason.
fn estimated<T>(
    input: &Input<'_>,
    estimate: impl Fn(&[Vec<f64>]) -> Result<T, Undefined>,
    fill: impl Fn(&mut Output, T) -> Covariance,
) -> Result<Output, Problems> {
    let returns = input.matrix("returns")?;
    let mut output = match estimate(&returns.rows) {
        Err(reason) => Output::undefined(&["cov", "corr"], &reason),
        Ok(estimate) => {
            let mut output = Output::new();
            let covariance = fill(&mut output, estimate);
            output.matrix("cov", &covariance.rows());
            let mut correlation = Vec::new();
            for row in covariance.correlation() {
                let row: Vec<Value> = row.iter().map(|r| r.map_or(Value::Null, |r| output.finite(r))).collect();
                correlation.push(Value::Array(row));
            }
            if correlation.iter().flat_map(|row| row.as_array().into_iter().flatten()).any(Value::is_null) {
                output.status("zero_denominator").put("reason", "a variance is zero");
            }
            output.put("corr", correlation).put("singular", returns.rows.len() <= returns.width());
            output
        }
    };
    output.put("names", returns.names_or_numbered()).put("n", returns.rows.len());
    Ok(output)
}

fn cov_sample(input: &Input<'_>) -> Result<Output, Problems> {
    let ddof = input.count("ddof")?;
    estimated(input, |rows| covariance::sample_covariance(rows, ddof), |_, estimate| estimate.covariance)
}

fn cov_ewma(input: &Input<'_>) -> Result<Output, Problems> {
    let lambda = lambda_of(input)?;
    estimated(
        input,
        |rows| covariance::ewma(rows, lambda),
        |output, estimate| {
            output.number("effective_n", estimate.effective_n);
            estimate.covariance
        },
    )
}

fn lambda_of(input: &Input<'_>) -> Result<f64, Problem> {
    let lambda = input.number("lambda")?;
    if 0.0 < lambda && lambda <= 1.0 {
        return Ok(lambda);
    }
    Err(input.problem("lambda", format!("`lambda` is {lambda}, not above 0 and up to 1")))
}

fn shrunk(output: &mut Output, estimate: covariance::Shrunk) -> Covariance {
    output.number("shrinkage", estimate.shrinkage).number("mu", estimate.mean_variance);
    estimate.covariance
}

fn cov_ledoit_wolf_identity(input: &Input<'_>) -> Result<Output, Problems> {
    estimated(input, covariance::ledoit_wolf_identity, shrunk)
}

fn cov_oas(input: &Input<'_>) -> Result<Output, Problems> {
    estimated(input, covariance::oas, shrunk)
}

fn cov_ledoit_wolf_constant_correlation(input: &Input<'_>) -> Result<Output, Problems> {
    estimated(input, covariance::ledoit_wolf_constant_correlation, |output, estimate| {
        // One column has no pair: the mean over pairs does not exist, its covariance does.
        let no_pair = Undefined::InsufficientData { needed: 2, found: 1 };
        let average = estimate.average_correlation.ok_or(no_pair);
        output.number("shrinkage", estimate.shrinkage).result("average_correlation", average);
        estimate.covariance
    })
}

fn cov_factor_model(input: &Input<'_>) -> Result<Output, Problems> {
    let factors = input.matrix("factors")?;
    let returns = input.matrix("returns")?;
    if factors.rows.len() != returns.rows.len() {
        let detail = format!("{} periods where the returns have {}", factors.rows.len(), returns.rows.len());
        return Err(input.problem("factors", detail).into());
    }
    let estimate = |rows: &[Vec<f64>]| {
        let model = covariance::factor_model(rows, &factors.rows)?;
        let whole = model.covariance()?;
        Ok((model, whole))
    };
    estimated(input, estimate, |output, (model, whole)| {
        output.matrix("loadings", &model.loadings).numbers("specific_variances", &model.specific);
        output.matrix("factor_covariance", &model.factor_covariance.rows());
        whole
    })
}

fn cov_psd_repair(input: &Input<'_>) -> Result<Output, Problems> {
    let matrix = input.matrix("matrix")?;
    if matrix.width() != matrix.rows.len() || matrix.rows.is_empty() {
        let detail = format!("{} rows and {} columns are no covariance", matrix.rows.len(), matrix.width());
        return Err(input.problem("matrix", detail).into());
    }
    let repair = match covariance::psd_repair(&matrix.rows, input.flag("unit_diagonal")?) {
        Ok(repair) => repair,
        Err(reason) => {
            return Ok(Output::undefined(&["min_eigenvalue_before", "projected", "frobenius_distance"], &reason));
        }
    };
    let mut output = Output::new();
    output.number("min_eigenvalue_before", repair.min_eigenvalue_before);
    output.matrix("projected", &repair.projected.rows());
    output.number("frobenius_distance", repair.frobenius_distance);
    output.number("relative_distance", repair.relative_distance);
    match repair.accepted() {
        Ok(_) => output.put("accepted", true),
        Err(reason) => output.put("accepted", false).put("reason", reason.to_string()).status(reason.code()),
    };
    Ok(output)
}

/// How a covariance is estimated from returns, as written in a text: `sample ddof=1 x 252`, `ewma lambda=0.94 x 252`,
/// `ledoit_wolf`, `ledoit_wolf_constant_correlation`, `oas`; × periods per year, 252 if not written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimator {
    kind: EstimatorKind,
    /// Periods per year.
    pub(crate) periods: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum EstimatorKind {
    Sample { ddof: usize },
    Ewma { lambda: f64 },
    LedoitWolfIdentity,
    LedoitWolfConstantCorrelation,
    Oas,
}

impl Estimator {
    /// Reads the text.
    pub(crate) fn parse(text: &str) -> Option<Estimator> {
        let text = text.to_lowercase().replace(['×', '*'], " x ").replace(',', " ");
        let mut words =
            text.split_whitespace().filter(|word| !["of", "returns", "covariance"].contains(word)).peekable();
        let (mut name, mut ddof, mut lambda, mut periods) = (Vec::new(), 1, 0.94, 252.0);
        while let Some(word) = words.next() {
            if let Some(value) = word.strip_prefix("ddof=") {
                ddof = value.parse().ok()?;
            } else if let Some(value) = word.strip_prefix("lambda=") {
                lambda = value.parse().ok().filter(|lambda| 0.0 < *lambda && *lambda <= 1.0)?;
            } else if word == "x" || word == "times" {
                periods = words.next()?.parse().ok().filter(|periods: &f64| periods.is_finite() && *periods > 0.0)?;
            } else {
                name.push(word);
            }
        }
        let kind = match name.join("_").replace('-', "_").as_str() {
            "sample" | "cov_sample" | "" => EstimatorKind::Sample { ddof },
            "ewma" | "cov_ewma" => EstimatorKind::Ewma { lambda },
            "ledoit_wolf" | "ledoit_wolf_identity" | "cov_ledoit_wolf_identity" => EstimatorKind::LedoitWolfIdentity,
            "ledoit_wolf_constant_correlation" | "constant_correlation" | "cov_ledoit_wolf_constant_correlation" => {
                EstimatorKind::LedoitWolfConstantCorrelation
            }
            "oas" | "cov_oas" => EstimatorKind::Oas,
            _ => return None,
        };
        Some(Estimator { kind, periods })
    }

    /// The covariance per year.
    pub(crate) fn estimate(self, returns: &Matrix) -> Result<Covariance, Undefined> {
        let rows = &returns.rows;
        let covariance = match self.kind {
            EstimatorKind::Sample { ddof } => covariance::sample_covariance(rows, ddof)?.covariance,
            EstimatorKind::Ewma { lambda } => covariance::ewma(rows, lambda)?.covariance,
            EstimatorKind::LedoitWolfIdentity => covariance::ledoit_wolf_identity(rows)?.covariance,
            EstimatorKind::LedoitWolfConstantCorrelation => {
                covariance::ledoit_wolf_constant_correlation(rows)?.covariance
            }
            EstimatorKind::Oas => covariance::oas(rows)?.covariance,
        };
        Ok(covariance.times(self.periods))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoTables, calculate};
    use serde_json::json;

    #[test]
    fn estimators_are_read_from_texts() {
        let sample = Estimator { kind: EstimatorKind::Sample { ddof: 1 }, periods: 252.0 };
        assert_eq!(Estimator::parse("sample ddof=1 x 252"), Some(sample));
        assert_eq!(Estimator::parse("sample"), Some(sample));
        let monthly = Estimator { kind: EstimatorKind::Ewma { lambda: 0.97 }, periods: 12.0 };
        assert_eq!(Estimator::parse("EWMA lambda=0.97 × 12"), Some(monthly));
        assert_eq!(Estimator::parse("ledoit-wolf x 52").unwrap().kind, EstimatorKind::LedoitWolfIdentity);
        for unknown in ["garch", "sample x zero", "ewma lambda=2", "sample x -1"] {
            assert_eq!(Estimator::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_undefined_is_null_with_its_reason() {
        let one = calculate("cov_sample", &json!({ "returns": [[0.01, 0.02]] }), &NoTables).unwrap();
        assert_eq!((&one["cov"], &one["status"]), (&json!(null), &json!("insufficient_data")));
        let cash = json!({ "returns": [[0.01, 0.0], [0.02, 0.0]] });
        let cash = calculate("covariance", &cash, &NoTables).unwrap();
        assert_eq!((&cash["corr"], &cash["status"]), (&json!([[1.0, null], [null, null]]), &json!("zero_denominator")));
        assert_eq!(cash["cov"][1][1], json!(0.0));
        assert_eq!(cash["singular"], json!(true));
        let bad = calculate("cov_ewma", &json!({ "returns": [[0.1]], "lambda": 2 }), &NoTables).unwrap_err();
        assert_eq!(bad.0[0].pointer, "/lambda");
    }

    #[test]
    fn a_repair_that_moves_too_much_is_not_accepted() {
        let far = calculate("cov_psd_repair", &json!({ "matrix": [[1, 1.2], [1.2, 1]] }), &NoTables).unwrap();
        assert_eq!((&far["accepted"], &far["status"]), (&json!(false), &json!("not_positive_definite")));
        let near = calculate("cov_psd_repair", &json!({ "matrix": [[1, 1.02], [1.02, 1]] }), &NoTables).unwrap();
        assert_eq!((&near["accepted"], &near["status"]), (&json!(true), &json!("ok")));
        assert!((near["frobenius_distance"].as_f64().unwrap() - 0.02).abs() < 1e-12);
    }
}
