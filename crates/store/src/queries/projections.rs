//! The projections of a ledger as tables: applied as a difference, read back whole for verification.
//! Invariant: only [`super::ledger::append`] and a rebuild write here, in the transaction of the entries.

use chrono::NaiveDate;
use ledger::projection::{
    CashBalanceRow, CashFlowRow, Diff, LotEventRow, LotRow, ManualPriceRow, PositionRow, Rows, TransactionRow,
    TransactionStatus,
};
use ledger::{FlowKind, LotEventKind, Term};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{big, column, currency, currency_opt, int, named, unsigned, unsigned32};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "projections";
UPSERT_TRANSACTIONS = "upsert_transactions.sql" after "insert_transactions.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, TEXT_ARRAY, UUID_ARRAY, DATE_ARRAY, DATE_ARRAY, DATE_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, BOOL_ARRAY, TEXT_ARRAY, UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY];
INSERT_TRANSACTIONS = "insert_transactions.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, TEXT_ARRAY, UUID_ARRAY, DATE_ARRAY, DATE_ARRAY, DATE_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, BOOL_ARRAY, TEXT_ARRAY, UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY];
DELETE_TRANSACTIONS = "delete_transactions.sql" [UUID, UUID, UUID_ARRAY];
TRANSACTIONS_OF = "transactions_of.sql" [UUID, UUID];
UPSERT_LOTS = "upsert_lots.sql" after "insert_lots.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, DATE_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, DATE_ARRAY];
INSERT_LOTS = "insert_lots.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY, DATE_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, DATE_ARRAY];
DELETE_LOTS = "delete_lots.sql" [UUID, UUID, UUID_ARRAY];
LOTS_OF = "lots_of.sql" [UUID, UUID];
UPSERT_LOT_EVENTS = "upsert_lot_events.sql" after "insert_lot_events.sql" [UUID, UUID, UUID_ARRAY, INT8_ARRAY, INT4_ARRAY, TEXT_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY];
INSERT_LOT_EVENTS = "insert_lot_events.sql" [UUID, UUID, UUID_ARRAY, INT8_ARRAY, INT4_ARRAY, TEXT_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY];
DELETE_LOT_EVENTS = "delete_lot_events.sql" [UUID, UUID, UUID_ARRAY, INT8_ARRAY, INT4_ARRAY];
LOT_EVENTS_OF = "lot_events_of.sql" [UUID, UUID];
UPSERT_POSITIONS = "upsert_positions.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, INT4_ARRAY, DATE_ARRAY, INT8_ARRAY];
DELETE_POSITIONS = "delete_positions.sql" [UUID, UUID, UUID_ARRAY, UUID_ARRAY];
POSITIONS_OF = "positions_of.sql" [UUID, UUID];
UPSERT_CASH_BALANCES = "upsert_cash_balances.sql" [UUID, UUID, UUID_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, NUMERIC_ARRAY, INT8_ARRAY];
DELETE_CASH_BALANCES = "delete_cash_balances.sql" [UUID, UUID, UUID_ARRAY, TEXT_ARRAY];
CASH_BALANCES_OF = "cash_balances_of.sql" [UUID, UUID];
UPSERT_CASH_FLOWS = "upsert_cash_flows.sql" after "insert_cash_flows.sql" [UUID, UUID, INT8_ARRAY, INT4_ARRAY, DATE_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY];
INSERT_CASH_FLOWS = "insert_cash_flows.sql" [UUID, UUID, INT8_ARRAY, INT4_ARRAY, DATE_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, NUMERIC_ARRAY];
DELETE_CASH_FLOWS = "delete_cash_flows.sql" [UUID, UUID, INT8_ARRAY, INT4_ARRAY];
CASH_FLOWS_OF = "cash_flows_of.sql" [UUID, UUID];
UPSERT_MANUAL_PRICES = "upsert_manual_prices.sql" [UUID, UUID, UUID_ARRAY, DATE_ARRAY, NUMERIC_ARRAY, TEXT_ARRAY, INT8_ARRAY];
DELETE_MANUAL_PRICES = "delete_manual_prices.sql" [UUID, UUID, UUID_ARRAY, DATE_ARRAY];
MANUAL_PRICES_OF = "manual_prices_of.sql" [UUID, UUID];}

