//! DEGIRO: account statement and transactions, in the user's language. Columns without a name hold amounts (statement) or
//! currencies (transactions), so columns are known by their place.
//!
//! Lines of one order share its id: in the statement each line changes one currency's cash and is booked on its own, the
//! two legs of an exchange together; the costs of a trade in its own currency belong to it.

use std::collections::HashMap;

use ledger::Problem;
use money::{Currency, Decimal};

use crate::brokers::degiro_words;
use crate::day::DayOrder;
use crate::exchange::{Charge, with_exchange};
use crate::facts::{Facts, Meaning, fee};
use crate::fields::{Cells, Columns, Style, currency_named};
use crate::movement::{Content, Line, SecurityNames, is_isin, short};
use crate::table::{Table, folded};
use crate::words::meaning_of;

/// Which of the two files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    /// `Account.csv`
    Account,
    /// `Transactions.csv`
    Transactions,
}

/// Which file has such a header.
pub(crate) fn file_of(cells: &[String]) -> Option<File> {
    let is = |at: usize, name: &str| cells.get(at).is_some_and(|cell| cell == name);
    let is_unnamed = |at: usize| cells.get(at).is_some_and(String::is_empty);
    if is(4, "isin") && is_unnamed(8) && is_unnamed(10) && 11 <= cells.len() {
        return Some(File::Account);
    }
    (is(3, "isin") && is_unnamed(8) && is_unnamed(10) && 16 <= cells.len()).then_some(File::Transactions)
}

