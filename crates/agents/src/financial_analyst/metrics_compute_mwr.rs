//! `metrics.compute_mwr`: the annual rate at which the investor's own flows grew to what is there.

use capability::{CapabilityResult, Declaration, Failure, Field, Type, Warning, wire};
use dates::{Date, Period};
use formulas::returns::RootStatus;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::financial_analyst::metrics_compute_twr::coverage_warnings;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::track::{annual_rate, investor_flows, money_weighted};
use crate::values::{Maybe, amount, maybe as maybe_wire, rounded, statistic};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let flow = Type::record([
        field("date", Type::Date, "day"),
        field("amount", Type::Money, "external flow, + into the portfolio"),
    ]);
    let mut declaration = Declaration::read(
        "metrics.compute_mwr",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Money-weighted return: opening value and external flows against the closing value.",
        schema([
            portfolio(),
            Field::with_default("period", Type::one_of(["1y", "3y", "5y", "itd", "range"]), "itd", "period"),
            Field::optional("from", Type::Date, "first day of a range"),
            Field::optional("to", Type::Date, "last day of a range"),
        ]),
        schema([
            maybe("money_weighted_return", Type::Fraction, "annual rate; absent for a span under a year"),
            maybe("period_return", Type::Fraction, "the same over the span, not per year"),
            field("status", Type::Text, "ok, multiple_roots, or the reason"),
            field("roots", Type::list(Type::Fraction), "all rates that solve the equation"),
            field("flows", Type::list(flow), "external flows of the period"),
            maybe("opening_value", Type::Money, "value at the close before the period"),
            maybe("closing_value", Type::Money, "value at the last close"),
        ]),
    );
    declaration.calculators = vec!["xirr".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::DailyValues).await?;
    compute(&scene, &call.args).map(CapabilityResult::from)
}

/// The rate of a scene's period.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    let period = args.text("period").unwrap_or("itd");
    let (from, to) = (args.date("from")?, args.date("to")?);
    if period == "range" && from.is_none() {
        return Err(Failure::new("invalid_input", "a range needs its first day").at("/from"));
    }
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Failure::new("invalid_input", "a range ends on or after its first day").at("/to"));
    }
    let measured = scene.measured();
    let span: Maybe<(Date, Date)> = measured.clone().map(|measured| {
        let last = measured.valuation.dates[measured.valuation.dates.len() - 1];
        match (period, period.parse::<Period>()) {
            ("range", _) => (from.and_then(|day| day.pred_opt()).unwrap_or(Date::MIN), to.unwrap_or(last)),
            ("itd", _) | (_, Err(_)) => (Date::MIN, last),
            (_, Ok(period)) => (period.start(last, measured.first), last),
        }
    });
    let base = scene.base();
    let solved =
        span.clone().and_then(|(opening, closing)| money_weighted(&measured.clone()?.valuation, opening, closing));
    let flows = span.clone().and_then(|(opening, closing)| {
        let valuation = &measured.clone()?.valuation;
        let flows = investor_flows(valuation, opening, closing)?;
        let opens = valuation.dates.partition_point(|date| *date <= opening) > 0;
        Ok((flows, opens))
    });
    let (listed, opening_value, closing_value) = match &flows {
        Ok((flows, opens)) => {
            let opening = if *opens { rounded(-flows[0].1, base) } else { Ok(money::Decimal::ZERO) };
            let external = &flows[usize::from(*opens)..flows.len() - 1];
            let listed: Vec<Value> = external
                .iter()
                .filter_map(|(date, flow)| {
                    Some(json!({ "date": date, "amount": amount(rounded(-flow, base).ok()?, base) }))
                })
                .collect();
            (listed, opening, rounded(flows[flows.len() - 1].1, base))
        }
        Err(absence) => (Vec::new(), Err(absence.clone()), Err(absence.clone())),
    };
    let mut warnings = coverage_warnings(scene);
    let (status, roots) = match &solved {
        Ok(rate) => {
            if rate.status == RootStatus::MultipleRoots {
                let message = "several rates solve the equation; read the time-weighted return beside it";
                warnings.push(Warning::new("multiple_roots", message, json!({ "roots": rate.roots })));
            }
            (rate.status.name(), rate.roots.iter().map(|root| wire::fraction(*root)).collect())
        }
        Err(absence) => (absence.code, Vec::new()),
    };
    let value = json!({
        "money_weighted_return": statistic(solved.clone().and_then(|rate| annual_rate(&rate))),
        "period_return": statistic(solved.map(|rate| rate.period_return)),
        "status": status,
        "roots": Value::Array(roots),
        "flows": listed,
        "opening_value": maybe_wire(opening_value, |value| amount(value, base)),
        "closing_value": maybe_wire(closing_value, |value| amount(value, base)),
    });
    Ok(Computed { value, warnings, sources: scene.sources() })
}