/// Rows that go to the database in one statement.
const CHUNK: usize = 20_000;
/// Separates the tags of one row; not possible in a tag.
const TAG_SEPARATOR: &str = "\u{1f}";

/// Applies the difference of two projections of one portfolio.
pub async fn apply(tx: &mut UserTransaction, user: Uuid, portfolio: Uuid, diff: &Diff) -> Result<(), StoreError> {
    delete(tx, user, portfolio, diff).await?;
    // Closed transactions before active ones: an amendment takes over the external id of its target.
    for closed in [true, false] {
        for (sql, rows) in
            [(&UPSERT_TRANSACTIONS, &diff.transactions.update), (&INSERT_TRANSACTIONS, &diff.transactions.insert)]
        {
            let rows: Vec<&TransactionRow> = rows.iter().filter(|row| row.is_active() != closed).collect();
            for rows in rows.chunks(CHUNK) {
                write_transactions(tx, sql, user, portfolio, rows).await?;
            }
        }
    }
    for (sql, rows) in [(&UPSERT_LOTS, &diff.lots.update), (&INSERT_LOTS, &diff.lots.insert)] {
        for rows in rows.chunks(CHUNK) {
            write_lots(tx, sql, user, portfolio, rows).await?;
        }
    }
    for (sql, rows) in [(&UPSERT_LOT_EVENTS, &diff.lot_events.update), (&INSERT_LOT_EVENTS, &diff.lot_events.insert)] {
        for rows in rows.chunks(CHUNK) {
            write_lot_events(tx, sql, user, portfolio, rows).await?;
        }
    }
    let rows: Vec<_> = diff.positions.written().collect();
    for rows in rows.chunks(CHUNK) {
        upsert_positions(tx, user, portfolio, rows).await?;
    }
    let rows: Vec<_> = diff.cash_balances.written().collect();
    for rows in rows.chunks(CHUNK) {
        upsert_cash_balances(tx, user, portfolio, rows).await?;
    }
    for (sql, rows) in [(&UPSERT_CASH_FLOWS, &diff.cash_flows.update), (&INSERT_CASH_FLOWS, &diff.cash_flows.insert)] {
        for rows in rows.chunks(CHUNK) {
            write_cash_flows(tx, sql, user, portfolio, rows).await?;
        }
    }
    let rows: Vec<_> = diff.manual_prices.written().collect();
    for rows in rows.chunks(CHUNK) {
        upsert_manual_prices(tx, user, portfolio, rows).await?;
    }
    Ok(())
}

/// The stored projections of a portfolio, each table by key.
pub async fn rows_of(tx: &mut UserTransaction, owner: Uuid, portfolio: Uuid) -> Result<Rows, StoreError> {
    let key: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&owner, &portfolio];
    let mut rows = Rows {
        transactions: read(tx, &TRANSACTIONS_OF, &key, transaction_of).await?,
        lots: read(tx, &LOTS_OF, &key, lot_of).await?,
        lot_events: read(tx, &LOT_EVENTS_OF, &key, lot_event_of).await?,
        positions: read(tx, &POSITIONS_OF, &key, position_of).await?,
        cash_balances: read(tx, &CASH_BALANCES_OF, &key, cash_balance_of).await?,
        cash_flows: read(tx, &CASH_FLOWS_OF, &key, cash_flow_of).await?,
        manual_prices: read(tx, &MANUAL_PRICES_OF, &key, manual_price_of).await?,
    };
    // The collation of a text key may differ from the order of the domain type.
    rows.cash_balances.sort_by_key(|row| (row.account_id, row.currency));
    Ok(rows)
}

