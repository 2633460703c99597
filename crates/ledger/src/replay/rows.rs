//! A transaction as a row, with its amounts in base currency.

use money::{Currency, Decimal};

use crate::arithmetic::product;
use crate::book_error::BookError;
use crate::entry::Entry;
use crate::kind::Kind;
use crate::payload::TransactionPayload;
use crate::projection::{TransactionRow, TransactionStatus};

pub(crate) fn transaction_row(
    entry: &Entry,
    transaction: &TransactionPayload,
    status: TransactionStatus,
    base_currency: Currency,
) -> Result<TransactionRow, BookError> {
    let seq = entry.seq;
    let too_large = |what| BookError::TooLarge { seq, what };
    let account_id = entry.account_id.ok_or(BookError::MissingField { seq, field: "account_id" })?;
    let rate = transaction.rate_to_base(base_currency);
    let in_base = |amount: Decimal| {
        if amount.is_zero() {
            return Ok(Decimal::ZERO);
        }
        let rate = rate.ok_or(BookError::MissingRate { seq, currency: transaction.currency })?;
        product(amount, rate).ok_or(too_large("amount"))
    };
    let is_transfer = matches!(entry.kind, Kind::TransferIn | Kind::TransferOut);
    Ok(TransactionRow {
        id: entry.entry_id,
        account_id,
        seq,
        kind: entry.kind,
        security_id: entry.security_id,
        trade_date: transaction.trade_date.unwrap_or(entry.effective_on),
        effective_on: entry.effective_on,
        settlement_date: transaction.settlement_date,
        ex_date: transaction.ex_date,
        pay_date: transaction.pay_date,
        quantity: transaction.quantity,
        price: transaction.price,
        gross_amount: transaction.gross_amount,
        fees: transaction.fees_total().ok_or(too_large("fees"))?,
        taxes: transaction.taxes_total().ok_or(too_large("taxes"))?,
        net_amount: transaction.net_amount,
        currency: transaction.currency,
        fx_rate: transaction.fx_rate,
        fx_quote: transaction.fx_rate.map(|_| base_currency),
        base_gross: in_base(transaction.gross_amount)?,
        base_net: in_base(transaction.net_amount)?,
        is_external_flow: matches!(entry.kind, Kind::Deposit | Kind::Withdrawal | Kind::Adjustment)
            || (is_transfer && transaction.counter_account_id.is_none()),
        status,
        group_id: None,
        external_id: entry.external_id.clone(),
        note: transaction.note.clone(),
        tags: transaction.tags.clone(),
    })
}
