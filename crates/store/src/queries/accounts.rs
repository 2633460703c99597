//! Accounts of a portfolio. Invariant: `user_id` is the owner of the portfolio.

use chrono::{DateTime, NaiveDate, Utc};
use money::Currency;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::StoreError;
use crate::read::{column, currency};
use crate::sql::queries;
use crate::transaction::UserTransaction;

queries! { "accounts";
    LIST = "list.sql" [UUID, UUID];
    BY_ID = "by_id.sql" [UUID, UUID];
    INSERT = "insert.sql" [UUID, UUID, UUID, TEXT, TEXT, TEXT, BPCHAR, TEXT, TEXT, BOOL, DATE, TEXT];
    UPDATE = "update.sql" [UUID, UUID, INT4, TEXT, TEXT, TEXT, TEXT, TEXT, BOOL, DATE, DATE, TEXT];
    DELETE = "delete.sql" [UUID, UUID, INT4];
    VERSION = "version.sql" [UUID, UUID];
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Owner.
    pub user_id: Uuid,
    /// Account.
    pub id: Uuid,
    /// Raised by each change; the ETag.
    pub version: i32,
    /// Portfolio that it belongs to.
    pub portfolio_id: Uuid,
    /// The rest of the record.
    pub fields: AccountFields,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a user says of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountFields {
    /// Name, unique in the portfolio.
    pub name: String,
    /// `brokerage`, `retirement`, `bank`, `crypto`, `property` or `other`.
    pub kind: String,
    /// Who keeps it.
    pub institution: Option<String>,
    /// Main currency of its cash; fixed when the account is made.
    pub currency: Currency,
    /// `taxable`, `deferred` or `exempt`.
    pub tax_treatment: String,
    /// Overrides the portfolio's method.
    pub cost_basis_method: Option<String>,
    /// Whether more may be sold than is held.
    pub allow_short: bool,
    /// First day.
    pub opened_on: Option<NaiveDate>,
    /// Last day.
    pub closed_on: Option<NaiveDate>,
    /// Number at the institution, as imports name it.
    pub external_ref: Option<String>,
}

impl AccountFields {
    /// A taxable brokerage account.
    #[must_use]
    pub fn brokerage(name: impl Into<String>, currency: Currency) -> Self {
        Self {
            name: name.into(),
            kind: "brokerage".to_owned(),
            institution: None,
            currency,
            tax_treatment: "taxable".to_owned(),
            cost_basis_method: None,
            allow_short: false,
            opened_on: None,
            closed_on: None,
            external_ref: None,
        }
    }
}

fn account_of(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        user_id: column(row, 0)?,
        id: column(row, 1)?,
        version: column(row, 2)?,
        portfolio_id: column(row, 3)?,
        fields: AccountFields {
            name: column(row, 4)?,
            kind: column(row, 5)?,
            institution: column(row, 6)?,
            currency: currency(row, 7)?,
            tax_treatment: column(row, 8)?,
            cost_basis_method: column(row, 9)?,
            allow_short: column(row, 10)?,
            opened_on: column(row, 11)?,
            closed_on: column(row, 12)?,
            external_ref: column(row, 13)?,
        },
        created_at: column(row, 14)?,
    })
}

/// Accounts of a portfolio by name; `owner` is the portfolio's owner.
pub async fn list(tx: &mut UserTransaction, owner: Uuid, portfolio: Uuid) -> Result<Vec<Account>, StoreError> {
    tx.rows(&LIST, &[&owner, &portfolio]).await?.iter().map(account_of).collect()
}

/// One account.
pub async fn by_id(tx: &mut UserTransaction, owner: Uuid, id: Uuid) -> Result<Option<Account>, StoreError> {
    tx.row_opt(&BY_ID, &[&owner, &id]).await?.as_ref().map(account_of).transpose()
}

/// Adds an account to an own portfolio.
pub async fn insert(
    tx: &mut UserTransaction,
    user: Uuid,
    portfolio: Uuid,
    id: Uuid,
    fields: &AccountFields,
) -> Result<Account, StoreError> {
    let rows = tx
        .write_rows(
            &INSERT,
            &[
                &user,
                &id,
                &portfolio,
                &fields.name,
                &fields.kind,
                &fields.institution,
                &fields.currency.code(),
                &fields.tax_treatment,
                &fields.cost_basis_method,
                &fields.allow_short,
                &fields.opened_on,
                &fields.external_ref,
            ],
        )
        .await?;
    rows.first().map(account_of).transpose()?.ok_or(StoreError::NotFound("account"))
}

/// Replaces the fields of an account whose version is `version`; the currency stays.
pub async fn update(
    tx: &mut UserTransaction,
    user: Uuid,
    id: Uuid,
    version: i32,
    fields: &AccountFields,
) -> Result<Account, StoreError> {
    let rows = tx
        .write_rows(
            &UPDATE,
            &[
                &user,
                &id,
                &version,
                &fields.name,
                &fields.kind,
                &fields.institution,
                &fields.tax_treatment,
                &fields.cost_basis_method,
                &fields.allow_short,
                &fields.opened_on,
                &fields.closed_on,
                &fields.external_ref,
            ],
        )
        .await?;
    match rows.first() {
        Some(row) => account_of(row),
        None => Err(super::missing_or_changed(tx, &VERSION, &[&user, &id], "account").await),
    }
}

/// Deletes an account that nothing refers to; [`StoreError::Reference`] when something does.
pub async fn delete(tx: &mut UserTransaction, user: Uuid, id: Uuid, version: i32) -> Result<(), StoreError> {
    if tx.write(&DELETE, &[&user, &id, &version]).await? == 1 {
        return Ok(());
    }
    Err(super::missing_or_changed(tx, &VERSION, &[&user, &id], "account").await)
}
