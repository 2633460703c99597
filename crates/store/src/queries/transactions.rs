//! Transactions as the ledger projects them: pages for lists, single ones for detail.
//! Invariant: a page continues exactly where the last one ended, whatever was added in between.

use chrono::NaiveDate;
use ledger::projection::TransactionRow;
use uuid::Uuid;

use super::projections::transaction_of;
use crate::error::StoreError;
use crate::read::{big, column, unsigned};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "transactions";
    PAGE = "page.sql" [UUID, UUID, DATE, INT8, UUID, UUID, TEXT_ARRAY, TEXT_ARRAY, DATE, DATE, TEXT, TEXT, INT8];
    COUNT = "count.sql" [UUID, UUID, UUID, UUID, TEXT_ARRAY, TEXT_ARRAY, DATE, DATE, TEXT, TEXT];
    BY_ID = "by_id.sql" [UUID, UUID];
}

/// Which transactions are wanted; absent fields do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Of this security.
    pub security_id: Option<Uuid>,
    /// In this account.
    pub account_id: Option<Uuid>,
    /// Of these kinds (`buy`, …).
    pub kinds: Option<Vec<String>>,
    /// In these states (`active`, `voided`, `amended`).
    pub statuses: Option<Vec<String>>,
    /// Traded on or after.
    pub from: Option<NaiveDate>,
    /// Traded on or before.
    pub to: Option<NaiveDate>,
    /// With this tag.
    pub tag: Option<String>,
    /// Whose note contains this, or whose external id is this.
    pub text: Option<String>,
}

/// Where a page ended: the next one begins below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionCursor {
    /// Trade date of the last row.
    pub trade_date: NaiveDate,
    /// Sequence number of the last row.
    pub seq: u64,
}

/// At most `limit` transactions, newest first.
pub async fn page(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    filter: &TransactionFilter,
    after: Option<TransactionCursor>,
    limit: u32,
) -> Result<Vec<TransactionRow>, StoreError> {
    let after_date = after.map(|c| c.trade_date);
    let after_seq = after.map(|c| big(c.seq)).transpose()?;
    let rows = tx
        .rows(
            &PAGE,
            &[
                &owner,
                &portfolio,
                &after_date,
                &after_seq,
                &filter.security_id,
                &filter.account_id,
                &filter.kinds,
                &filter.statuses,
                &filter.from,
                &filter.to,
                &filter.tag,
                &filter.text,
                &i64::from(limit),
            ],
        )
        .await?;
    rows.iter().map(transaction_of).collect()
}

/// How many transactions the filter has.
pub async fn count(
    tx: &mut UserTransaction,
    owner: Uuid,
    portfolio: Uuid,
    filter: &TransactionFilter,
) -> Result<u64, StoreError> {
    let row = tx
        .row_opt(
            &COUNT,
            &[
                &owner,
                &portfolio,
                &filter.security_id,
                &filter.account_id,
                &filter.kinds,
                &filter.statuses,
                &filter.from,
                &filter.to,
                &filter.tag,
                &filter.text,
            ],
        )
        .await?;
    row.as_ref().map_or(Ok(0), |row| unsigned(row, 0))
}

/// A transaction with the portfolio that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundTransaction {
    /// Owner of the portfolio.
    pub user_id: Uuid,
    /// Portfolio.
    pub portfolio_id: Uuid,
    /// The transaction.
    pub row: TransactionRow,
}

/// One transaction that the user owns or may read.
pub async fn by_id(tx: &mut UserTransaction, user: Uuid, id: Uuid) -> Result<Option<FoundTransaction>, StoreError> {
    let row = tx.row_opt(&BY_ID, &[&user, &id]).await?;
    row.as_ref()
        .map(|row| {
            Ok(FoundTransaction {
                portfolio_id: column(row, 27)?,
                user_id: column(row, 28)?,
                row: transaction_of(row)?,
            })
        })
        .transpose()
}
