//! `pricing.history`: closes of a security, as traded, with splits undone, or with dividends reinvested.

use std::collections::BTreeMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Reads, Type, wire};
use dates::Date;
use money::float::to_f64;
use money::{Currency, Decimal};
use pricing::MarketHistory;
use serde_json::{Value, json};
use store::queries::securities::{self, CorporateAction, Security};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::failure::StepError;
use crate::schema::{FINANCIAL_ANALYST, field, lookback, schema};
use crate::values::{amount, quantity};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let split = Type::record([
        field("date", Type::Date, "first day with it"),
        field("from", Type::Quantity, "old units"),
        field("to", Type::Quantity, "new units"),
    ]);
    let dividend = Type::record([
        field("date", Type::Date, "first day without the right"),
        field("amount", Type::Price, "per unit held"),
    ]);
    let mut declaration = Declaration::read(
        "pricing.history",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Prices of a security over the pack's history.",
        schema([
            Field::required("security_id", Type::id("security"), "security"),
            lookback(252),
            Field::optional("from", Type::Date, "first day; instead of a lookback"),
            Field::optional("to", Type::Date, "last day"),
            Field::with_default("adjust", Type::one_of(["none", "splits", "total_return"]), "splits", "what is undone"),
        ]),
        schema([
            field(
                "series",
                Type::series(Type::Price),
                "prices, or an index that starts at 1 for total_return; days with a trade alone",
            ),
            field("currency", Type::Text, "currency of the prices"),
            field("symbol", Type::Text, "market and symbol"),
            field("splits", Type::list(split), "splits of the window"),
            field("dividends", Type::list(dividend), "dividends of the window"),
        ]),
    );
    declaration.reads = Reads { packs: true, ..Reads::NONE };
    declaration
}

/// Reads security, its corporate actions and prices, and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let id = call.args.id("security_id")?.unwrap_or_default();
    let known_at = call.context.known_at;
    let unknown = || Failure::new("security_not_found", format!("there is no security {id}")).at("/security_id");
    let (market, (security, actions)) = agents
        .market_and(&mut call, async |tx| -> Result<_, StepError> {
            let security = securities::by_ids(tx, &[id]).await?.pop().ok_or_else(unknown)?;
            let actions = securities::actions_known(tx, &[id], known_at).await?;
            Ok((security, actions))
        })
        .await?;
    let value = compute(&market.history, call.context.as_of, &security, &actions, &call.args)?;
    Ok(CapabilityResult::computed(value).with_sources(market.sources([&id], false)))
}

/// The prices of a security in a history.
pub fn compute(
    history: &MarketHistory,
    as_of: Date,
    security: &Security,
    actions: &[CorporateAction],
    args: &Args,
) -> Result<Value, Failure> {
    let (from, to) = (args.date("from")?, args.date("to")?.map_or(as_of, |to| to.min(as_of)));
    let end = history.index_on_or_before(to).map_or(0, |at| at + 1);
    let traded: Vec<(Date, Decimal, Currency)> = (0..end)
        .filter_map(|at| {
            let (date, quote) = (history.dates()[at], history.price_at(security.id, at)?);
            (quote.quoted_on == date).then_some((date, quote.amount, quote.currency))
        })
        .collect();
    let begin = match from {
        Some(from) => traded.partition_point(|(date, ..)| *date < from),
        None => traded.len().saturating_sub(args.count("lookback_days")),
    };
    let window = &traded[begin..];
    let in_force = actions.iter().filter(|action| !action.cancelled && action.ex_date <= as_of);
    let splits: BTreeMap<Date, (Decimal, Decimal)> = in_force
        .clone()
        .filter(|action| action.kind == "split")
        .filter_map(|action| Some((action.ex_date, action.ratio?)))
        .collect();
    let dividends: Vec<&CorporateAction> =
        in_force.filter(|action| action.kind == "cash_dividend" && action.amount.is_some()).collect();
    let ratio = |after: Date, until: Date| -> f64 {
        let later = splits.iter().filter(|(date, _)| after < **date && **date <= until);
        later.map(|(_, (from, to))| to_f64(*to) / to_f64(*from)).product()
    };
    let currency = window.last().map_or(security.fields.currency, |(_, _, currency)| *currency);
    let adjust = args.text("adjust").unwrap_or("splits");
    let (unit, points) = match adjust {
        "none" => {
            let points = window.iter().map(|(date, price, _)| json!([date, money::decimal_text(*price)])).collect();
            (wire::money_unit(currency.code()), points)
        }
        "splits" => {
            let last = window.last().map_or(as_of, |(date, ..)| *date);
            let point = |(date, price, _): &(Date, Decimal, Currency)| -> Option<Value> {
                let adjusted = exact_ratio(&splits, *date, last).and_then(|ratio| price.checked_div(ratio))?;
                Some(json!([date, money::decimal_text(adjusted)]))
            };
            (wire::money_unit(currency.code()), window.iter().filter_map(point).collect())
        }
        _ => {
            let mut index = 1.0;
            let mut points: Vec<Value> =
                window.first().map(|(date, ..)| json!([date, wire::number(1.0)])).into_iter().collect();
            for pair in window.windows(2) {
                let ((before, opening, _), (date, closing, currency)) = (&pair[0], &pair[1]);
                let paid: f64 = dividends
                    .iter()
                    .filter(|action| {
                        *before < action.ex_date
                            && action.ex_date <= *date
                            && action.currency.is_none_or(|c| c == *currency)
                    })
                    .filter_map(|action| action.amount.map(to_f64))
                    .sum();
                index *= (to_f64(*closing) + paid) * ratio(*before, *date) / to_f64(*opening);
                points.push(json!([date, wire::number(index)]));
            }
            (wire::plain_unit("ratio"), points)
        }
    };
    let (first, last) = (window.first().map_or(as_of, |w| w.0), window.last().map_or(as_of, |w| w.0));
    let inside = |date: Date| first <= date && date <= last;
    let split_rows: Vec<Value> = splits
        .iter()
        .filter(|(date, _)| inside(**date))
        .map(|(date, (from, to))| json!({ "date": date, "from": quantity(*from), "to": quantity(*to) }))
        .collect();
    let dividend_rows: Vec<Value> = dividends
        .iter()
        .filter(|action| inside(action.ex_date))
        .filter_map(|action| Some(json!({ "date": action.ex_date, "amount": amount(action.amount?, action.currency.unwrap_or(currency)) })))
        .collect();
    Ok(json!({
        "series": wire::series(unit, "D", points, Vec::new()),
        "currency": currency.code(),
        "symbol": crate::books::symbol_of(security),
        "splits": split_rows,
        "dividends": dividend_rows,
    }))
}

/// Product of the splits in (after, until], exact.
fn exact_ratio(splits: &BTreeMap<Date, (Decimal, Decimal)>, after: Date, until: Date) -> Option<Decimal> {
    let later = splits.iter().filter(|(date, _)| after < **date && **date <= until);
    later
        .map(|(_, ratio)| *ratio)
        .try_fold(Decimal::ONE, |product, (from, to)| product.checked_mul(to)?.checked_div(from))
}
