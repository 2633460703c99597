//! Falls below an earlier peak, and drawdown at risk.

use crate::returns::{PERIODS, RETURNS};
use crate::{Dated, Function, Input, Key, Kind, Output, Problems};
use serde_json::{Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "drawdown_table",
        calculator: "drawdowns",
        summary: "every fall below a peak, the deepest first",
        keys: &[RETURNS, Key::optional("top", Kind::Integer, "5", "how many"), PERIODS],
        outputs: &[(
            "rows",
            "depth, peak_date, trough_date, recovery_date, periods_to_trough, periods_to_recover, periods_total",
        )],
        page: "drawdown_table",
        run: drawdown_table,
    },
    Function {
        name: "max_drawdown",
        calculator: "drawdowns",
        summary: "the worst fall from a peak",
        keys: &[RETURNS, PERIODS],
        outputs: &[
            ("value", "the fall, ≤ 0"),
            ("peak_date", "last date at the peak; null if nothing fell"),
            ("trough_date", "first date at the minimum"),
            ("recovery_date", "first date at or above the old peak; null if it has not recovered"),
        ],
        page: "max_drawdown",
        run: max_drawdown,
    },
    Function {
        name: "ulcer_index",
        calculator: "drawdowns",
        summary: "depth and length of falls in one number",
        keys: &[RETURNS, PERIODS],
        outputs: &[("ulcer", "root mean square of drawdowns"), ("average_drawdown", "mean of drawdowns, positive")],
        page: "ulcer_index",
        run: ulcer_index,
    },
    Function {
        name: "dar_cdar",
        calculator: "cdar",
        summary: "how deep it was below the peak in the worst part of the time",
        keys: &[RETURNS, TAIL],
        outputs: &[
            ("dar_compounded", "drawdown at risk of compounded wealth, positive"),
            ("cdar_compounded", "its tail mean"),
            ("dar_uncompounded", "drawdown at risk of summed returns"),
            ("cdar_uncompounded", "its tail mean"),
            ("tail_unobserved", "whether fewer than one observation lies in the tail"),
        ],
        page: "dar_cdar",
        run: dar_cdar,
    },
    Function {
        name: "dar_scenario",
        calculator: "cdar",
        summary: "how deep many equally likely paths fall",
        keys: &[
            Key::required("scenario_returns", Kind::Matrix, "rows of steps × columns of paths"),
            TAIL,
            Key::optional(
                "layout",
                Kind::Text,
                "\"each column is one equally likely path\"",
                "columns or rows are paths",
            ),
        ],
        outputs: &[
            ("pooled_dar", "drawdown at risk over all drawdowns"),
            ("pooled_cdar", "its tail mean"),
            ("max_drawdown_dar", "drawdown at risk over the paths' maxima"),
            ("max_drawdown_cdar", "its tail mean"),
            ("paths", "number of paths"),
            ("steps", "steps of each"),
        ],
        page: "dar_scenario",
        run: dar_scenario,
    },
];

/// The tail probability.
pub(crate) const TAIL: Key =
    Key::optional("tail_probability", Kind::Number, "0.05", "share of the worst cases: 0.05, not 0.95");

fn label(returns: &Dated, position: Option<usize>) -> Value {
    position.and_then(|position| returns.position(position)).map_or(Value::Null, |date| json!(date))
}

fn drawdown_table(input: &Input<'_>) -> Result<Output, Problems> {
    let returns = input.series("returns")?;
    let mut output = Output::new();
    match formulas::drawdown::drawdown_table(&returns.values, input.count("top")?) {
        Ok(episodes) => {
            let mut rows = Vec::with_capacity(episodes.len());
            for episode in &episodes {
                rows.push(json!({
                    "depth": output.finite(episode.depth),
                    "peak_date": label(&returns, Some(episode.peak)),
                    "trough_date": label(&returns, Some(episode.trough)),
                    "recovery_date": label(&returns, episode.recovery),
                    "periods_to_trough": episode.periods_to_trough,
                    "periods_to_recover": episode.periods_to_recover,
                    "periods_total": episode.periods_total,
                }));
            }
            output.put("rows", rows);
        }
        Err(reason) => {
            output.null("rows", reason.code());
        }
    }
    Ok(output)
}

