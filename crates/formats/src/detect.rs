//! Which format a text has: from what only that format has, the more special first.

use serde_json::Value;

use crate::brokers::{degiro, fidelity, schwab, trade_republic, trading_212};
use crate::format::Format;
use crate::table::{Table, folded_cells};
use crate::{
    beancount_journal, dawsos_csv, ghostfolio_csv, ghostfolio_json, ibkr_flex, json, mapped_csv, ofx,
    portfolio_performance, wealthfolio_csv,
};

/// A format and how sure it is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Guess {
    pub format: Format,
    pub confidence: f64,
}

/// The format of a text that is no table; none if it may be one.
pub(crate) fn of_document(text: &str) -> Option<Guess> {
    let start = text.trim_start();
    let sure = |format: Format| Some(Guess { format, confidence: 1.0 });
    if start.starts_with('{') {
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        if document["schema"].as_str().is_some_and(|schema| schema.starts_with("dawsos-export"))
            || start.contains(json::SCHEMA)
        {
            return sure(Format::DawsosJson);
        }
        if ghostfolio_json::is_such(&document) || start.contains("\"activities\"") {
            return sure(Format::GhostfolioJson);
        }
        return None;
    }
    if ofx::is_such(start) {
        return sure(Format::Ofx);
    }
    if ibkr_flex::is_such(start) {
        return sure(Format::IbkrFlexXml);
    }
    if portfolio_performance::xml::is_such(start) {
        return sure(Format::PortfolioPerformanceXml);
    }
    beancount_journal::is_such(text).then_some(Guess { format: Format::Beancount, confidence: 0.9 })
}

/// The format of a table, by its header.
pub(crate) fn of_table(table: &Table<'_>) -> Option<Guess> {
    let headers: Vec<Vec<String>> = table.records.iter().take(30).map(folded_cells).collect();
    let any = |is_header: &dyn Fn(&[String]) -> bool| headers.iter().any(|cells| is_header(cells));
    let guess = |format: Format, confidence: f64| Some(Guess { format, confidence });
    if is_dawsos(table) {
        return guess(Format::DawsosCsv, 1.0);
    }
    if any(&|cells| degiro::file_of(cells) == Some(degiro::File::Account)) {
        return guess(Format::DegiroAccountCsv, 1.0);
    }
    if any(&|cells| degiro::file_of(cells) == Some(degiro::File::Transactions)) {
        return guess(Format::DegiroTransactionsCsv, 1.0);
    }
    if any(&trade_republic::is_header) {
        return guess(Format::TradeRepublicCsv, 1.0);
    }
    if any(&trading_212::is_header) {
        return guess(Format::Trading212Csv, 0.95);
    }
    if any(&schwab::is_header) {
        return guess(Format::SchwabCsv, 1.0);
    }
    if any(&fidelity::is_header) {
        return guess(Format::FidelityCsv, 1.0);
    }
    if any(&wealthfolio_csv::is_header) || any(&wealthfolio_csv::is_holdings_header) {
        return guess(Format::WealthfolioCsv, 0.9);
    }
    if any(&portfolio_performance::csv::is_header) || any(&portfolio_performance::csv::is_other_export) {
        return guess(Format::PortfolioPerformanceCsv, 0.9);
    }
    if any(&ghostfolio_csv::is_header) {
        return guess(Format::GhostfolioCsv, 0.8);
    }
    let best = headers.iter().map(|cells| mapped_csv::known_fields(cells)).max().unwrap_or(0);
    (3 <= best).then(|| Guess { format: Format::MappedCsv, confidence: (0.1 * best as f64).min(0.7) })
}

/// Our own header: half of its names are ours, one of them only ours. With a name mistyped the reader says the nearest.
fn is_dawsos(table: &Table<'_>) -> bool {
    let Some(record) = table.records.first() else { return false };
    let cells: Vec<String> = record.cells.iter().map(|cell| cell.trim().to_ascii_lowercase()).collect();
    let known = cells.iter().filter(|cell| dawsos_csv::COLUMNS.contains(&cell.as_str())).count();
    let only_ours = ["kind", "trade_date", "counter_amount", "lot_cost", "external_id"];
    cells.iter().any(|cell| only_ours.contains(&cell.as_str())) && cells.len() <= known * 2
}