async fn read<T>(
    tx: &mut UserTransaction,
    sql: &crate::sql::Sql,
    key: crate::transaction::Params<'_>,
    map: fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    tx.rows(sql, key).await?.iter().map(map).collect()
}

async fn delete(tx: &mut UserTransaction, user: Uuid, portfolio: Uuid, diff: &Diff) -> Result<(), StoreError> {
    let gone = &diff.lot_events.delete;
    if !gone.is_empty() {
        let lots: Vec<Uuid> = gone.iter().map(|k| k.0).collect();
        let seqs = gone.iter().map(|k| big(k.1)).collect::<Result<Vec<_>, _>>()?;
        let parts = gone.iter().map(|k| int(k.2)).collect::<Result<Vec<_>, _>>()?;
        tx.write(&DELETE_LOT_EVENTS, &[&user, &portfolio, &lots, &seqs, &parts]).await?;
    }
    if !diff.lots.delete.is_empty() {
        tx.write(&DELETE_LOTS, &[&user, &portfolio, &diff.lots.delete]).await?;
    }
    if !diff.transactions.delete.is_empty() {
        tx.write(&DELETE_TRANSACTIONS, &[&user, &portfolio, &diff.transactions.delete]).await?;
    }
    let gone = &diff.positions.delete;
    if !gone.is_empty() {
        let accounts: Vec<Uuid> = gone.iter().map(|k| k.0).collect();
        let securities: Vec<Uuid> = gone.iter().map(|k| k.1).collect();
        tx.write(&DELETE_POSITIONS, &[&user, &portfolio, &accounts, &securities]).await?;
    }
    let gone = &diff.cash_balances.delete;
    if !gone.is_empty() {
        let accounts: Vec<Uuid> = gone.iter().map(|k| k.0).collect();
        let currencies: Vec<&str> = gone.iter().map(|k| k.1.code()).collect();
        tx.write(&DELETE_CASH_BALANCES, &[&user, &portfolio, &accounts, &currencies]).await?;
    }
    let gone = &diff.cash_flows.delete;
    if !gone.is_empty() {
        let seqs = gone.iter().map(|k| big(k.0)).collect::<Result<Vec<_>, _>>()?;
        let parts = gone.iter().map(|k| int(k.1)).collect::<Result<Vec<_>, _>>()?;
        tx.write(&DELETE_CASH_FLOWS, &[&user, &portfolio, &seqs, &parts]).await?;
    }
    let gone = &diff.manual_prices.delete;
    if !gone.is_empty() {
        let securities: Vec<Uuid> = gone.iter().map(|k| k.0).collect();
        let dates: Vec<NaiveDate> = gone.iter().map(|k| k.1).collect();
        tx.write(&DELETE_MANUAL_PRICES, &[&user, &portfolio, &securities, &dates]).await?;
    }
    Ok(())
}

