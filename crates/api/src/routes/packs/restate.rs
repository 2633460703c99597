//! `POST /api/packs/restate`: corrects prices of a past day by a new chain of packs from that day on.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::reply::Outcome;
use crate::routes::wire::{MoneyWire, decimal_text};

/// A corrected price.
#[derive(Debug, ToSchema)]
pub struct ChangedPrice {
    /// The security.
    pub security_id: Uuid,
    /// The right price of the day.
    pub price: MoneyWire,
}

/// A corrected exchange rate: 1 base = rate quote.
#[derive(Debug, ToSchema)]
pub struct ChangedRate {
    /// One unit of this.
    pub base: String,
    /// In units of this.
    pub quote: String,
    /// Decimal text.
    pub rate: String,
}

/// What to change on the day.
#[derive(Debug, ToSchema)]
pub struct PackChanges {
    /// Corrected prices.
    pub prices: Option<Vec<ChangedPrice>>,
    /// Corrected exchange rates.
    pub fx_rates: Option<Vec<ChangedRate>>,
}

/// A restatement.
#[derive(Debug, ToSchema)]
pub struct RestatePack {
    /// Day to correct.
    pub date: NaiveDate,
    /// Reason, 1 to 500 characters; kept with the packs.
    pub reason: String,
    /// What to change.
    #[schema(value_type = PackChanges)]
    pub changes: Value,
    /// True shows what would happen and writes nothing.
    pub dry_run: Option<bool>,
}

impl Input for RestatePack {
    fn read(f: &mut Fields<'_>) -> Self {
        let date = f.opt_date("date");
        for name in ["date", "changes"] {
            if !f.has(name) {
                f.refuse(name, format!("{name} is required"));
            }
        }
        let changes = f.opt_object("changes", read_changes);
        if changes.as_ref().is_some_and(|c| c.as_object().is_some_and(Map::is_empty)) {
            f.refuse("changes", "changes must name a price or a rate");
        }
        Self {
            date: date.unwrap_or_default(),
            reason: f.text("reason", 1, 500),
            changes: changes.unwrap_or_default(),
            dry_run: f.opt_boolean("dry_run"),
        }
    }
}

fn read_changes(f: &mut Fields<'_>) -> Value {
    let mut out = Map::new();
    let prices = f.opt_objects("prices", 10_000, |f| {
        let security = f.uuid("security_id");
        let price = f.opt_money("price");
        if !f.has("price") {
            f.refuse("price", "price is required");
        }
        price.map(|(amount, currency)| json!({"security_id": security, "price": {"amount": decimal_text(amount), "currency": currency.to_string()}}))
    });
    let rates = f.opt_objects("fx_rates", 1_000, |f| {
        let (base, quote, rate) = (f.currency("base"), f.currency("quote"), f.opt_decimal("rate"));
        if !f.has("rate") {
            f.refuse("rate", "rate is required");
        }
        Some(json!({"base": base?.to_string(), "quote": quote?.to_string(), "rate": rate?.normalize().to_string()}))
    });
    for (name, list) in [("prices", prices), ("fx_rates", rates)] {
        let list: Vec<Value> = list.into_iter().flatten().flatten().collect();
        if !list.is_empty() {
            out.insert(name.into(), list.into());
        }
    }
    Value::Object(out)
}

/// Restates a day.
#[derive(Debug)]
pub struct Restate;

impl Endpoint for Restate {
    type Query = ();
    type Body = RestatePack;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Corrects prices or rates of a past day by a new chain of packs from that day on.";

    async fn handle(cx: Context, (): (), body: RestatePack) -> Outcome {
        let mut args = Map::new();
        args.insert("date".into(), body.date.to_string().into());
        args.insert("reason".into(), body.reason.into());
        args.insert("changes".into(), body.changes);
        args.insert("dry_run".into(), body.dry_run.unwrap_or(false).into());
        command(&cx, "pricing.supersede", args, &[]).await
    }
}