pub(crate) fn read(table: &Table<'_>, file: File) -> (Vec<Line>, Style) {
    let header = table.header_cells();
    let mut columns = Columns::of_header(&header);
    let places: &[(&'static str, usize)] = match file {
        File::Account => &[
            ("trade_date", 0),
            ("settlement_date", 2),
            ("name", 3),
            ("isin", 4),
            ("kind", 5),
            ("fx_rate", 6),
            ("currency", 7),
            ("net_amount", 8),
            ("external_id", 11),
        ],
        File::Transactions => &[
            ("trade_date", 0),
            ("name", 2),
            ("isin", 3),
            ("mic", 4),
            ("quantity", 6),
            ("price", 7),
            ("currency", 8),
            ("gross_amount", 9),
        ],
    };
    places.iter().for_each(|(field, at)| columns.add(field, *at));
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let mut lines: Vec<Line> = table
        .above()
        .iter()
        .map(|record| Line {
            line: record.line,
            raw: columns.raw(record),
            content: Content::Ignored("stands above the header".to_owned()),
        })
        .collect();
    match file {
        File::Account => lines.extend(Statement::of(table, &columns, style).lines()),
        File::Transactions => {
            let places = Places::of(&header);
            lines.extend(table.body().iter().map(|record| {
                let mut cells = Cells::new(record, &columns, style);
                let content = transaction(&mut cells, &places);
                Line { line: record.line, raw: columns.raw(record), content }
            }));
        }
    }
    number_fills(&mut lines);
    (lines, style)
}

/// An order is filled in one or several lines that share its id; they are told apart by their number.
fn number_fills(lines: &mut [Line]) {
    let mut fills: HashMap<String, usize> = HashMap::new();
    for line in lines {
        let Content::Movements(movements) = &mut line.content else { continue };
        let order =
            movements.iter().filter_map(|movement| movement.draft.external_id.as_deref()).min_by_key(|id| id.len());
        let Some(order) = order.map(str::to_owned) else { continue };
        let number = fills.entry(order.clone()).or_insert(0);
        *number += 1;
        for movement in movements {
            if let Some(id) = &mut movement.draft.external_id {
                *id = format!("{order}/{number}{}", id.strip_prefix(order.as_str()).unwrap_or_default());
            }
        }
    }
}

/// Where the amounts in the account's currency stand, which differs between versions.
struct Places {
    value: usize,
    fees: Vec<usize>,
    total: usize,
    order: Vec<usize>,
    /// Currency in the header (`Value EUR`); else the cell after the amount holds it.
    currency: Option<Currency>,
}

impl Places {
    fn of(header: &[&str]) -> Places {
        let in_name = |at: usize| header.get(at).and_then(|name| currency_named(name.split_whitespace().last()?).ok());
        match in_name(11) {
            Some(currency) => {
                let has_auto_fx = header.get(13).is_some_and(|name| folded(name).contains("autofx"));
                let fees = if has_auto_fx { vec![13, 14] } else { vec![13] };
                let total = fees.last().map_or(14, |last| last + 1);
                Places { value: 11, fees, total, order: vec![total + 1, total + 2], currency: Some(currency) }
            }
            None => Places { value: 11, fees: vec![14], total: 16, order: vec![18, 19], currency: None },
        }
    }
}

fn transaction(cells: &mut Cells<'_>, places: &Places) -> Content {
    if !cells.has_day("trade_date") {
        return Content::Ignored("continues the line above or is a remark".to_owned());
    }
    let date = cells.day("trade_date");
    let local = cells.currency("currency");
    let quantity = cells.number("quantity");
    let price = cells.number("price");
    let gross = cells.number("gross_amount");
    let total = cells.at(places.total).and_then(|text| cells.number_of("total", text));
    let value = cells.at(places.value).and_then(|text| cells.number_of("value", text));
    let fees: Vec<Decimal> =
        places.fees.iter().filter_map(|at| cells.at(*at).and_then(|text| cells.number_of("fees", text))).collect();
    let account =
        places.currency.or_else(|| cells.at(places.total + 1).and_then(|text| cells.currency_of("total", text)));
    let (Some(date), Some(local), Some(quantity)) = (date, local, quantity) else { return problems(cells) };
    if !cells.problems.is_empty() {
        return problems(cells);
    }
    let meaning = if quantity.is_sign_negative() { Meaning::Sell } else { Meaning::Buy };
    let (whole, factor) = local.parent().unwrap_or((local, Decimal::ONE));
    let mut facts = Facts::new(meaning, date, whole);
    let scaled = |value: Option<Decimal>| value.and_then(|value| value.checked_mul(factor));
    (facts.quantity, facts.price, facts.gross) = (Some(quantity), scaled(price), scaled(gross));
    facts.security = names(cells);
    facts.external_id = order_id(cells, &places.order);
    if price.is_some_and(|price| price.is_zero()) && total.is_none_or(|total| total.is_zero()) {
        return Facts { meaning: Meaning::ByHand("a corporate action booked without a price"), ..facts }.content();
    }
    let costs: Decimal = fees.iter().map(|fee| fee.abs()).sum();
    match (account, total.or(value)) {
        (Some(account), Some(total)) if account != whole => {
            with_exchange(facts, Charge { currency: account, total, costs })
        }
        (_, total) => {
            facts.cash = total;
            facts.gross = None;
            facts.fees = vec![fee(crate::dawsos_csv::DEFAULT_FEE_KIND, costs)];
            facts.content()
        }
    }
}

/// The id of an order; one order can be filled in several lines, so the number among them is added by resolving.
fn order_id(cells: &Cells<'_>, places: &[usize]) -> Option<String> {
    places.iter().find_map(|at| cells.at(*at)).filter(|id| 8 <= id.len()).map(str::to_owned)
}

fn names(cells: &Cells<'_>) -> Option<SecurityNames> {
    let isin = cells.get("isin").filter(|isin| is_isin(isin)).map(str::to_owned);
    let names = SecurityNames { isin, name: cells.text("name"), ..SecurityNames::default() };
    (!names.is_empty()).then_some(names)
}

fn problems(cells: &mut Cells<'_>) -> Content {
    if cells.problems.is_empty() {
        let problem = Problem::new("missing_field", "", "date, currency or amount is missing");
        cells.problems.push(problem.with_try("correct the line or skip it"));
    }
    Content::Problems(std::mem::take(&mut cells.problems))
}

/// An account statement: lines, and what those of one order have to do with each other.
struct Statement<'a> {
    table: &'a Table<'a>,
    columns: &'a Columns,
    style: Style,
    /// Index of the other leg of an exchange.
    partners: HashMap<usize, usize>,
    /// Fees by the index of their trade.
    fees: HashMap<usize, Vec<(usize, Decimal)>>,
    /// Trades that carry the fee of an index.
    carried: HashMap<usize, usize>,
}

