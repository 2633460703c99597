//! `POST /api/portfolios/{id}/prices`: own prices, as ledger entries.

use http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::computed::{ComputedAnswer, command};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::Outcome;
use crate::routes::transactions::record::read_commit;
use crate::routes::wire::{MoneyWire, decimal_text};

/// An own price of a security, used where the pack has none.
#[derive(Debug, ToSchema)]
pub struct OwnPrice {
    /// The security.
    pub security_id: Uuid,
    /// Day from which it holds.
    pub date: chrono::NaiveDate,
    /// Price of one unit, greater than zero.
    pub price: MoneyWire,
    /// Where it comes from.
    pub note: Option<String>,
}

/// Own prices to record.
#[derive(Debug, ToSchema)]
pub struct RecordPrices {
    /// 1 to 1,000 prices.
    #[schema(value_type = Vec<OwnPrice>)]
    pub prices: Vec<Value>,
    /// Refuse with 409 when the ledger has moved on from this commit.
    pub if_ledger_commit: Option<String>,
}

impl Input for RecordPrices {
    fn read(f: &mut Fields<'_>) -> Self {
        let prices = f.objects("prices", 1000, |f| {
            let mut out = Map::new();
            out.insert("kind".into(), "manual_price".into());
            out.insert("security".into(), json!({"id": f.uuid("security_id")}));
            for name in ["date", "price"] {
                if !f.has(name) {
                    f.refuse(name, format!("{name} is required"));
                }
            }
            if let Some(date) = f.opt_date("date") {
                out.insert("date".into(), date.to_string().into());
            }
            if let Some((amount, currency)) = f.opt_money("price") {
                if amount <= rust_decimal::Decimal::ZERO {
                    f.refuse("price", "price must be greater than zero");
                }
                out.insert("price".into(), decimal_text(amount).into());
                out.insert("currency".into(), currency.to_string().into());
            }
            if let Some(note) = f.opt_text("note", 0, 500) {
                out.insert("note".into(), note.into());
            }
            Value::Object(out)
        });
        Self { prices, if_ledger_commit: read_commit(f) }
    }
}

/// Records own prices.
#[derive(Debug)]
pub struct Record;

impl Endpoint for Record {
    type Query = ();
    type Body = RecordPrices;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Records own prices of securities, private to the portfolio.";

    async fn handle(cx: Context, (): (), body: RecordPrices) -> Outcome {
        let portfolio = cx.path_id("id")?;
        guard::may_write(&cx, portfolio).await?;
        let mut args = Map::new();
        args.insert("portfolio_id".into(), portfolio.to_string().into());
        args.insert("entries".into(), body.prices.into());
        if let Some(commit) = body.if_ledger_commit {
            args.insert("if_ledger_commit".into(), commit.into());
        }
        let key = cx.idempotency_key().map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
        args.insert("idempotency_key".into(), key.into());
        let mut reply = command(&cx, "ledger.record", args, &[("/entries", "/prices")]).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }
}
