//! Wealthfolio: `date,type,symbol,instrumentType,quantity,unit_price,currency,fee,amount,comment,fxRate,subtype`, header
//! names in many spellings; a holdings file (`date,symbol,quantity,price,currency`) is a snapshot and no transactions.
//!
//! Cash kinds carry `amount`; a split its ratio as one number; `$CASH` is cash. The subtype refines: DRIP buys what it pays.

use money::Decimal;

use ledger::Ratio;

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line, SecurityNames, not_supported};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout};

const COLUMNS: [(&str, &[&str]); 17] = [
    ("trade_date", &["date", "activitydate", "tradedate", "transactiondate", "timestamp", "executedat"]),
    ("settlement_date", &["settlementdate"]),
    ("kind", &["activitytype", "type", "action", "transactiontype"]),
    ("symbol", &["symbol", "assetid", "ticker"]),
    ("isin", &["isin"]),
    ("security_type", &["instrumenttype"]),
    ("quantity", &["quantity", "qty", "shares"]),
    ("price", &["unitprice", "price"]),
    ("net_amount", &["amount", "total"]),
    ("currency", &["currency"]),
    ("fees", &["fee", "fees"]),
    ("fx_rate", &["fxrate"]),
    ("account", &["account", "accountid", "accountname"]),
    ("note", &["comment", "notes"]),
    ("subtype", &["subtype"]),
    ("status", &["status"]),
    ("external_id", &["sourcerecordid", "id"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    let has = |name: &str| cells.iter().any(|cell| cell == name);
    let has_kind = has("activitytype") || has("type");
    let has_own = has("instrumenttype") || has("subtype") || has("activitytype") && has("unitprice");
    (has("date") || has("activitydate")) && has_kind && has_own && has("quantity")
}

/// Whether the cells are the header of a snapshot of holdings.
pub(crate) fn is_holdings_header(cells: &[String]) -> bool {
    cells == ["date", "symbol", "quantity", "price", "currency"]
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let mut columns = Columns::by_aliases(&table.header_cells(), &COLUMNS);
    let is_holdings = !columns.has("kind");
    if is_holdings {
        columns.set_constant("kind", "HOLDING");
    }
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let layout = Layout { columns, currency: None, usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    if cells.get("status").is_some_and(|status| matches!(folded(status).as_str(), "draft" | "void" | "pending")) {
        return Some(Meaning::Ignored("is a draft or void in the source"));
    }
    let subtype = folded(cells.get("subtype").unwrap_or_default());
    Some(match folded(cells.get("kind")?).as_str() {
        "buy" => Meaning::Buy,
        "sell" => Meaning::Sell,
        "dividend" if subtype == "drip" || subtype == "dividendinkind" => Meaning::ReinvestedDividend,
        "dividend" if subtype == "returnofcapital" => Meaning::ReturnOfCapital,
        "dividend" => Meaning::Dividend,
        "interest" => Meaning::Interest,
        "deposit" => Meaning::Deposit,
        "withdrawal" => Meaning::Withdrawal,
        "transferin" | "addholding" => Meaning::TransferIn,
        "transferout" | "removeholding" => Meaning::TransferOut,
        "fee" => Meaning::Fee,
        "tax" => Meaning::Tax,
        "split" => Meaning::Split,
        "credit" if subtype.contains("feerefund") => Meaning::FeeRefund,
        "credit" | "bonus" => Meaning::Reward,
        "adjustment" => Meaning::ByHand("an adjustment"),
        "optionexercise" | "optionassignment" | "optionexpire" => Meaning::NotSupported("an option"),
        "holding" => Meaning::Ignored("is a snapshot of holdings, not a transaction"),
        "unknown" => Meaning::Ignored("has no kind in the source"),
        _ => return None,
    })
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>) -> Result<Facts, Content> {
    if cells.get("security_type").is_some_and(|kind| folded(kind).contains("option")) {
        return Err(Content::NotSupported(not_supported("an option")));
    }
    let is_cash = matches!(
        facts.meaning,
        Meaning::Deposit
            | Meaning::Withdrawal
            | Meaning::Interest
            | Meaning::Fee
            | Meaning::Tax
            | Meaning::Reward
            | Meaning::FeeRefund
    );
    // Their amount is before the fee; quantity and price of cash are placeholders.
    let amount = facts.cash.take().filter(|amount| !amount.is_zero());
    facts.gross = amount;
    if is_cash {
        if amount.is_some() {
            (facts.quantity, facts.price) = (None, None);
        }
        if facts.security.as_ref().is_some_and(|names| names.isin.is_none() && names.symbol.is_none())
            || matches!(facts.meaning, Meaning::Deposit | Meaning::Withdrawal)
        {
            facts.security = None;
        }
    }
    if facts.meaning == Meaning::Interest && facts.security.is_none() && amount.is_none() {
        // Interest as units of cash at a price.
        facts.gross = facts.quantity.zip(facts.price).and_then(|(quantity, price)| quantity.checked_mul(price));
    }
    match facts.meaning {
        Meaning::Split if facts.ratio.is_none() => {
            let ratio = facts.quantity.or(amount).filter(|ratio| Decimal::ZERO < *ratio);
            facts.ratio = ratio.map(|ratio| Ratio { from: Decimal::ONE, to: ratio.normalize() });
            (facts.quantity, facts.gross) = (None, None);
        }
        // The amount repeats quantity x price where both are given.
        Meaning::Buy | Meaning::Sell
            if facts.quantity.is_some() && facts.price.is_some_and(|price| !price.is_zero()) =>
        {
            facts.gross = None;
        }
        Meaning::ReinvestedDividend if facts.quantity.is_none() || facts.price.is_none() => {
            facts.meaning = Meaning::Dividend
        }
        _ => {}
    }
    if let Some(names) = &mut facts.security {
        names.kind = kind_of(cells.get("security_type").unwrap_or_default());
        expand_provider_prefix(names);
    }
    // The file does not say between which currencies its rate is; it is kept as a remark.
    if facts.note.is_none()
        && let Some(rate) = cells.get("fx_rate")
    {
        facts.note = Some(format!("rate in the source: {rate}"));
    }
    Ok(facts)
}

fn kind_of(text: &str) -> Option<&'static str> {
    match folded(text).as_str() {
        "equity" | "stock" => Some("stock"),
        "etf" => Some("etf"),
        "mutualfund" | "fund" => Some("fund"),
        "bond" => Some("bond"),
        "crypto" | "cryptocurrency" => Some("crypto"),
        _ => None,
    }
}

/// `SEC:AAPL:XNAS`, as newer exports write assets.
fn expand_provider_prefix(names: &mut SecurityNames) {
    let Some(symbol) = names.symbol.clone() else { return };
    let parts: Vec<&str> = symbol.split(':').collect();
    if let ["SEC" | "CRYPTO", code, mic] = parts.as_slice() {
        names.symbol = Some((*code).to_owned());
        names.mic = (mic.len() == 4).then(|| (*mic).to_owned()).or(names.mic.clone());
    }
}