fn max_drawdown(input: &Input<'_>) -> Result<Output, Problems> {
    let returns = input.series("returns")?;
    Ok(match formulas::drawdown::max_drawdown(&returns.values) {
        Ok(worst) => {
            let mut output = Output::new();
            output.number("value", worst.depth);
            output.put("peak_date", label(&returns, worst.peak)).put("trough_date", label(&returns, worst.trough));
            output.put("recovery_date", label(&returns, worst.recovery));
            // Positions count valuations, the opening one being 0: for series without dates.
            output.put("peak_position", worst.peak).put("trough_position", worst.trough);
            output.put("recovery_position", worst.recovery);
            output
        }
        Err(reason) => Output::undefined(&["value", "peak_date", "trough_date", "recovery_date"], &reason),
    })
}

fn ulcer_index(input: &Input<'_>) -> Result<Output, Problems> {
    Ok(match formulas::drawdown::ulcer_index(&input.series("returns")?.values) {
        Ok(index) => {
            let mut output = Output::new();
            output.number("ulcer", index.ulcer).number("average_drawdown", index.average_drawdown);
            output
        }
        Err(reason) => Output::undefined(&["ulcer", "average_drawdown"], &reason),
    })
}

fn dar_cdar(input: &Input<'_>) -> Result<Output, Problems> {
    let (returns, tail) = (input.series("returns")?.values, input.probability("tail_probability")?);
    Ok(match formulas::drawdown::dar_cdar(&returns, tail) {
        Ok(at_risk) => {
            let mut output = Output::new();
            output.number("dar_compounded", at_risk.dar_compounded).number("cdar_compounded", at_risk.cdar_compounded);
            output.number("dar_uncompounded", at_risk.dar_uncompounded);
            output.number("cdar_uncompounded", at_risk.cdar_uncompounded);
            output.put("tail_unobserved", !formulas::tail::is_tail_observed(tail, returns.len()));
            output
        }
        Err(reason) => {
            Output::undefined(&["dar_compounded", "cdar_compounded", "dar_uncompounded", "cdar_uncompounded"], &reason)
        }
    })
}

fn dar_scenario(input: &Input<'_>) -> Result<Output, Problems> {
    let (matrix, tail) = (input.matrix("scenario_returns")?, input.probability("tail_probability")?);
    let layout = input.text("layout")?.to_lowercase();
    let paths: Vec<Vec<f64>> = match (layout.contains("column"), layout.contains("row")) {
        (true, false) => (0..matrix.width()).map(|path| matrix.column(path)).collect(),
        (false, true) => matrix.rows,
        _ => {
            return Err(input
                .problem("layout", "`layout` does not say whether columns or rows are paths")
                .advising("write \"each column is one equally likely path\" or \"each row is one equally likely path\"")
                .into());
        }
    };
    let steps = paths.first().map_or(0, Vec::len);
    let mut output = match formulas::drawdown::dar_scenario(&paths, tail) {
        Ok(at_risk) => {
            let mut output = Output::new();
            output.number("pooled_dar", at_risk.pooled_dar).number("pooled_cdar", at_risk.pooled_cdar);
            output.number("max_drawdown_dar", at_risk.max_drawdown_dar);
            output.number("max_drawdown_cdar", at_risk.max_drawdown_cdar);
            output
        }
        Err(reason) => {
            Output::undefined(&["pooled_dar", "pooled_cdar", "max_drawdown_dar", "max_drawdown_cdar"], &reason)
        }
    };
    output.put("paths", paths.len()).put("steps", steps);
    Ok(output)
}
