//! Ghostfolio CSV: header names in any case, the first match wins; trades of an Interactive Brokers Flex query in CSV fit.
//!
//! Amounts are absolute; a dividend is quantity × price; a fee or interest without a quantity carries its amount in the
//! fee or price. Years have four digits.

use money::Decimal;

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning, fee};
use crate::fields::{Cells, Columns, Style};
use crate::ghostfolio_json::symbol_of;
use crate::movement::{Content, Line, not_supported};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout, unsupported_type};

const COLUMNS: [(&str, &[&str]); 20] = [
    ("account", &["account", "accountid"]),
    ("note", &["comment", "note"]),
    ("currency", &["ccy", "currency", "currencyprimary"]),
    ("source", &["datasource"]),
    ("trade_date", &["date", "tradedate"]),
    ("fees", &["commission", "fee", "ibcommission"]),
    ("quantity", &["qty", "quantity", "shares", "units"]),
    ("symbol", &["code", "symbol", "ticker"]),
    ("kind", &["action", "buysell", "type"]),
    ("price", &["price", "tradeprice", "unitprice", "value"]),
    // What a Flex query in CSV has beyond them.
    ("isin", &["isin"]),
    ("figi", &["figi"]),
    ("cusip", &["cusip"]),
    ("security_type", &["assetclass"]),
    ("name", &["description"]),
    ("settlement_date", &["settledatetarget", "settledate"]),
    ("taxes", &["taxes"]),
    ("gross_amount", &["trademoney"]),
    ("net_amount", &["netcash", "amount"]),
    ("external_id", &["transactionid", "tradeid"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    let has = |names: &[&str]| cells.iter().any(|cell| names.contains(&cell.as_str()));
    let of = |field: &str| COLUMNS.iter().find(|(name, _)| *name == field).is_some_and(|(_, names)| has(names));
    let is_own = ["currency", "trade_date", "fees", "quantity", "kind", "price"].iter().all(|field| of(field))
        && (of("symbol") || of("isin"));
    // The cash transactions of a Flex query.
    let is_flex_cash =
        has(&["currencyprimary"]) && has(&["type"]) && has(&["amount"]) && has(&["settledate", "datetime"]);
    is_own || is_flex_cash
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let header = table.header_cells();
    let mut columns = Columns::by_aliases(&header, &COLUMNS);
    let is_flex = header.iter().any(|name| folded(name) == "currencyprimary");
    if !columns.has("trade_date") {
        let settle = header.iter().position(|name| matches!(folded(name).as_str(), "settledate" | "datetime"));
        settle.into_iter().for_each(|at| columns.add("trade_date", at));
    }
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let adjust = |facts: Facts, cells: &mut Cells<'_>| adjust(facts, cells, is_flex);
    let layout = Layout { columns, currency: None, usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    if cells
        .under("leveldetail")
        .or(cells.under("levelofdetail"))
        .is_some_and(|level| !matches!(level, "EXECUTION" | "DETAIL"))
    {
        return Some(Meaning::Ignored("sums up other lines of the file"));
    }
    let word = cells.get("kind")?;
    if cells.get("security_type").is_some_and(|class| class == "CASH") {
        return Some(Meaning::ByHand("an exchange of currencies"));
    }
    if let Some(what) = unsupported_type(cells.get("security_type").unwrap_or_default()) {
        return Some(Meaning::NotSupported(what));
    }
    Some(match folded(word).as_str() {
        "buy" => Meaning::Buy,
        "sell" => Meaning::Sell,
        "dividend" | "dividends" | "paymentinlieuofdividends" => Meaning::Dividend,
        "fee" | "item" | "otherfees" | "advisorfees" | "commissionadjustments" => Meaning::Fee,
        "interest" | "brokerinterestreceived" | "bondinterestreceived" => Meaning::Interest,
        "brokerinterestpaid" | "bondinterestpaid" => Meaning::InterestPaid,
        "withholdingtax" => Meaning::Withholding,
        "depositswithdrawals" => Meaning::Cash,
        "liability" => Meaning::NotSupported("a liability"),
        _ => return None,
    })
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>, is_flex: bool) -> Result<Facts, Content> {
    if !is_flex && cells.get("trade_date").is_some_and(has_short_year) {
        cells.problem("bad_date", "trade_date", "the year has two digits".to_owned(), "write it with four: 16/09/2021");
        return Ok(facts);
    }
    if let Some(names) = &mut facts.security {
        let source = cells.get("source").unwrap_or_default();
        *names = symbol_of(names, source);
    }
    let is_trade = matches!(facts.meaning, Meaning::Buy | Meaning::Sell);
    if is_trade && facts.quantity.is_none_or(|quantity| quantity.is_zero()) {
        return Err(Content::Ignored("buys or sells nothing: the quantity is zero".to_owned()));
    }
    if is_flex {
        facts.taxes.iter_mut().for_each(|tax| tax.kind = ledger::TaxKind::Transaction);
        let own = cells.under("ibcommissioncurrency");
        if own.is_some_and(|own| own != facts.currency.code()) {
            return Err(Content::NotSupported(not_supported("a commission in another currency than the trade")));
        }
    } else {
        // A column named Amount repeats quantity x price.
        facts.cash = None;
    }
    standalone(&mut facts);
    Ok(facts)
}

/// Fees and interest: the amount stands in whatever column is not zero.
pub(crate) fn standalone(facts: &mut Facts) {
    let units = facts.quantity.filter(|quantity| !quantity.is_zero()).unwrap_or(Decimal::ONE);
    let value = facts.price.filter(|price| !price.is_zero()).and_then(|price| units.abs().checked_mul(price));
    match facts.meaning {
        Meaning::Fee => {
            let stated: Decimal = facts.fees.iter().map(|fee| fee.amount).sum();
            let amount = facts.cash.or(Some(stated).filter(|stated| !stated.is_zero())).or(value);
            (facts.gross, facts.cash) = (amount, None);
            facts.fees = Vec::new();
            facts.security = None;
        }
        Meaning::Interest => {
            facts.gross = facts.cash.or(value);
            facts.cash = None;
            facts.security = None;
        }
        Meaning::Dividend if facts.cash.is_none() => facts.gross = value,
        _ => {}
    }
    if facts.fees.iter().all(|fee| fee.amount.is_zero()) {
        facts.fees = vec![fee("commission", Decimal::ZERO)];
    }
    facts.fees.retain(|fee| !fee.amount.is_zero());
}

/// `16/09/21`
fn has_short_year(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.']).collect();
    matches!(parts.as_slice(), [first, _, last] if first.len() <= 2 && last.len() == 2)
}