impl<'a> Statement<'a> {
    fn of(table: &'a Table<'a>, columns: &'a Columns, style: Style) -> Statement<'a> {
        let mut statement = Statement {
            table,
            columns,
            style,
            partners: HashMap::new(),
            fees: HashMap::new(),
            carried: HashMap::new(),
        };
        statement.relate();
        statement
    }

    /// Pairs the legs of exchanges (same order and moment, else neighbours) and finds the trades of fees.
    fn relate(&mut self) {
        let mut open_legs: Vec<(usize, String)> = Vec::new();
        let mut trades: HashMap<(String, String), usize> = HashMap::new();
        let mut fees: Vec<(usize, (String, String), Decimal)> = Vec::new();
        for (at, record) in self.table.body().iter().enumerate() {
            let mut cells = Cells::new(record, self.columns, self.style);
            let description = cells.get("kind").unwrap_or_default();
            let order = cells.get("external_id").unwrap_or_default().to_owned();
            let moment =
                format!("{} {} {order}", cells.get("trade_date").unwrap_or_default(), cells.at(1).unwrap_or_default());
            if degiro_words::is_exchange(description) {
                match open_legs.iter().position(|(_, known)| *known == moment) {
                    Some(found) => {
                        let (first, _) = open_legs.remove(found);
                        self.partners.insert(first, at);
                        self.partners.insert(at, first);
                    }
                    None => open_legs.push((at, moment)),
                }
                continue;
            }
            let currency = cells.get("currency").unwrap_or_default().to_owned();
            if order.is_empty() {
                continue;
            }
            if trade_in(description, &mut cells).is_some() {
                trades.entry((order, currency)).or_insert(at);
            } else if degiro_words::meaning_of(description) == Some(Meaning::Fee)
                && let Some(amount) = cells.number("net_amount").filter(|amount| amount.is_sign_negative())
            {
                fees.push((at, (order, currency), amount));
            }
        }
        for (at, key, amount) in fees {
            if let Some(trade) = trades.get(&key) {
                self.fees.entry(*trade).or_default().push((at, amount));
                self.carried.insert(at, *trade);
            }
        }
    }

    fn lines(&self) -> Vec<Line> {
        let line = |(at, record): (usize, &crate::csv_text::Record<'_>)| {
            let mut cells = Cells::new(record, self.columns, self.style);
            let content = self.content(at, &mut cells);
            Line { line: record.line, raw: self.columns.raw(record), content }
        };
        self.table.body().iter().enumerate().map(line).collect()
    }

    fn content(&self, at: usize, cells: &mut Cells<'_>) -> Content {
        if !cells.has_day("trade_date") {
            return Content::Ignored("continues the line above or is a remark".to_owned());
        }
        let description = cells.get("kind").unwrap_or_default();
        let trade = trade_in(description, cells);
        cells.problems.clear();
        let meaning = match trade {
            Some((meaning, _, _)) => Some(meaning),
            None if degiro_words::is_exchange(description) => Some(Meaning::Exchange),
            None => degiro_words::meaning_of(description),
        };
        match meaning {
            Some(Meaning::Ignored(why)) => return Content::Ignored(why.to_owned()),
            _ if cells.get("net_amount").is_none() && trade.is_none() => {
                return Content::Ignored("changes no cash".to_owned());
            }
            _ => {}
        }
        let (date, currency, amount) =
            (cells.day("trade_date"), cells.currency("currency"), cells.number("net_amount"));
        let Some(meaning) = meaning else {
            let detail = format!("{:?} is not a known description", short(description));
            cells.problem("unknown_kind", "kind", detail, "record the line by hand, and skip it");
            return problems(cells);
        };
        let (Some(date), Some(currency), Some(amount)) = (date, currency, amount) else { return problems(cells) };
        let mut facts = Facts::new(meaning, date, currency);
        facts.security = names(cells);
        facts.external_id = cells.text("external_id").filter(|id| 8 <= id.len());
        facts.note = Some(description.to_owned());
        facts.cash = Some(amount);
        match meaning {
            Meaning::Exchange => return self.exchange(at, facts, cells),
            Meaning::Buy | Meaning::Sell => {
                let (_, quantity, price) = trade.unwrap_or((meaning, Decimal::ZERO, None));
                (facts.quantity, facts.price) = (Some(quantity), price);
                let costs = self.fees.get(&at).map_or(&[][..], Vec::as_slice);
                let total: Decimal = costs.iter().map(|(_, amount)| amount.abs()).sum();
                facts.fees = vec![fee(crate::dawsos_csv::DEFAULT_FEE_KIND, total)];
                facts.cash = amount.checked_sub(total);
            }
            Meaning::Fee if self.carried.contains_key(&at) => {
                return Content::Ignored("is part of the trade with the same order id".to_owned());
            }
            Meaning::Fee if amount.is_sign_positive() && !amount.is_zero() => facts.meaning = Meaning::FeeRefund,
            Meaning::Tax if amount.is_sign_positive() && !amount.is_zero() => facts.meaning = Meaning::TaxRefund,
            Meaning::Deposit | Meaning::Withdrawal => facts.meaning = Meaning::Cash,
            Meaning::Dividend => facts.taxes = Vec::new(),
            _ => {}
        }
        if !matches!(facts.meaning, Meaning::Buy | Meaning::Sell) {
            // Several lines of one day share the order id of nothing; their content tells them apart.
            facts.external_id = None;
        }
        if matches!(facts.meaning, Meaning::Cash | Meaning::Interest | Meaning::Reward) {
            facts.security = None;
        }
        facts.content()
    }

    /// The leg that takes money away books both.
    fn exchange(&self, at: usize, mut facts: Facts, cells: &mut Cells<'_>) -> Content {
        let amount = facts.cash.unwrap_or_default();
        let Some(partner) = self.partners.get(&at).and_then(|at| self.table.body().get(*at)) else {
            cells.problem(
                "missing_field",
                "counter_amount",
                "the other leg of the exchange is not in the file".to_owned(),
                "record the exchange by hand, and skip the line",
            );
            return problems(cells);
        };
        let mut other = Cells::new(partner, self.columns, self.style);
        let (Some(currency), Some(counter)) = (other.currency("currency"), other.number("net_amount")) else {
            return problems(&mut other);
        };
        if amount.is_sign_positive() && !amount.is_zero() {
            return Content::Ignored("is the other leg of an exchange".to_owned());
        }
        facts.security = None;
        facts.external_id = None;
        facts.counter = Some((currency, counter.abs()));
        facts.content()
    }
}

/// `Buy 20 BASF SE@48,15 EUR (DE000BASF111)`: purchase or sale, units, price. In any of the languages.
fn trade_in(description: &str, cells: &mut Cells<'_>) -> Option<(Meaning, Decimal, Option<Decimal>)> {
    let (before, after) = description.split_once('@')?;
    // Words may stand before the verb: `STOCK SPLIT: Koop 10 …` is not a trade.
    let mut words = before.split_whitespace();
    let meaning = meaning_of(words.next()?).filter(|meaning| matches!(meaning, Meaning::Buy | Meaning::Sell))?;
    let units = words.next()?;
    let quantity = cells.number_of("kind", units)?;
    let price = after.split_whitespace().next().and_then(|text| cells.number_of("kind", text));
    Some((meaning, quantity.abs(), price))
}
