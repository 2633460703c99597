//! Charles Schwab: `"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"`, newest first.
//!
//! A reinvestment is two lines (income and purchase); a split states the units that it added; mergers, name changes and
//! reverse splits are two lines, units out and in.

use money::Currency;

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout};

const COLUMNS: [(&str, &[&str]); 8] = [
    ("trade_date", &["date"]),
    ("kind", &["action"]),
    ("symbol", &["symbol"]),
    ("name", &["description"]),
    ("quantity", &["quantity"]),
    ("price", &["price"]),
    ("fees", &["feescomm", "feescommission"]),
    ("net_amount", &["amount"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    ["date", "action", "symbol", "quantity", "price", "amount"].iter().all(|name| cells.iter().any(|cell| cell == name))
        && cells.iter().any(|cell| cell.starts_with("feescomm"))
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let columns = Columns::by_aliases(&table.header_cells(), &COLUMNS);
    let style = Style::detect(table, &columns, DayOrder::MonthFirst);
    let layout = Layout { columns, currency: Some(Currency::USD), usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    Some(match folded(cells.get("kind")?).as_str() {
        "buy" | "reinvestshares" => Meaning::Buy,
        "sell" | "sellshort" => Meaning::Sell,
        "buytoopen" | "buytoclose" | "selltoopen" | "selltoclose" | "assigned" | "expired" | "exchangeorexercise" => {
            Meaning::NotSupported("an option")
        }
        "reinvestdividend" | "qualifieddividend" | "qualdivreinvest" | "nonqualifieddiv" | "cashdividend"
        | "pryrcashdiv" | "pryrdivreinvest" | "specialdividend" | "specialqualdiv" | "pryrspecialdiv"
        | "divadjustment" => Meaning::Dividend,
        "longtermcapgain" | "shorttermcapgain" | "longtermcapgainreinvest" | "shorttermcapgainreinvest" => {
            Meaning::CapitalGain
        }
        "bankinterest" | "creditinterest" | "bondinterest" | "interestadj" | "margininterest" => Meaning::Interest,
        "nrawithholding" | "nratax" | "nrataxadj" | "foreigntaxpaid" | "foreigntaxreclaim" => Meaning::Withholding,
        "adrmgmtfee" | "servicefee" | "advisorfee" | "miscexpense" | "foreigncurrencyfee" => Meaning::Fee,
        "wiresent"
        | "wirereceived"
        | "wirefunds"
        | "wirefundsreceived"
        | "moneylinktransfer"
        | "moneylinkdeposit"
        | "moneylinkadj"
        | "journal"
        | "fundsreceived"
        | "fundspaid"
        | "visapurchase"
        | "atmwithdrawal"
        | "moneylinkwithdrawal"
        | "promotionalaward"
        | "misccashentry"
        | "billpay"
        | "directdeposit" => Meaning::Cash,
        "internaltransfer" | "securitytransfer" | "journaledshares" | "stockplanactivity" => Meaning::Transfer,
        "stocksplit" => Meaning::SplitAdded,
        "stockdivdist" => Meaning::StockDividend,
        "returnofcapital" | "nontaxdistribution" => Meaning::ReturnOfCapital,
        "cashinlieu" => Meaning::ByHand("cash in lieu of a fraction"),
        "reversesplit" => Meaning::ByHand("a reverse split, units out and in"),
        "stockmerger" | "cashmerger" | "cashstockmerger" | "cashmergeradj" | "stockmergeradj" => {
            Meaning::ByHand("a merger")
        }
        "namechange" | "conversion" => Meaning::ByHand("an exchange of one security for another"),
        "spinoff" => Meaning::ByHand("a spin-off"),
        _ => return None,
    })
}

fn adjust(mut facts: Facts, _: &mut Cells<'_>) -> Result<Facts, Content> {
    match facts.meaning {
        // Shares journaled are a transfer, money journaled is cash.
        Meaning::Transfer if facts.quantity.is_none() => facts.meaning = Meaning::Cash,
        Meaning::Cash if facts.cash.is_none() && facts.quantity.is_some() => facts.meaning = Meaning::Transfer,
        _ => {}
    }
    if facts.meaning == Meaning::Cash
        || facts.security.as_ref().is_some_and(|names| names.symbol.is_none() && names.isin.is_none())
    {
        // The description of a line without a symbol is no security.
        facts.note = facts.note.or_else(|| facts.security.as_ref().and_then(|names| names.name.clone()));
        facts.security = None;
    }
    Ok(facts)
}