async fn write_transactions(
    tx: &mut UserTransaction,
    sql: &crate::sql::Sql,
    user: Uuid,
    portfolio: Uuid,
    rows: &[&TransactionRow],
) -> Result<(), StoreError> {
    let id: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let account_id: Vec<Uuid> = rows.iter().map(|r| r.account_id).collect();
    let seq = rows.iter().map(|r| big(r.seq)).collect::<Result<Vec<_>, _>>()?;
    let kind: Vec<&str> = rows.iter().map(|r| r.kind.name()).collect();
    let security_id: Vec<Option<Uuid>> = rows.iter().map(|r| r.security_id).collect();
    let trade_date: Vec<NaiveDate> = rows.iter().map(|r| r.trade_date).collect();
    let settlement: Vec<Option<NaiveDate>> = rows.iter().map(|r| r.settlement_date).collect();
    let ex: Vec<Option<NaiveDate>> = rows.iter().map(|r| r.ex_date).collect();
    let pay: Vec<Option<NaiveDate>> = rows.iter().map(|r| r.pay_date).collect();
    let quantity: Vec<Option<Decimal>> = rows.iter().map(|r| r.quantity).collect();
    let price: Vec<Option<Decimal>> = rows.iter().map(|r| r.price).collect();
    let gross: Vec<Decimal> = rows.iter().map(|r| r.gross_amount).collect();
    let fees: Vec<Decimal> = rows.iter().map(|r| r.fees).collect();
    let taxes: Vec<Decimal> = rows.iter().map(|r| r.taxes).collect();
    let net: Vec<Decimal> = rows.iter().map(|r| r.net_amount).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.currency.code()).collect();
    let fx_rate: Vec<Option<Decimal>> = rows.iter().map(|r| r.fx_rate).collect();
    let fx_quote: Vec<Option<&str>> = rows.iter().map(|r| r.fx_quote.as_ref().map(money::Currency::code)).collect();
    let base_gross: Vec<Decimal> = rows.iter().map(|r| r.base_gross).collect();
    let base_net: Vec<Decimal> = rows.iter().map(|r| r.base_net).collect();
    let external_flow: Vec<bool> = rows.iter().map(|r| r.is_external_flow).collect();
    let status: Vec<&str> = rows.iter().map(|r| r.status.name()).collect();
    let amended_by: Vec<Option<Uuid>> = rows.iter().map(|r| r.status.amended_by()).collect();
    let group: Vec<Option<Uuid>> = rows.iter().map(|r| r.group_id).collect();
    let external_id: Vec<Option<&str>> = rows.iter().map(|r| r.external_id.as_deref()).collect();
    let note: Vec<&str> = rows.iter().map(|r| r.note.as_deref().unwrap_or_default()).collect();
    let tags: Vec<Option<String>> =
        rows.iter().map(|r| (!r.tags.is_empty()).then(|| r.tags.join(TAG_SEPARATOR))).collect();
    tx.write(
        sql,
        &[
            &user,
            &portfolio,
            &id,
            &account_id,
            &seq,
            &kind,
            &security_id,
            &trade_date,
            &settlement,
            &ex,
            &pay,
            &quantity,
            &price,
            &gross,
            &fees,
            &taxes,
            &net,
            &currency,
            &fx_rate,
            &fx_quote,
            &base_gross,
            &base_net,
            &external_flow,
            &status,
            &amended_by,
            &group,
            &external_id,
            &note,
            &tags,
        ],
    )
    .await
    .map(drop)
}

async fn write_lots(
    tx: &mut UserTransaction,
    sql: &crate::sql::Sql,
    user: Uuid,
    portfolio: Uuid,
    rows: &[LotRow],
) -> Result<(), StoreError> {
    let id: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let account: Vec<Uuid> = rows.iter().map(|r| r.account_id).collect();
    let security: Vec<Uuid> = rows.iter().map(|r| r.security_id).collect();
    let opened = rows.iter().map(|r| big(r.opened_seq)).collect::<Result<Vec<_>, _>>()?;
    let acquired: Vec<NaiveDate> = rows.iter().map(|r| r.acquired_on).collect();
    let holding: Vec<NaiveDate> = rows.iter().map(|r| r.holding_started_on).collect();
    let original: Vec<Decimal> = rows.iter().map(|r| r.quantity_original).collect();
    let open: Vec<Decimal> = rows.iter().map(|r| r.quantity_open).collect();
    let cost: Vec<Decimal> = rows.iter().map(|r| r.cost_basis).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.cost_currency.code()).collect();
    let per_unit: Vec<Decimal> = rows.iter().map(|r| r.cost_per_unit).collect();
    let fx: Vec<Decimal> = rows.iter().map(|r| r.fx_rate_to_base).collect();
    let wash: Vec<Decimal> = rows.iter().map(|r| r.wash_sale_adjustment).collect();
    let closed: Vec<Option<NaiveDate>> = rows.iter().map(|r| r.closed_on).collect();
    tx.write(
        sql,
        &[
            &user, &portfolio, &id, &account, &security, &opened, &acquired, &holding, &original, &open, &cost,
            &currency, &per_unit, &fx, &wash, &closed,
        ],
    )
    .await
    .map(drop)
}

