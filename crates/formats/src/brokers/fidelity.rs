//! Fidelity: columns by name (their order has changed over the years), the action is a sentence, a disclaimer follows.
//!
//! Money market sweeps (`SPAXX` and the like at a price of one) are purchases and sales as any other.

use money::Currency;

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line, is_option_symbol, not_supported};
use crate::table::Table;
use crate::tabular::{self, Layout};

const COLUMNS: [(&str, &[&str]); 16] = [
    ("trade_date", &["rundate", "date"]),
    ("kind", &["action", "transactiontype"]),
    ("symbol", &["symbol"]),
    ("name", &["description", "securitydescription", "investment"]),
    ("security_type", &["securitytype"]),
    ("quantity", &["quantity", "sharesunit"]),
    ("price", &["price"]),
    ("fees", &["commission"]),
    ("net_amount", &["amount"]),
    ("settlement_date", &["settlementdate"]),
    ("currency", &["currency"]),
    ("fx_rate", &["exchangerate"]),
    ("account", &["account"]),
    ("account", &["accountnumber"]),
    ("cusip", &["cusip"]),
    ("note", &["memo"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    let has = |name: &str| cells.iter().any(|cell| cell == name);
    let is_brokerage = has("rundate") && has("action") && has("symbol");
    let is_plan = has("date") && has("investment") && has("transactiontype") && has("sharesunit");
    is_brokerage || is_plan
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let header = table.header_cells();
    let mut columns = Columns::by_aliases(&header, &COLUMNS);
    for (at, name) in header.iter().enumerate() {
        if matches!(crate::table::folded(name).as_str(), "fees") {
            columns.add("fees", at);
        }
    }
    let style = Style::detect(table, &columns, DayOrder::MonthFirst);
    let layout = Layout { columns, currency: Some(Currency::USD), usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

/// What a sentence begins with, or holds.
fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    let sentence = cells.get("kind")?.to_ascii_uppercase();
    if cells.get("symbol").is_some_and(is_option_symbol)
        || ["OPENING TRANSACTION", "CLOSING TRANSACTION", "EXPIRED CALL", "EXPIRED PUT", "ASSIGNED"]
            .iter()
            .any(|word| sentence.contains(word))
    {
        return Some(Meaning::NotSupported("an option"));
    }
    let begins: [(&str, Meaning); 36] = [
        ("YOU BOUGHT", Meaning::Buy),
        ("YOU SOLD", Meaning::Sell),
        ("REINVESTMENT", Meaning::Buy),
        ("PURCHASE INTO CORE", Meaning::Buy),
        ("REDEMPTION FROM CORE", Meaning::Sell),
        ("REDEMPTION PAYOUT", Meaning::Sell),
        ("DIVIDEND RECEIVED", Meaning::Dividend),
        ("DIVIDEND ADJUSTMENT", Meaning::Dividend),
        ("LONG-TERM CAP GAIN", Meaning::CapitalGain),
        ("SHORT-TERM CAP GAIN", Meaning::CapitalGain),
        ("INTEREST EARNED", Meaning::Interest),
        ("INTEREST", Meaning::Interest),
        ("MARGIN INTEREST", Meaning::InterestPaid),
        ("FOREIGN TAX PAID", Meaning::Withholding),
        ("NON-RESIDENT TAX", Meaning::Withholding),
        ("FEE CHARGED", Meaning::Fee),
        ("ADVISORY FEE", Meaning::Fee),
        ("ADR", Meaning::Fee),
        ("ELECTRONIC FUNDS TRANSFER RECEIVED", Meaning::Deposit),
        ("ELECTRONIC FUNDS TRANSFER PAID", Meaning::Withdrawal),
        ("ELECTRONIC FUNDS TRANSFER", Meaning::Cash),
        ("DIRECT DEPOSIT", Meaning::Deposit),
        ("DIRECT DEBIT", Meaning::Withdrawal),
        ("CHECK PAID", Meaning::Withdrawal),
        ("CHECK RECEIVED", Meaning::Deposit),
        ("WIRE TRANSFER", Meaning::Cash),
        ("CONTRIBUTION", Meaning::Deposit),
        ("TRANSFERRED FROM", Meaning::Transfer),
        ("TRANSFERRED TO", Meaning::Transfer),
        ("TRANSFER OF ASSETS", Meaning::Transfer),
        ("JOURNALED", Meaning::Transfer),
        ("RETURN OF CAPITAL", Meaning::ReturnOfCapital),
        ("REVERSE SPLIT", Meaning::ByHand("a reverse split, units out and in")),
        ("MERGER", Meaning::ByHand("a merger")),
        ("SPIN-OFF", Meaning::ByHand("a spin-off")),
        ("DISTRIBUTION", Meaning::SplitAdded),
    ];
    let trimmed = sentence.trim_start_matches(['\'', ' ']);
    let found = begins
        .iter()
        .find(|(start, _)| trimmed.starts_with(start))
        .or_else(|| begins.iter().find(|(start, _)| trimmed.contains(start)));
    found.map(|(_, meaning)| *meaning).or_else(|| retirement_plan(trimmed))
}

/// Words of a 401(k), which has no other columns.
fn retirement_plan(words: &str) -> Option<Meaning> {
    Some(match words {
        words if words.starts_with("CONTRIBUTIONS") => Meaning::Buy,
        words if words.starts_with("DIVIDEND") => Meaning::ReinvestedDividend,
        words if words.starts_with("EXCHANGE IN") || words.starts_with("TRANSFER IN") => Meaning::Buy,
        words
            if words.starts_with("EXCHANGE OUT")
                || words.starts_with("TRANSFER OUT")
                || words.starts_with("WITHDRAWAL") =>
        {
            Meaning::Sell
        }
        words if words.contains("FEE") => Meaning::Sell,
        _ => return None,
    })
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>) -> Result<Facts, Content> {
    if facts.meaning == Meaning::SplitAdded && facts.quantity.is_none_or(|quantity| quantity.is_zero()) {
        // A distribution of money, not of shares.
        facts.meaning = Meaning::Dividend;
    }
    if facts.meaning == Meaning::Transfer && facts.quantity.is_none_or(|quantity| quantity.is_zero()) {
        facts.meaning = Meaning::Cash;
    }
    if facts.quantity.is_none_or(|quantity| quantity.is_zero())
        && cells.get("symbol").is_none()
        && cells.get("cusip").is_none()
    {
        facts.security = None;
    }
    if cells.get("kind").is_some_and(|kind| kind.to_ascii_uppercase().contains("FUTURE")) {
        return Err(Content::NotSupported(not_supported("a future")));
    }
    facts.note = facts.note.or_else(|| cells.text("kind"));
    Ok(facts)
}
