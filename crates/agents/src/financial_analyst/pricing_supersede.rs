//! `pricing.supersede`: corrects prices or rates of a past day by a new chain of packs from that day on.

use capability::{CapabilityResult, Declaration, Effect, Failure, Field, Reads, Type};
use money::Currency;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::agents::{Agents, Call};
use crate::packs::{Changes, PackError, PriceChange, RateChange, restate_with};
use crate::schema::{FINANCIAL_ANALYST, field, schema, sometimes};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let price = Type::record([
        field("security_id", Type::id("security"), "security"),
        field("price", Type::Price, "right price of the day"),
    ]);
    let rate = Type::record([
        field("base", Type::Text, "currency of which one unit is priced"),
        field("quote", Type::Text, "currency in which it is priced"),
        field("rate", Type::Decimal, "right rate of the day"),
    ]);
    let changes = Type::record([
        sometimes("prices", Type::list(price), "corrected prices"),
        sometimes("fx_rates", Type::list(rate), "corrected rates"),
    ]);
    let pack = Type::record([
        field("old", Type::id("pricing_pack"), "superseded pack"),
        field("new", Type::id("pricing_pack"), "pack in its place"),
        field("content_changed", Type::Boolean, "its own prices or rates differ"),
    ]);
    let mut declaration = Declaration::read(
        "pricing.supersede",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Corrects prices or rates of a past day by a new chain of packs from that day on; the old packs stay readable.",
        schema([
            Field::required("date", Type::Date, "day to correct"),
            Field::optional("policy", Type::Text, "policy of the packs; the installation's when absent"),
            Field::required("reason", Type::Text, "why, 1 to 500 characters"),
            Field::required("changes", changes, "what to change"),
            Field::with_default("dry_run", Type::Boolean, false, "show what would happen and write nothing"),
        ]),
        schema([
            field("days", Type::Integer, "packs that are superseded"),
            field("changed_prices", Type::Integer, "prices of the day that differ"),
            field("changed_rates", Type::Integer, "rates of the day that differ"),
            field("packs", Type::list(pack), "first hundred, by day"),
            field("new_head", Type::id("pricing_pack"), "newest pack afterwards"),
            field("written", Type::Boolean, "false for a dry run"),
        ]),
    );
    declaration.reads = Reads { packs: true, ..Reads::NONE };
    declaration.rights = vec!["packs_write".into()];
    declaration.effect = Effect::Idempotent;
    declaration.transient = Vec::new();
    declaration.cost = capability::Cost::Heavy;
    declaration.timeout_ms = 60_000;
    declaration
}

/// Restates the day.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let date = call.args.date("date")?.unwrap_or(call.context.as_of);
    let policy = call.args.text("policy").unwrap_or(&agents.settings.policy).to_owned();
    let reason = crate::financial_analyst::ledger_void::reason_of(&call)?;
    let changes = read_changes(call.args.get("changes").unwrap_or(&Value::Null))?;
    let dry_run = call.args.is("dry_run");
    let ticket = call.ticket()?;
    let report = restate_with(&agents.store, ticket, &policy, date, &changes, &reason, dry_run)
        .await
        .map_err(PackError::into_failure)?;
    if !dry_run {
        agents.packs_changed();
    }
    let packs: Vec<Value> = report
        .packs
        .iter()
        .take(100)
        .map(|pack| json!({ "old": pack.old, "new": pack.new, "content_changed": pack.content_changed }))
        .collect();
    Ok(CapabilityResult::computed(json!({
        "days": report.packs.len(),
        "changed_prices": report.changed_prices,
        "changed_rates": report.changed_rates,
        "packs": packs,
        "new_head": report.packs.last().map_or("", |pack| pack.new.as_str()),
        "written": !dry_run,
    })))
}

fn read_changes(value: &Value) -> Result<Changes, Failure> {
    let refuse = |pointer: String, message: String| Failure::new("invalid_input", message).at(pointer);
    let mut changes = Changes::default();
    for (at, change) in value["prices"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate() {
        let below = format!("/changes/prices/{at}");
        let id = change["security_id"].as_str().and_then(|text| Uuid::try_parse(text).ok());
        let security_id =
            id.ok_or_else(|| refuse(format!("{below}/security_id"), "security_id is not a UUID".into()))?;
        let amount = money::parse_decimal(change["price"]["amount"].as_str().unwrap_or_default());
        let price = amount.map_err(|error| refuse(format!("{below}/price/amount"), error.to_string()))?;
        let currency = currency(&change["price"]["currency"], &format!("{below}/price/currency"))?;
        changes.prices.push(PriceChange { security_id, price, currency });
    }
    for (at, change) in value["fx_rates"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate() {
        let below = format!("/changes/fx_rates/{at}");
        let rate = money::parse_decimal(change["rate"].as_str().unwrap_or_default());
        let rate = rate.map_err(|error| refuse(format!("{below}/rate"), error.to_string()))?;
        let (base, quote) = (
            currency(&change["base"], &format!("{below}/base"))?,
            currency(&change["quote"], &format!("{below}/quote"))?,
        );
        changes.rates.push(RateChange { base, quote, rate });
    }
    if changes.is_empty() {
        return Err(refuse("/changes".into(), "name a price or a rate to change".into()));
    }
    Ok(changes)
}

fn currency(value: &Value, pointer: &str) -> Result<Currency, Failure> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|error: money::CurrencyError| Failure::new("unknown_currency", error.to_string()).at(pointer))
}