async fn write_lot_events(
    tx: &mut UserTransaction,
    sql: &crate::sql::Sql,
    user: Uuid,
    portfolio: Uuid,
    rows: &[LotEventRow],
) -> Result<(), StoreError> {
    let lot: Vec<Uuid> = rows.iter().map(|r| r.lot_id).collect();
    let seq = rows.iter().map(|r| big(r.seq)).collect::<Result<Vec<_>, _>>()?;
    let part = rows.iter().map(|r| int(r.part)).collect::<Result<Vec<_>, _>>()?;
    let kind: Vec<&str> = rows.iter().map(|r| r.kind.name()).collect();
    let effective: Vec<NaiveDate> = rows.iter().map(|r| r.effective_on).collect();
    let quantity: Vec<Decimal> = rows.iter().map(|r| r.quantity_delta).collect();
    let cost: Vec<Decimal> = rows.iter().map(|r| r.cost_delta).collect();
    let proceeds: Vec<Option<Decimal>> = rows.iter().map(|r| r.proceeds).collect();
    let price_gain: Vec<Option<Decimal>> = rows.iter().map(|r| r.realized_price_gain).collect();
    let fx_gain: Vec<Option<Decimal>> = rows.iter().map(|r| r.realized_fx_gain).collect();
    let gain: Vec<Option<Decimal>> = rows.iter().map(|r| r.realized_gain).collect();
    let term: Vec<Option<&str>> = rows.iter().map(|r| r.term.map(Term::name)).collect();
    tx.write(
        sql,
        &[
            &user,
            &portfolio,
            &lot,
            &seq,
            &part,
            &kind,
            &effective,
            &quantity,
            &cost,
            &proceeds,
            &price_gain,
            &fx_gain,
            &gain,
            &term,
        ],
    )
    .await
    .map(drop)
}

async fn upsert_positions(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    rows: &[&PositionRow],
) -> Result<(), StoreError> {
    let account: Vec<Uuid> = rows.iter().map(|r| r.account_id).collect();
    let security: Vec<Uuid> = rows.iter().map(|r| r.security_id).collect();
    let quantity: Vec<Decimal> = rows.iter().map(|r| r.quantity).collect();
    let pending: Vec<Decimal> = rows.iter().map(|r| r.quantity_pending).collect();
    let cost: Vec<Decimal> = rows.iter().map(|r| r.cost_basis).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.cost_currency.code()).collect();
    let lots = rows.iter().map(|r| int(r.lot_count)).collect::<Result<Vec<_>, _>>()?;
    let first: Vec<NaiveDate> = rows.iter().map(|r| r.first_acquired_on).collect();
    let last = rows.iter().map(|r| big(r.last_seq)).collect::<Result<Vec<_>, _>>()?;
    tx.write(
        &UPSERT_POSITIONS,
        &[&user, &portfolio, &account, &security, &quantity, &pending, &cost, &currency, &lots, &first, &last],
    )
    .await
    .map(drop)
}

async fn upsert_cash_balances(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    rows: &[&CashBalanceRow],
) -> Result<(), StoreError> {
    let account: Vec<Uuid> = rows.iter().map(|r| r.account_id).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.currency.code()).collect();
    let settled: Vec<Decimal> = rows.iter().map(|r| r.settled).collect();
    let pending: Vec<Decimal> = rows.iter().map(|r| r.pending).collect();
    let last = rows.iter().map(|r| big(r.last_seq)).collect::<Result<Vec<_>, _>>()?;
    tx.write(&UPSERT_CASH_BALANCES, &[&user, &portfolio, &account, &currency, &settled, &pending, &last])
        .await
        .map(drop)
}

