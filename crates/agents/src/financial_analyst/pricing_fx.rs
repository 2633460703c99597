//! `pricing.fx`: a rate as the pack has it, how it was obtained, and its past.

use capability::{CapabilityResult, Declaration, Failure, Field, Reads, Type, wire};
use chrono::Datelike;
use money::Currency;
use pricing::{MarketHistory, Route};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::schema::{FINANCIAL_ANALYST, field, lookback, maybe, schema};
use crate::values::{Absence, fx_rate};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let mut declaration = Declaration::read(
        "pricing.fx",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Exchange rate between two currencies in the pack, with its route and its past.",
        schema([
            Field::required("base", Type::Text, "currency of which one unit is priced, ISO 4217"),
            Field::required("quote", Type::Text, "currency in which it is priced, ISO 4217"),
            lookback(1),
        ]),
        schema([
            maybe("rate", Type::FxRate, "1 base = rate quote"),
            maybe("quoted_on", Type::Date, "day of the (older) observation behind it"),
            field("route", Type::list(Type::Text), "direct, inverse, or cross and the currency between"),
            field("series", Type::series(Type::Ratio), "rate on each weekday of the lookback"),
        ]),
    );
    declaration.reads = Reads { packs: true, ..Reads::NONE };
    declaration
}

/// Reads prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let market = agents.market(&mut call).await?;
    let value = compute(&market.history, call.context.as_of, &call.args)?;
    Ok(CapabilityResult::computed(value).with_sources(market.sources([], true)))
}

/// The rate in a history.
pub fn compute(history: &MarketHistory, as_of: dates::Date, args: &Args) -> Result<Value, Failure> {
    let currency = |name: &str| -> Result<Currency, Failure> {
        let text = args.text(name).unwrap_or_default();
        text.parse().map_err(|error: money::CurrencyError| {
            Failure::new("unknown_currency", error.to_string()).at(format!("/{name}"))
        })
    };
    let (base, quote) = (currency("base")?, currency("quote")?);
    let at = history.index_on_or_before(as_of);
    let found = at.and_then(|at| history.fx_at(base, quote, at));
    let missing = || {
        Absence::new(
            "missing_fx",
            format!("{base}/{quote} on {as_of}"),
            json!({ "base": base.code(), "quote": quote.code(), "date": as_of }),
        )
    };
    let route: Vec<String> = match found.map(|quote| quote.route) {
        None => Vec::new(),
        Some(Route::Identity) => vec!["identity".into()],
        Some(Route::Direct) => vec!["direct".into()],
        Some(Route::Inverse) => vec!["inverse".into()],
        Some(Route::Cross { via }) => vec!["cross".into(), via.to_string()],
    };
    let mut points = Vec::new();
    let count = args.count("lookback_days").max(1);
    let days = (0..=at.unwrap_or(0)).rev().filter(|at| history.dates()[*at].weekday().num_days_from_monday() < 5);
    for index in days.take(count) {
        if let Some(quote) = history.fx_at(base, quote, index) {
            points.push(json!([history.dates()[index], wire::number(money::float::to_f64(quote.rate))]));
        }
    }
    points.reverse();
    Ok(json!({
        "rate": crate::values::maybe(found.ok_or_else(missing), |found| fx_rate(base, quote, found.rate)),
        "quoted_on": crate::values::maybe(found.ok_or_else(missing), |found| wire::date(found.quoted_on)),
        "route": route,
        "series": wire::series(wire::plain_unit("ratio"), "D", points, Vec::new()),
    }))
}
