//! `ledger.transactions`: what was recorded, newest first, in pages that never shift.

use std::collections::HashMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use ledger::{Kind, TransactionRow, TransactionStatus};
use money::Decimal;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema, sometimes};
use crate::values::{Absence, amount, date, fx_rate, maybe as wire, price, quantity};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let kinds: Vec<String> =
        Kind::ALL.iter().filter(|kind| kind.is_transaction()).map(|kind| kind.name().to_owned()).collect();
    let transaction = Type::record([
        field("transaction_id", Type::id("transaction"), "transaction"),
        field("seq", Type::Integer, "number of the ledger entry"),
        field("trade_date", Type::Date, "trade date"),
        maybe("settlement_date", Type::Date, "when cash and securities change hands"),
        maybe("ex_date", Type::Date, "first day without the right"),
        maybe("pay_date", Type::Date, "day of payment"),
        field("kind", Type::Enum(kinds.clone()), "what happened"),
        field("account_id", Type::id("account"), "account"),
        maybe("security_id", Type::id("security"), "security"),
        maybe("symbol", Type::Text, "market and symbol"),
        maybe("name", Type::Text, "name of the security"),
        maybe("quantity", Type::Quantity, "units"),
        maybe("price", Type::Price, "amount per unit"),
        field("gross_amount", Type::Money, "before fees and taxes"),
        field("amount", Type::Money, "change of cash, signed: + into cash"),
        field("fees", Type::Money, "fees"),
        field("tax", Type::Money, "taxes"),
        field("currency", Type::Text, "currency of the amounts"),
        maybe("fx_rate", Type::FxRate, "base currency per unit at the trade, for income at the pay date"),
        maybe("base_amount", Type::Money, "change of cash in base currency"),
        maybe("counter_amount", Type::Money, "fx: amount bought"),
        maybe(
            "ratio",
            Type::record([field("from", Type::Quantity, "old units"), field("to", Type::Quantity, "new units")]),
            "split: new units for old ones",
        ),
        maybe("realized_gain", Type::Money, "gain of a disposal in base currency"),
        field("status", Type::one_of(["recorded", "voided", "amended"]), "whether it is in force"),
        field("source", Type::Text, "manual, import, provider or api"),
        maybe("external_id", Type::Text, "identity in the source"),
        maybe("narration", Type::Text, "note"),
        field("tags", Type::list(Type::Text), "labels"),
    ]);
    let mut declaration = Declaration::read(
        "ledger.transactions",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Transactions of a portfolio, newest first.",
        schema([
            portfolio(),
            Field::optional("security_id", Type::id("security"), "of this security"),
            Field::optional("account_id", Type::id("account"), "in this account"),
            Field::optional("kinds", Type::list(Type::Enum(kinds)), "of these kinds"),
            Field::optional("from", Type::Date, "traded on or after"),
            Field::optional("to", Type::Date, "traded on or before"),
            Field::optional("text", Type::Text, "whose note contains this, or whose external id is this"),
            Field::with_default("include_voided", Type::Boolean, false, "those that are no longer in force as well"),
            Field::with_default("limit", Type::Integer, 50, "most rows").between(1.0, 1000.0),
            Field::optional("cursor", Type::Text, "next_cursor of the page before"),
        ]),
        schema([
            field("transactions", Type::list(transaction), "by trade date and number, newest first"),
            field("total_count", Type::Integer, "rows of all pages"),
            sometimes("next_cursor", Type::Text, "where the next page begins"),
        ]),
    );
    declaration.reads.packs = false;
    declaration
}

/// Reads the books and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args)?.into())
}

/// One page of a scene's transactions.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    let filter = Filter::of(args)?;
    let after = args.text("cursor").map(read_cursor).transpose()?;
    let mut rows: Vec<&TransactionRow> = scene.folio.book.transactions().filter(|row| filter.holds(row)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.trade_date, row.seq)));
    let total = rows.len();
    let begin = after.map_or(0, |(day, seq)| rows.partition_point(|row| (row.trade_date, row.seq) >= (day, seq)));
    let limit = args.count("limit").clamp(1, 1000);
    let page = &rows[begin..(begin + limit).min(total)];
    let gains = realized_by_seq(scene);
    let mut value = json!({
        "transactions": page.iter().map(|row| transaction(scene, row, gains.get(&row.seq).copied())).collect::<Vec<_>>(),
        "total_count": total,
    });
    if let Some(last) = page.last().filter(|_| begin + page.len() < total) {
        value["next_cursor"] = format!("{}:{}", last.trade_date, last.seq).into();
    }
    Ok(value.into())
}

struct Filter {
    security: Option<uuid::Uuid>,
    account: Option<uuid::Uuid>,
    kinds: Option<Vec<String>>,
    from: Option<dates::Date>,
    to: Option<dates::Date>,
    text: Option<String>,
    include_voided: bool,
}

