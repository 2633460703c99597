//! Trading 212: columns vary with what the export contains; London prices are in pence; the total is in the currency of
//! the account, the price in that of the share.
//!
//! A split is two lines: `Stock split close` takes the old units out, `Stock split open` brings the new ones in.

use std::collections::HashMap;

use ledger::{Problem, Ratio, TaxKind};
use money::{Currency, Decimal};

use crate::day::DayOrder;
use crate::exchange::{Charge, with_exchange};
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::{Cells, Columns, Style, currency_named};
use crate::movement::{Content, Line};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout};

const COLUMNS: [(&str, &[&str]); 13] = [
    ("trade_date", &["time"]),
    ("kind", &["action"]),
    ("isin", &["isin"]),
    ("symbol", &["ticker"]),
    ("name", &["name"]),
    ("quantity", &["noofshares"]),
    ("price", &["priceshare"]),
    ("price_currency", &["currencypriceshare"]),
    ("fx_rate", &["exchangerate"]),
    ("net_amount", &["total"]),
    ("currency", &["currencytotal"]),
    ("external_id", &["id"]),
    ("note", &["notes"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    let has = |name: &str| cells.iter().any(|cell| cell == name);
    has("action")
        && has("time")
        && cells.iter().any(|cell| cell.starts_with("total"))
        && (has("noofshares") || has("id"))
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let header = table.header_cells();
    let mut columns = Columns::by_aliases(&header, &COLUMNS);
    // `Total (EUR)` of older files holds the currency in its name.
    for (at, name) in header.iter().enumerate() {
        let inner = name.strip_prefix("Total (").and_then(|rest| rest.strip_suffix(')'));
        if let Some(currency) = inner.filter(|text| currency_named(text).is_ok()) {
            columns.add("net_amount", at);
            columns.set_constant("currency", currency);
        }
    }
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let splits = Splits::of(table, &columns, style);
    let adjust = |facts: Facts, cells: &mut Cells<'_>| adjust(facts, cells, &splits);
    let layout = Layout { columns, currency: None, usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    let word = folded(cells.get("kind")?);
    Some(match word.as_str() {
        word if word.ends_with("buy") => Meaning::Buy,
        word if word.ends_with("sell") => Meaning::Sell,
        word if word.starts_with("dividend") && word.contains("returnofcapital") => Meaning::ReturnOfCapital,
        word if word.starts_with("dividend") => Meaning::Dividend,
        "interestoncash" | "lendinginterest" | "sharelendinginterest" => Meaning::Interest,
        "spendingcashback" | "cashback" | "freeshares" | "freesharespromotion" => Meaning::Reward,
        "deposit" | "cardcredit" => Meaning::Deposit,
        "withdrawal" | "carddebit" => Meaning::Withdrawal,
        "newcardcost" | "fee" => Meaning::Fee,
        "transferin" => Meaning::TransferIn,
        "transferout" => Meaning::TransferOut,
        "currencyconversion" => Meaning::Exchange,
        "stocksplitopen" => Meaning::Split,
        "stocksplitclose" => Meaning::Ignored("is the old side of a split, which the line of the new side books"),
        "stockdistribution" | "customstockdistribution" => Meaning::StockDividend,
        "resultadjustment" => Meaning::Cash,
        _ => return None,
    })
}

/// Old units of splits by security and day, for the ratio.
struct Splits {
    closed: HashMap<(String, String), Decimal>,
}

impl Splits {
    fn of(table: &Table<'_>, columns: &Columns, style: Style) -> Splits {
        let mut closed = HashMap::new();
        for record in table.body() {
            let mut cells = Cells::new(record, columns, style);
            if cells.get("kind").is_some_and(|kind| folded(kind) == "stocksplitclose")
                && let Some(units) = cells.number("quantity")
            {
                closed.insert(Splits::key(&cells), units.abs());
            }
        }
        Splits { closed }
    }

    fn key(cells: &Cells<'_>) -> (String, String) {
        let code = cells.get("isin").or(cells.get("symbol")).unwrap_or_default();
        (code.to_owned(), cells.get("trade_date").unwrap_or_default().chars().take(10).collect())
    }
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>, splits: &Splits) -> Result<Facts, Content> {
    let is_share = matches!(
        facts.meaning,
        Meaning::Buy
            | Meaning::Sell
            | Meaning::Dividend
            | Meaning::ReturnOfCapital
            | Meaning::Split
            | Meaning::StockDividend
            | Meaning::TransferIn
            | Meaning::TransferOut
    );
    if !is_share {
        facts.security = None;
    }
    let costs = costs(cells, facts.currency);
    match facts.meaning {
        Meaning::Split => {
            let closed = splits.closed.get(&Splits::key(cells)).copied().unwrap_or_default();
            let opened = facts.quantity.unwrap_or_default().abs();
            if closed <= Decimal::ZERO || opened <= Decimal::ZERO {
                let detail = "the line of the old units of the split is not in the file";
                return Err(Content::Problems(vec![
                    Problem::new("missing_field", "ratio", detail)
                        .with_try("give the ratio of the line, new:old, for example 4:1"),
                ]));
            }
            facts.ratio = Some(small_ratio(opened, closed));
            (facts.price, facts.price_currency) = (None, None);
        }
        Meaning::Exchange => return Err(conversion(facts, cells)),
        Meaning::StockDividend | Meaning::TransferIn | Meaning::TransferOut if facts.cash.is_none() => {
            // Units alone move; the price says what one of them is worth in its own currency.
            let quoted = facts.price_currency.take();
            let whole = quoted.map(|quoted| quoted.parent().unwrap_or((quoted, Decimal::ONE)));
            if let Some((currency, factor)) = whole {
                facts.currency = currency;
                facts.price = facts.price.and_then(|price| price.checked_mul(factor));
            }
        }
        Meaning::Dividend | Meaning::ReturnOfCapital => {
            facts.taxes =
                withheld(cells, facts.currency).map(|amount| tax(TaxKind::Withholding, amount)).into_iter().collect();
            // Shares and price are in the share's currency; the cash counts.
            (facts.price, facts.price_currency) = (None, None);
        }
        Meaning::Buy | Meaning::Sell => {
            let quoted = facts.price_currency.map(|quoted| quoted.parent().map_or(quoted, |(parent, _)| parent));
            if let (Some(quoted), Some(total)) = (quoted.filter(|quoted| *quoted != facts.currency), facts.cash) {
                let charge =
                    Charge { currency: facts.currency, total, costs: costs.iter().map(|(_, amount)| *amount).sum() };
                // The price may be in pence of the currency that the trade is booked in.
                let factor =
                    facts.price_currency.and_then(|quoted| quoted.parent()).map_or(Decimal::ONE, |(_, factor)| factor);
                facts.price = facts.price.and_then(|price| price.checked_mul(factor));
                (facts.currency, facts.price_currency, facts.cash) = (quoted, None, None);
                return Err(with_exchange(facts, charge));
            }
            facts.fees = costs
                .iter()
                .filter(|(name, _)| !name.contains("tax"))
                .map(|(_, amount)| fee("commission", *amount))
                .collect();
            facts.taxes = costs
                .iter()
                .filter(|(name, _)| name.contains("tax"))
                .map(|(_, amount)| tax(TaxKind::Transaction, *amount))
                .collect();
        }
        _ => {}
    }
    Ok(facts)
}

/// new:old in small numbers where there are some.
fn small_ratio(opened: Decimal, closed: Decimal) -> Ratio {
    for from in 1..=20u32 {
        let from = Decimal::from(from);
        let exact = opened.checked_mul(from).and_then(|units| units.checked_div(closed));
        if let Some(to) = exact.filter(|to| (to.round() - to).abs() < Decimal::new(1, 4) && Decimal::ONE <= to.round())
        {
            return Ratio { from, to: to.round() };
        }
    }
    Ratio { from: closed.normalize(), to: opened.normalize() }
}

/// Fees and taxes of trades: columns that come and go, all in the currency of the account.
fn costs(cells: &mut Cells<'_>, currency: Currency) -> Vec<(&'static str, Decimal)> {
    const NAMES: [&str; 8] = [
        "currencyconversionfee",
        "stampduty",
        "stampdutyreservetax",
        "frenchtransactiontax",
        "finrafee",
        "ptmlevy",
        "transactionfee",
        "deposittransactionfee",
    ];
    let mut found = Vec::new();
    for name in NAMES {
        let own = cells.under(&format!("currency{name}"));
        let text =
            cells.under(name).or_else(|| cells.under(&format!("{name}{}", currency.code().to_ascii_lowercase())));
        let is_same = own.is_none_or(|own| currency_named(own) == Ok(currency));
        if let Some(amount) = text.and_then(|text| cells.number_of(name, text)).filter(|_| is_same) {
            let kind = if name.contains("stamp") || name.contains("tax") { "tax" } else { name };
            found.push((kind, amount.abs()));
        }
    }
    found
}

/// Tax withheld from a dividend, in the currency of the account: the file has it in that of the share.
fn withheld(cells: &mut Cells<'_>, currency: Currency) -> Option<Decimal> {
    let amount = cells.under("withholdingtax").and_then(|text| cells.number_of("withholdingtax", text))?.abs();
    let own = cells.under("currencywithholdingtax").and_then(|text| currency_named(text).ok()).unwrap_or(currency);
    let (own, factor) = own.parent().unwrap_or((own, Decimal::ONE));
    let amount = amount.checked_mul(factor)?;
    if own == currency {
        return Some(amount);
    }
    let rate = cells.number("fx_rate").filter(|rate| Decimal::ZERO < *rate)?;
    amount.checked_div(rate).map(|amount| money::round_to(amount, currency.minor_units()))
}

fn conversion(mut facts: Facts, cells: &mut Cells<'_>) -> Content {
    let mut side = |name: &str| {
        let amount =
            cells.under(&format!("currencyconversion{name}amount")).and_then(|text| cells.number_of(name, text));
        let currency = cells
            .under(&format!("currencycurrencyconversion{name}amount"))
            .and_then(|text| cells.currency_of(name, text));
        amount.zip(currency)
    };
    let (Some((sold, sold_in)), Some((bought, bought_in))) = (side("from"), side("to")) else {
        return Content::Problems(vec![
            Problem::new("missing_field", "counter_amount", "the two sides of the conversion are not in the file")
                .with_try("record the exchange by hand, and skip the line"),
        ]);
    };
    facts.currency = sold_in;
    (facts.cash, facts.counter) = (Some(-sold.abs()), Some((bought_in, bought.abs())));
    facts.content()
}
