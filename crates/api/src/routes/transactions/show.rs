//! `GET /api/transactions/{id}`: a transaction as it was recorded, and what corrected it later.

use chrono::NaiveDate;
use ledger::{Action, Payload, TransactionPayload};
use money::Currency;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use store::queries::accounts::{self, Account};
use store::queries::ledger::{self as ledger_entries, StoredEntry};
use store::queries::securities::{self, Security};
use store::queries::transactions::{self, FoundTransaction};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;
use crate::problem::from_store::not_found;
use crate::routes::wire::{MoneyWire, decimal_text, timestamp};

/// Account of a transaction.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountName {
    /// Its id.
    pub id: Uuid,
    /// Name on screen.
    pub name: String,
}

/// Security of a transaction.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityName {
    /// Its id.
    pub id: Uuid,
    /// Newest symbol.
    pub symbol: Option<String>,
    /// Main exchange (MIC).
    pub mic: Option<String>,
    /// Newest ISIN.
    pub isin: Option<String>,
    /// Name on screen.
    pub name: String,
}

/// A fee or tax.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Charge {
    /// What it is for.
    pub kind: String,
    /// How much.
    pub money: MoneyWire,
}

/// An exchange rate: 1 base = rate quote.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FxRateWire {
    /// One unit of this.
    pub base: String,
    /// In units of this.
    pub quote: String,
    /// Decimal text.
    pub rate: String,
}

/// Ratio of a split, new for old.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RatioWire {
    /// Old units.
    pub from: String,
    /// New units.
    pub to: String,
}

/// Origin of a lot that was transferred in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CostBasisWire {
    /// Original purchase date.
    pub acquired_on: NaiveDate,
    /// Original total cost.
    pub cost: MoneyWire,
    /// Base currency of the portfolio per 1 unit of the cost's currency on that date.
    pub fx_rate: Option<String>,
}

/// Amounts in the base currency of the portfolio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BaseAmounts {
    /// Before fees and taxes.
    pub gross: MoneyWire,
    /// Signed change of cash.
    pub net: MoneyWire,
}

/// A transaction as the ledger has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transaction {
    /// Its id: the id of its ledger entry.
    pub id: Uuid,
    /// Portfolio.
    pub portfolio_id: Uuid,
    /// Number of its ledger entry.
    pub seq: u64,
    /// `active`, `voided` or `amended`.
    pub status: String,
    /// What happened.
    pub kind: String,
    /// Account.
    pub account_id: Uuid,
    /// The same with its name.
    pub account: Option<AccountName>,
    /// With which security.
    pub security: Option<SecurityName>,
    /// When.
    pub trade_date: NaiveDate,
    /// When cash and securities change hands.
    pub settlement_date: Option<NaiveDate>,
    /// First day without the right.
    pub ex_date: Option<NaiveDate>,
    /// Day on which holders are recorded.
    pub record_date: Option<NaiveDate>,
    /// Day on which income is paid.
    pub pay_date: Option<NaiveDate>,
    /// Units.
    pub quantity: Option<String>,
    /// Amount per unit.
    pub price: Option<MoneyWire>,
    /// Amount before fees and taxes.
    pub gross_amount: MoneyWire,
    /// Fees.
    pub fees: Vec<Charge>,
    /// Taxes.
    pub taxes: Vec<Charge>,
    /// Signed: positive into cash.
    pub net_amount: MoneyWire,
    /// Rate to the portfolio's currency; absent in it.
    pub fx_rate: Option<FxRateWire>,
    /// Amounts in the portfolio's currency.
    pub base_amounts: Option<BaseAmounts>,
    /// `fx`: what was bought.
    pub counter_amount: Option<MoneyWire>,
    /// `split`: new for old.
    pub ratio: Option<RatioWire>,
    /// `transfer_in`: date and cost of the original purchase.
    pub cost_basis: Option<CostBasisWire>,
    /// Transfers inside of the portfolio: the other account.
    pub counter_account_id: Option<Uuid>,
    /// Whether it crosses the boundary of the portfolio.
    pub is_external_flow: bool,
    /// Id of the transaction that this one corrects.
    pub amends: Option<Uuid>,
    /// Identity in the source.
    pub external_id: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// `manual`, `import`, `provider` or `api`.
    pub source: &'static str,
    /// Import that brought it.
    pub import_id: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: String,
    /// Who recorded it.
    pub recorded_by: Uuid,
    /// Commit of its ledger entry, 64 hex digits.
    pub ledger_commit: String,
    /// Later entries that took it back or corrected it, oldest first.
    pub history: Vec<TransactionChange>,
}

/// An entry that took a transaction back or corrected it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionChange {
    /// Id of the entry; of a correction, also the id of the corrected transaction.
    pub id: Uuid,
    /// Number of the entry.
    pub seq: u64,
    /// `voided` or `amended`.
    pub status: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub recorded_at: String,
    /// Who.
    pub recorded_by: Uuid,
    /// Commit of the entry, 64 hex digits.
    pub ledger_commit: String,
}

/// Everything that one answer is made of.
struct Parts {
    found: FoundTransaction,
    own: StoredEntry,
    amends: Option<Uuid>,
    later: Vec<StoredEntry>,
    account: Option<Account>,
    security: Option<Security>,
    base_currency: Currency,
}

