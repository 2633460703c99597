//! CSV of Portfolio Performance: exports of an account or a depot (fifteen columns, titles in the user's language), and
//! files for its import, which may lack columns.
//!
//! The value is net: what cash changed by. In the file of a depot a purchase is positive, in that of an account it is
//! negative. A sale of nothing is a delivery. A missing type follows from security and sign.

use ledger::TaxKind;
use money::Decimal;

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line};
use crate::portfolio_performance::kinds::Kind;
use crate::portfolio_performance::titles::{EXPORT_ORDER, TITLES};
use crate::table::Table;
use crate::tabular::{self, Layout};

/// Whether the cells are the header of a file of transactions.
pub(crate) fn is_header(cells: &[String]) -> bool {
    let has = |field: &str| {
        TITLES.iter().any(|(name, titles)| *name == field && cells.iter().any(|cell| titles.contains(&cell.as_str())))
    };
    is_export_by_place(cells)
        || has("trade_date") && has("net_amount") && (has("wkn") || has("gross_currency") || has("kind") && has("name"))
}

/// The fifteen columns of an export in a language without a list of titles.
fn is_export_by_place(cells: &[String]) -> bool {
    cells.len() == EXPORT_ORDER.len() && cells[10] == "isin" && cells[11] == "wkn"
}

/// Whether the cells are the header of prices or of the master data of securities.
pub(crate) fn is_other_export(cells: &[String]) -> bool {
    let has = |field: &str| {
        TITLES.iter().any(|(name, titles)| *name == field && cells.iter().any(|cell| titles.contains(&cell.as_str())))
    };
    let is_prices = cells.len() == 2 && has("trade_date") && has("quote");
    let is_securities = cells.starts_with(&["isin".to_owned(), "wkn".to_owned()]) && !has("net_amount");
    is_prices || is_securities
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let header = table.header_cells();
    let folded: Vec<String> = header.iter().map(|name| crate::table::folded(name)).collect();
    let mut columns = Columns::by_aliases(&header, &TITLES);
    if is_export_by_place(&folded) {
        columns = Columns::of_header(&header);
        EXPORT_ORDER.iter().enumerate().for_each(|(at, field)| columns.add(field, at));
    }
    if !columns.has("account")
        && let Some(name) = columns.header_of("securities_account").map(str::to_owned)
        && let Some(at) = header.iter().position(|known| *known == name)
    {
        columns.add("account", at);
    }
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let layout = Layout { columns, currency: None, usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    match cells.get("kind") {
        Some(label) => Kind::of(label).map(Kind::meaning),
        None => {
            let is_negative =
                cells.get("net_amount").is_some_and(|value| value.trim_start().starts_with(['-', '(', '\u{2212}']));
            Some(match (cells.security().is_some(), is_negative) {
                (true, false) => Meaning::Dividend,
                (false, false) => Meaning::Deposit,
                (_, true) => Meaning::Withdrawal,
            })
        }
    }
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>) -> Result<Facts, Content> {
    let kind = cells.get("kind").and_then(Kind::of);
    let fees = cells.number("fees").unwrap_or_default();
    let taxes = cells.number("taxes").unwrap_or_default();
    // The gross amount is in the currency of the security; the value is in that of the account.
    facts.gross = None;
    facts.fees = vec![fee(crate::dawsos_csv::DEFAULT_FEE_KIND, fees)];
    let tax_kind = match facts.meaning {
        // Taxes on gains are no cost of the trade.
        Meaning::Sell => TaxKind::Other,
        Meaning::Buy => TaxKind::Transaction,
        _ => TaxKind::Withholding,
    };
    facts.taxes = vec![tax(tax_kind, taxes)];
    facts.fees.retain(|fee| !fee.amount.is_zero());
    facts.taxes.retain(|tax| !tax.amount.is_zero());
    let value = facts.cash.map(|value| value.abs()).unwrap_or_default();
    let has_units = facts.quantity.is_some_and(|quantity| !quantity.is_zero());
    match (kind, facts.meaning) {
        // A sale of nothing takes the units out.
        (_, Meaning::Sell) if value.is_zero() && has_units => {
            facts.meaning = Meaning::TransferOut;
            facts.cash = None;
        }
        (Some(Kind::DeliveryInbound), _) => {
            let costs = fees.abs().checked_add(taxes.abs()).unwrap_or_default();
            facts.gross = value.checked_sub(costs).filter(|gross| !gross.is_sign_negative());
            facts.cash = None;
            if facts.gross.is_some_and(|gross| !gross.is_zero()) {
                facts.lot = Some((facts.date, value));
            }
            (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
        }
        (Some(Kind::DeliveryOutbound), _) => {
            (facts.gross, facts.cash) = (Some(value), None);
            (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
        }
        // Between accounts or depots of the same owner: the other side is in another file, or another column.
        (Some(Kind::TransferIn | Kind::TransferOut), _) => {
            facts.counter_account = cells.text("counter_account").or_else(|| cells.text("counter_securities_account"));
            (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
        }
        (_, Meaning::Dividend) => {
            facts.cash = facts.cash.map(|cash| cash.abs());
            facts.price = None;
        }
        (
            _,
            Meaning::Interest
            | Meaning::Fee
            | Meaning::Tax
            | Meaning::FeeRefund
            | Meaning::TaxRefund
            | Meaning::InterestPaid,
        ) => {
            facts.cash = Some(value);
            (facts.fees, facts.quantity) = (Vec::new(), None);
            if facts.meaning != Meaning::Interest {
                facts.taxes = Vec::new();
            }
        }
        (_, Meaning::Deposit | Meaning::Withdrawal) => {
            facts.security = None;
            facts.quantity = None;
        }
        _ => {}
    }
    if let Some(quantity) = facts.quantity.filter(|quantity| !quantity.is_zero())
        && facts.price.is_none()
        && !matches!(facts.meaning, Meaning::Buy | Meaning::Sell)
    {
        facts.quantity = Some(quantity);
    }
    // Zero means that the column does not apply.
    facts.quantity = facts.quantity.filter(|quantity| *quantity != Decimal::ZERO);
    Ok(facts)
}
