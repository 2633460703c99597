//! A book as the CSV of DawsOS: rows in order of effect, so that reading them gives the same book.
//!
//! Chosen lots and settings have no column; the full export (`formats::json`) keeps them.

use money::Decimal;
use thiserror::Error;
use uuid::Uuid;

use crate::csv_text::write_record;
use crate::dawsos_csv::{COLUMNS, DEFAULT_FEE_KIND, REQUIRED, default_tax_kind};
use crate::directory::Directory;
use ledger::book::Book;
use ledger::entry::Entry;
use ledger::payload::{Fee, Tax, TaxKind, TransactionPayload};

/// A name that the directory does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// An account.
    #[error("account {0} has no name")]
    Account(Uuid),
    /// A security.
    #[error("security {0} has no symbol, isin or figi")]
    Security(Uuid),
}

/// Writes the transactions in force. Columns that would be empty throughout are left out.
pub fn write(book: &Book, names: &Directory) -> Result<String, NameError> {
    let entries = book.transactions_in_order();
    let rows = entries.iter().map(|entry| cells(entry, names)).collect::<Result<Vec<_>, _>>()?;
    let is_used = |at: usize| REQUIRED.contains(&COLUMNS[at]) || rows.iter().any(|row| !row[at].is_empty());
    let used: Vec<usize> = (0..COLUMNS.len()).filter(|at| is_used(*at)).collect();
    let mut text = String::new();
    write_record(&mut text, used.iter().map(|at| COLUMNS[*at]));
    for row in &rows {
        write_record(&mut text, used.iter().map(|at| row[*at].as_str()));
    }
    Ok(text)
}

fn cells(entry: &Entry, names: &Directory) -> Result<[String; COLUMNS.len()], NameError> {
    let mut cells: [String; COLUMNS.len()] = Default::default();
    let Some(transaction) = entry.transaction() else { return Ok(cells) };
    let mut set = |column: &str, value: String| {
        if let Some(at) = COLUMNS.iter().position(|known| *known == column) {
            cells[at] = value;
        }
    };
    let date = |date: Option<dates::Date>| date.map_or(String::new(), |date| date.to_string());
    set("external_id", entry.external_id.clone().unwrap_or_default());
    set("kind", entry.kind.name().to_owned());
    set("trade_date", transaction.trade_date.unwrap_or(entry.effective_on).to_string());
    let account_name = |id: Uuid| names.account_name(id).map(str::to_owned).ok_or(NameError::Account(id));
    if names.account_count() != 1 {
        set("account", entry.account_id.map(account_name).transpose()?.unwrap_or_default());
    }
    if let Some(id) = entry.security_id {
        let security = names.security(id).ok_or(NameError::Security(id))?;
        let name = |value: &Option<String>| value.clone().unwrap_or_default();
        if security.symbol.is_none() && security.isin.is_none() && security.figi.is_none() {
            return Err(NameError::Security(id));
        }
        set("symbol", name(&security.symbol));
        set("mic", name(&security.mic));
        set("isin", name(&security.isin));
        set("figi", name(&security.figi));
    }
    let is_priced =
        !transaction.gross_amount.is_zero() || !transaction.net_amount.is_zero() || transaction.quantity.is_some();
    set("quantity", number(transaction.quantity));
    set("price", number(transaction.price));
    set("currency", transaction.currency.to_string());
    if is_priced && entry.kind != ledger::kind::Kind::Adjustment {
        set("gross_amount", number(Some(transaction.gross_amount)));
    }
    set("fees", fees_text(&transaction.fees));
    set("taxes", taxes_text(entry, transaction));
    if is_priced {
        set("net_amount", number(Some(transaction.net_amount)));
    }
    set("settlement_date", date(transaction.settlement_date));
    set("ex_date", date(transaction.ex_date));
    set("record_date", date(transaction.record_date));
    set("pay_date", date(transaction.pay_date));
    set("fx_rate", number(transaction.fx_rate));
    set("counter_currency", transaction.counter_currency.map_or(String::new(), |currency| currency.to_string()));
    set("counter_amount", number(transaction.counter_amount));
    set("counter_fx_rate", number(transaction.counter_fx_rate));
    set("counter_account", transaction.counter_account_id.map(account_name).transpose()?.unwrap_or_default());
    set("ratio", transaction.ratio.map_or(String::new(), |ratio| ratio.to_string()));
    set("lot_date", date(transaction.lot_date));
    set("lot_cost", number(transaction.lot_cost));
    set("lot_fx_rate", number(transaction.lot_fx_rate));
    set("note", transaction.note.clone().unwrap_or_default());
    set("tags", transaction.tags.join(";"));
    Ok(cells)
}

fn number(value: Option<Decimal>) -> String {
    value.map_or(String::new(), |value| value.normalize().to_string())
}

fn fees_text(fees: &[Fee]) -> String {
    match fees {
        [fee] if fee.kind == DEFAULT_FEE_KIND => number(Some(fee.amount)),
        _ => fees.iter().map(|fee| format!("{}={}", fee.kind, fee.amount.normalize())).collect::<Vec<_>>().join(";"),
    }
}

fn taxes_text(entry: &Entry, transaction: &TransactionPayload) -> String {
    let name = |kind: TaxKind| match kind {
        TaxKind::Withholding => "withholding",
        TaxKind::Transaction => "transaction",
        TaxKind::Other => "other",
    };
    let text = |tax: &Tax| format!("{}={}", name(tax.kind), tax.amount.normalize());
    match transaction.taxes.as_slice() {
        [tax] if tax.kind == default_tax_kind(entry.kind) => number(Some(tax.amount)),
        taxes => taxes.iter().map(text).collect::<Vec<_>>().join(";"),
    }
}