impl Transaction {
    fn of(parts: &Parts, payload: &TransactionPayload) -> Self {
        let (row, own) = (&parts.found.row, &parts.own);
        let base = parts.base_currency;
        let money = |amount: Decimal| MoneyWire::new(amount, payload.currency);
        let rate = |rate: Decimal| rate.normalize().to_string();
        Self {
            id: row.id,
            portfolio_id: parts.found.portfolio_id,
            seq: row.seq,
            status: row.status.name().to_owned(),
            kind: row.kind.name().to_owned(),
            account_id: row.account_id,
            account: parts.account.as_ref().map(|a| AccountName { id: a.id, name: a.fields.name.clone() }),
            security: parts.security.as_ref().map(|s| SecurityName {
                id: s.id,
                symbol: s.symbol.clone(),
                mic: s.fields.primary_mic.clone(),
                isin: s.isin.clone(),
                name: s.fields.name.clone(),
            }),
            trade_date: row.trade_date,
            settlement_date: payload.settlement_date,
            ex_date: payload.ex_date,
            record_date: payload.record_date,
            pay_date: payload.pay_date,
            quantity: payload.quantity.map(decimal_text),
            price: payload.price.map(money),
            gross_amount: money(payload.gross_amount),
            fees: payload.fees.iter().map(|f| Charge { kind: f.kind.clone(), money: money(f.amount) }).collect(),
            taxes: payload.taxes.iter().map(|t| Charge { kind: word(&t.kind), money: money(t.amount) }).collect(),
            net_amount: money(payload.net_amount),
            fx_rate: payload.fx_rate.map(|value| FxRateWire {
                base: payload.currency.to_string(),
                quote: base.to_string(),
                rate: rate(value),
            }),
            base_amounts: Some(BaseAmounts {
                gross: MoneyWire::new(row.base_gross, base),
                net: MoneyWire::new(row.base_net, base),
            }),
            counter_amount: payload.counter_amount.zip(payload.counter_currency).map(|(a, c)| MoneyWire::new(a, c)),
            ratio: payload.ratio.map(|r| RatioWire { from: decimal_text(r.from), to: decimal_text(r.to) }),
            cost_basis: payload.lot_date.zip(payload.lot_cost).map(|(acquired_on, cost)| CostBasisWire {
                acquired_on,
                cost: money(cost),
                fx_rate: payload.lot_fx_rate.map(rate),
            }),
            counter_account_id: payload.counter_account_id,
            is_external_flow: row.is_external_flow,
            amends: parts.amends,
            external_id: row.external_id.clone(),
            note: payload.note.clone(),
            tags: payload.tags.clone(),
            source: own.source.name(),
            import_id: own.import_id,
            recorded_at: timestamp(own.entry.recorded_at),
            recorded_by: own.recorded_by,
            ledger_commit: hex::encode(own.commit),
            history: parts.later.iter().map(change_of).collect(),
        }
    }
}

fn change_of(stored: &StoredEntry) -> TransactionChange {
    let reason = match &stored.entry.payload {
        Payload::Transaction(transaction) => transaction.reason.clone(),
        Payload::Void { reason } => reason.clone(),
        _ => None,
    };
    TransactionChange {
        id: stored.entry.entry_id,
        seq: stored.entry.seq,
        status: if stored.entry.action == Action::Void { "voided" } else { "amended" },
        reason,
        recorded_at: timestamp(stored.entry.recorded_at),
        recorded_by: stored.recorded_by,
        ledger_commit: hex::encode(stored.commit),
    }
}

/// The wire word of an enumeration.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Shows one transaction.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = Transaction;
    const SUMMARY: &'static str = "One transaction with what corrected it later.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let user = cx.user()?;
        let id = cx.path_id("id")?;
        let parts = guard::as_user(&cx, async |tx| {
            let Some(found) = transactions::by_id(tx, user, id).await? else { return Ok(None) };
            let (owner, portfolio) = (found.user_id, found.portfolio_id);
            let mut entries = ledger_entries::history_of(tx, owner, id).await?.into_iter().map(|(_, entry)| entry);
            let Some(own) = entries.next() else { return Ok(None) };
            let later = entries.collect();
            let amends = match own.entry.target_seq {
                Some(seq) => ledger_entries::by_seq(tx, owner, portfolio, seq).await?.map(|e| e.entry.entry_id),
                None => None,
            };
            let account = accounts::by_id(tx, owner, found.row.account_id).await?;
            let security = match found.row.security_id {
                Some(security) => securities::by_ids(tx, &[security]).await?.into_iter().next(),
                None => None,
            };
            let Some(head) = store::queries::portfolios::by_id(tx, user, portfolio).await? else { return Ok(None) };
            Ok(Some(Parts { found, own, amends, later, account, security, base_currency: head.base_currency }))
        })
        .await?
        .ok_or_else(|| not_found("transaction"))?;
        match &parts.own.entry.payload {
            Payload::Transaction(payload) => Reply::data(&Transaction::of(&parts, payload)),
            _ => Err(not_found("transaction")),
        }
    }
}

/// The portfolio of a transaction whose books the caller may change.
pub(super) async fn writable_portfolio(cx: &Context, transaction: Uuid) -> Result<Uuid, Problem> {
    let user = cx.user()?;
    let found = guard::as_user(cx, async |tx| transactions::by_id(tx, user, transaction).await).await?;
    let found = found.ok_or_else(|| not_found("transaction"))?;
    guard::may_write(cx, found.portfolio_id).await?;
    Ok(found.portfolio_id)
}