impl Filter {
    fn of(args: &Args) -> Result<Filter, Failure> {
        let kinds = args.list("kinds").map(|kinds| kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(Filter {
            security: args.id("security_id")?,
            account: args.id("account_id")?,
            kinds,
            from: args.date("from")?,
            to: args.date("to")?,
            text: args.text("text").map(str::to_lowercase),
            include_voided: args.is("include_voided"),
        })
    }

    fn holds(&self, row: &TransactionRow) -> bool {
        let mentions = |text: &str| {
            let in_note = row.note.as_ref().is_some_and(|note| note.to_lowercase().contains(text));
            in_note || row.external_id.as_ref().is_some_and(|id| id.to_lowercase() == text)
        };
        (self.include_voided || row.is_active())
            && self.security.is_none_or(|id| row.security_id == Some(id))
            && self.account.is_none_or(|id| row.account_id == id)
            && self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == row.kind.name()))
            && self.from.is_none_or(|from| from <= row.trade_date)
            && self.to.is_none_or(|to| row.trade_date <= to)
            && self.text.as_deref().is_none_or(mentions)
    }
}

fn read_cursor(text: &str) -> Result<(dates::Date, u64), Failure> {
    let refuse = || Failure::new("invalid_cursor", "the cursor is not one of this list").at("/cursor");
    let (day, seq) = text.split_once(':').ok_or_else(refuse)?;
    Ok((dates::parse_date(day).map_err(|_| refuse())?, seq.parse().map_err(|_| refuse())?))
}

/// Gains in base currency by the entry that realized them.
fn realized_by_seq(scene: &Scene) -> HashMap<u64, Decimal> {
    let mut gains = HashMap::new();
    for event in scene.folio.book.lot_events() {
        if let Some(realized) = &event.realized {
            *gains.entry(event.seq).or_insert(Decimal::ZERO) += realized.total;
        }
    }
    gains
}

/// The wire form of a transaction.
pub fn transaction(scene: &Scene, row: &TransactionRow, gain: Option<Decimal>) -> Value {
    let base = scene.base();
    let none = |what: &str| Absence::new("not_applicable", format!("a {} has no {what}", row.kind), Value::Null);
    let status = match row.status {
        TransactionStatus::Active => "recorded",
        other => other.name(),
    };
    let security = row.security_id.and_then(|id| scene.folio.securities.get(&id));
    let source = scene.folio.records.get(usize::try_from(row.seq).unwrap_or(usize::MAX).wrapping_sub(1));
    let entry = scene.folio.book.entries().get(usize::try_from(row.seq).unwrap_or(usize::MAX).wrapping_sub(1));
    let content = entry.and_then(|entry| entry.transaction());
    let bought = content.and_then(|content| content.counter_amount.zip(content.counter_currency));
    let ratio = content.and_then(|content| content.ratio);
    let rate = if row.currency == base { Some(Decimal::ONE) } else { row.fx_rate };
    json!({
        "transaction_id": row.id,
        "seq": row.seq,
        "trade_date": row.trade_date,
        "settlement_date": wire(row.settlement_date.ok_or_else(|| none("settlement date")), date),
        "ex_date": wire(row.ex_date.ok_or_else(|| none("ex-date")), date),
        "pay_date": wire(row.pay_date.ok_or_else(|| none("pay date")), date),
        "kind": row.kind.name(),
        "account_id": row.account_id,
        "security_id": wire(row.security_id.ok_or_else(|| none("security")), |id| id.to_string().into()),
        "symbol": wire(row.security_id.ok_or_else(|| none("security")), |id| scene.folio.symbol(id).into()),
        "name": wire(security.ok_or_else(|| none("security")), |security| security.fields.name.clone().into()),
        "quantity": wire(row.quantity.ok_or_else(|| none("quantity")), quantity),
        "price": wire(row.price.ok_or_else(|| none("price")), |amount| price(amount, row.currency)),
        "gross_amount": amount(row.gross_amount, row.currency),
        "amount": amount(row.net_amount, row.currency),
        "fees": amount(row.fees, row.currency),
        "tax": amount(row.taxes, row.currency),
        "currency": row.currency.code(),
        "fx_rate": wire(rate.ok_or_else(|| none("rate")), |rate| fx_rate(row.currency, base, rate)),
        "base_amount": wire(rate.ok_or_else(|| none("rate")), |_| amount(row.base_net, base)),
        "counter_amount": wire(bought.ok_or_else(|| none("counter amount")), |(bought, currency)| amount(bought, currency)),
        "ratio": wire(ratio.ok_or_else(|| none("ratio")), |ratio| json!({ "from": quantity(ratio.from), "to": quantity(ratio.to) })),
        "realized_gain": wire(gain.ok_or_else(|| none("disposal")), |gain| amount(gain, base)),
        "status": status,
        "source": source.map_or("manual", |record| record.source.name()),
        "external_id": wire(row.external_id.clone().ok_or_else(|| none("external id")), Value::String),
        "narration": wire(row.note.clone().ok_or_else(|| none("note")), Value::String),
        "tags": row.tags,
    })
}