async fn write_cash_flows(
    tx: &mut UserTransaction,
    sql: &crate::sql::Sql,
    user: Uuid,
    portfolio: Uuid,
    rows: &[CashFlowRow],
) -> Result<(), StoreError> {
    let seq = rows.iter().map(|r| big(r.seq)).collect::<Result<Vec<_>, _>>()?;
    let part = rows.iter().map(|r| int(r.part)).collect::<Result<Vec<_>, _>>()?;
    let effective: Vec<NaiveDate> = rows.iter().map(|r| r.effective_on).collect();
    let kind: Vec<&str> = rows.iter().map(|r| r.kind.name()).collect();
    let amount: Vec<Decimal> = rows.iter().map(|r| r.amount).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.currency.code()).collect();
    let base: Vec<Decimal> = rows.iter().map(|r| r.base_amount).collect();
    tx.write(sql, &[&user, &portfolio, &seq, &part, &effective, &kind, &amount, &currency, &base]).await.map(drop)
}

async fn upsert_manual_prices(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    rows: &[&ManualPriceRow],
) -> Result<(), StoreError> {
    let security: Vec<Uuid> = rows.iter().map(|r| r.security_id).collect();
    let date: Vec<NaiveDate> = rows.iter().map(|r| r.date).collect();
    let price: Vec<Decimal> = rows.iter().map(|r| r.price).collect();
    let currency: Vec<&str> = rows.iter().map(|r| r.currency.code()).collect();
    let seq = rows.iter().map(|r| big(r.seq)).collect::<Result<Vec<_>, _>>()?;
    tx.write(&UPSERT_MANUAL_PRICES, &[&user, &portfolio, &security, &date, &price, &currency, &seq]).await.map(drop)
}

fn status_of(row: &Row, status: usize, amended_by: usize) -> Result<TransactionStatus, StoreError> {
    let by: Option<Uuid> = column(row, amended_by)?;
    named(row, status, |text| match (text, by) {
        ("active", None) => Some(TransactionStatus::Active),
        ("voided", None) => Some(TransactionStatus::Voided),
        ("amended", Some(by)) => Some(TransactionStatus::Amended { by }),
        _ => None,
    })
}

/// Columns of `transactions_of.sql` and of the pages of transactions.
pub(crate) fn transaction_of(row: &Row) -> Result<TransactionRow, StoreError> {
    let kind: ledger::Kind = named(row, 3, |text| text.parse().ok())?;
    let trade_date: NaiveDate = column(row, 5)?;
    let pay_date: Option<NaiveDate> = column(row, 8)?;
    let note: String = column(row, 25)?;
    Ok(TransactionRow {
        id: column(row, 0)?,
        account_id: column(row, 1)?,
        seq: unsigned(row, 2)?,
        kind,
        security_id: column(row, 4)?,
        trade_date,
        effective_on: pay_date.filter(|_| kind.is_income()).unwrap_or(trade_date),
        settlement_date: column(row, 6)?,
        ex_date: column(row, 7)?,
        pay_date,
        quantity: column(row, 9)?,
        price: column(row, 10)?,
        gross_amount: column(row, 11)?,
        fees: column(row, 12)?,
        taxes: column(row, 13)?,
        net_amount: column(row, 14)?,
        currency: currency(row, 15)?,
        fx_rate: column(row, 16)?,
        fx_quote: currency_opt(row, 17)?,
        base_gross: column(row, 18)?,
        base_net: column(row, 19)?,
        is_external_flow: column(row, 20)?,
        status: status_of(row, 21, 22)?,
        group_id: column(row, 23)?,
        external_id: column(row, 24)?,
        note: (!note.is_empty()).then_some(note),
        tags: column(row, 26)?,
    })
}

/// Columns of `lots_of.sql` and of the lists of lots.
pub(crate) fn lot_of(row: &Row) -> Result<LotRow, StoreError> {
    Ok(LotRow {
        id: column(row, 0)?,
        account_id: column(row, 1)?,
        security_id: column(row, 2)?,
        opened_seq: unsigned(row, 3)?,
        acquired_on: column(row, 4)?,
        holding_started_on: column(row, 5)?,
        quantity_original: column(row, 6)?,
        quantity_open: column(row, 7)?,
        cost_basis: column(row, 8)?,
        cost_currency: currency(row, 9)?,
        cost_per_unit: column(row, 10)?,
        fx_rate_to_base: column(row, 11)?,
        wash_sale_adjustment: column(row, 12)?,
        closed_on: column(row, 13)?,
    })
}

/// Columns of `lot_events_of.sql` and of the lists of disposals.
pub(crate) fn lot_event_of(row: &Row) -> Result<LotEventRow, StoreError> {
    let term: Option<&str> = column(row, 11)?;
    Ok(LotEventRow {
        lot_id: column(row, 0)?,
        seq: unsigned(row, 1)?,
        part: unsigned32(row, 2)?,
        kind: named(row, 3, |text| LOT_EVENT_KINDS.into_iter().find(|k| k.name() == text))?,
        effective_on: column(row, 4)?,
        quantity_delta: column(row, 5)?,
        cost_delta: column(row, 6)?,
        proceeds: column(row, 7)?,
        realized_price_gain: column(row, 8)?,
        realized_fx_gain: column(row, 9)?,
        realized_gain: column(row, 10)?,
        term: term
            .map(|_| named(row, 11, |text| [Term::Short, Term::Long].into_iter().find(|t| t.name() == text)))
            .transpose()?,
    })
}

const LOT_EVENT_KINDS: [LotEventKind; 6] = [
    LotEventKind::Open,
    LotEventKind::Dispose,
    LotEventKind::Split,
    LotEventKind::TransferOut,
    LotEventKind::TransferIn,
    LotEventKind::BasisChange,
];

const FLOW_KINDS: [FlowKind; 6] =
    [FlowKind::External, FlowKind::Income, FlowKind::Fee, FlowKind::Tax, FlowKind::Trade, FlowKind::Fx];

fn position_of(row: &Row) -> Result<PositionRow, StoreError> {
    Ok(PositionRow {
        account_id: column(row, 0)?,
        security_id: column(row, 1)?,
        quantity: column(row, 2)?,
        quantity_pending: column(row, 3)?,
        cost_basis: column(row, 4)?,
        cost_currency: currency(row, 5)?,
        lot_count: unsigned32(row, 6)?,
        first_acquired_on: column(row, 7)?,
        last_seq: unsigned(row, 8)?,
    })
}

fn cash_balance_of(row: &Row) -> Result<CashBalanceRow, StoreError> {
    Ok(CashBalanceRow {
        account_id: column(row, 0)?,
        currency: currency(row, 1)?,
        settled: column(row, 2)?,
        pending: column(row, 3)?,
        last_seq: unsigned(row, 4)?,
    })
}

fn cash_flow_of(row: &Row) -> Result<CashFlowRow, StoreError> {
    Ok(CashFlowRow {
        seq: unsigned(row, 0)?,
        part: unsigned32(row, 1)?,
        effective_on: column(row, 2)?,
        kind: named(row, 3, |text| FLOW_KINDS.into_iter().find(|k| k.name() == text))?,
        amount: column(row, 4)?,
        currency: currency(row, 5)?,
        base_amount: column(row, 6)?,
    })
}

fn manual_price_of(row: &Row) -> Result<ManualPriceRow, StoreError> {
    Ok(ManualPriceRow {
        security_id: column(row, 0)?,
        date: column(row, 1)?,
        price: column(row, 2)?,
        currency: currency(row, 3)?,
        seq: unsigned(row, 4)?,
    })
}
