//! Flex query of Interactive Brokers in XML: trades, cash transactions, corporate actions, transfers.
//!
//! A section may hold the same thing at several levels of detail; executions and details are booked, sums are ignored.
//! Exchanges of currency are trades of the category CASH. Cancelled trades come as an opposite row.

use std::collections::{HashMap, HashSet};

use dates::Date;
use ledger::{Problem, Ratio, TaxKind};
use money::{Currency, Decimal};

use crate::day::{DayOrder, parse_day};
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::currency_named;
use crate::markup::Tree;
use crate::movement::{Content, Line, SecurityNames, not_supported, short};
use crate::number::{DecimalMark, parse_number};
use crate::tabular::unsupported_type;

/// Whether a text is such a file.
pub(crate) fn is_such(text: &str) -> bool {
    text.chars().take(2_000).collect::<String>().contains("<FlexQueryResponse")
}

/// Sections that are read; all others are reports on what these hold.
const SECTIONS: [&str; 5] = ["Trades", "CashTransactions", "CorporateActions", "Transfers", "OptionEAE"];

/// Reads all statements.
pub(crate) fn read(text: &str) -> Result<Vec<Line>, Problem> {
    let tree = Tree::read(text)?;
    let mut lines = Vec::new();
    for statement in tree.all("FlexStatement") {
        let flex = Statement::of(&tree, statement);
        for section in tree.elements[statement].children.clone() {
            let name = tree.elements[section].name.as_str();
            if !SECTIONS.contains(&name) {
                let count = tree.elements[section].children.len();
                if name != "AccountInformation" && 0 < count {
                    lines.push(Line {
                        line: tree.elements[section].line,
                        raw: vec![("section".to_owned(), name.to_owned()), ("rows".to_owned(), count.to_string())],
                        content: Content::Ignored("is a report on what other sections hold".to_owned()),
                    });
                }
                continue;
            }
            for at in tree.elements[section].children.clone() {
                lines.push(Line { line: tree.elements[at].line, raw: tree.leaves(at), content: flex.row(name, at) });
            }
        }
    }
    Ok(lines)
}

struct Statement<'t> {
    tree: &'t Tree,
    base: Option<Currency>,
    /// Trades by id that a later row cancels.
    cancelled: HashSet<String>,
    /// Whether the section of cash has details beside sums.
    has_cash_details: bool,
    securities: HashMap<String, SecurityNames>,
}

impl<'t> Statement<'t> {
    fn of(tree: &'t Tree, statement: usize) -> Statement<'t> {
        let base = tree
            .child(statement, "AccountInformation")
            .and_then(|at| tree.attribute(at, "currency"))
            .and_then(|text| currency_named(text).ok());
        let below =
            |section: &str| tree.child(statement, section).map_or(Vec::new(), |at| tree.elements[at].children.clone());
        let cancelled = below("Trades")
            .into_iter()
            .filter(|at| {
                tree.attribute(*at, "transactionType") == Some("TradeCancel")
                    || tree.attribute(*at, "buySell").is_some_and(|side| side.contains("(Ca.)"))
            })
            .flat_map(|at| ["origTradeID", "tradeID"].map(|name| tree.attribute(at, name)))
            .flatten()
            .filter(|id| *id != "0")
            .map(str::to_owned)
            .collect();
        let has_cash_details =
            below("CashTransactions").into_iter().any(|at| tree.attribute(at, "levelOfDetail") == Some("DETAIL"));
        let infos = below("SecuritiesInfo").into_iter();
        let securities =
            infos.filter_map(|at| Some((tree.attribute(at, "conid")?.to_owned(), names(tree, at)))).collect();
        Statement { tree, base, cancelled, has_cash_details, securities }
    }

    fn row(&self, section: &str, at: usize) -> Content {
        match section {
            "Trades" => self.trade(at),
            "CashTransactions" => self.cash(at),
            "CorporateActions" => self.action(at),
            "Transfers" => self.transfer(at),
            _ => Content::NotSupported(not_supported("an exercise, assignment or expiry of an option")),
        }
    }

    fn get(&self, at: usize, name: &str) -> Option<&str> {
        self.tree.attribute(at, name).map(str::trim).filter(|text| !text.is_empty() && *text != "--" && *text != "N/A")
    }

    fn security(&self, at: usize) -> Option<SecurityNames> {
        let mut own = names(self.tree, at);
        if let Some(known) = self.get(at, "conid").and_then(|conid| self.securities.get(conid)) {
            own.isin = own.isin.or_else(|| known.isin.clone());
            own.figi = own.figi.or_else(|| known.figi.clone());
            own.cusip = own.cusip.or_else(|| known.cusip.clone());
        }
        (!own.is_empty()).then_some(own)
    }

    fn trade(&self, at: usize) -> Content {
        let element = self.tree.elements[at].name.as_str();
        if element != "Trade" || self.get(at, "levelOfDetail").is_some_and(|level| level != "EXECUTION") {
            return Content::Ignored("sums up executions that the file holds".to_owned());
        }
        let category = self.get(at, "assetCategory").unwrap_or("STK");
        if let Some(what) = unsupported_type(category) {
            return Content::NotSupported(not_supported(what));
        }
        if self.get(at, "transactionType") == Some("TradeCancel")
            || self.get(at, "buySell").is_some_and(|side| side.contains("(Ca.)"))
        {
            return Content::Ignored("cancels a trade of the file, which is left out as well".to_owned());
        }
        if self.get(at, "tradeID").is_some_and(|id| self.cancelled.contains(id)) {
            return Content::Ignored("was cancelled by a later row".to_owned());
        }
        let mut read = Read { statement: self, at, problems: Vec::new() };
        let date = read.day(&["tradeDate", "dateTime"]);
        let currency = read.currency("currency");
        let [quantity, price, proceeds, net_cash] =
            ["quantity", "tradePrice", "proceeds", "netCash"].map(|name| read.number(name));
        let [commission, taxes, accrued, rate, multiplier] =
            ["ibCommission", "taxes", "accruedInt", "fxRateToBase", "multiplier"].map(|name| read.number(name));
        let commission_currency = self.get(at, "ibCommissionCurrency").and_then(|text| currency_named(text).ok());
        let (Some(date), Some(currency), Some(quantity), true) = (date, currency, quantity, read.problems.is_empty())
        else {
            return read.refusal("quantity");
        };
        let meaning = match self.get(at, "buySell") {
            Some(side) if side.starts_with("SELL") => Meaning::Sell,
            Some(side) if side.starts_with("BUY") => Meaning::Buy,
            _ => Meaning::Trade,
        };
        let mut facts = Facts::new(meaning, date, currency);
        facts.settlement_date =
            self.get(at, "settleDateTarget").and_then(|text| parse_day(text, DayOrder::DayFirst).ok());
        facts.account = self.get(at, "accountId").map(str::to_owned);
        facts.external_id = self.get(at, "transactionID").or(self.get(at, "tradeID")).map(str::to_owned);
        facts.note = self.get(at, "notes").or(self.get(at, "code")).map(|codes| format!("codes {codes}"));
        facts.rate = self.base.zip(rate.filter(|rate| Decimal::ZERO < *rate));
        let commission = commission.unwrap_or_default();
        let is_own = commission_currency.is_none_or(|other| other == currency);
        let taxes = taxes.unwrap_or_default();
        if category == "CASH" {
            return self.exchange(facts, at, quantity, price, proceeds, commission, commission_currency);
        }
        facts.security = self.security(at);
        facts.quantity = Some(quantity);
        // Bonds are quoted in percent; quantity is the nominal.
        let is_quoted_per_unit = !matches!(category, "BOND" | "BILL")
            && multiplier.is_none_or(|multiplier| multiplier == Decimal::ONE || multiplier.is_zero());
        facts.price = price.filter(|_| is_quoted_per_unit);
        let before_interest = proceeds.and_then(|proceeds| proceeds.checked_add(taxes));
        let own_commission = if is_own { commission } else { Decimal::ZERO };
        facts.cash = before_interest.and_then(|cash| cash.checked_add(own_commission)).or(net_cash);
        // Minus costs; a rebate of the exchange is a plus and lowers them to nothing at most.
        facts.fees =
            if own_commission.is_sign_negative() { vec![fee("commission", own_commission)] } else { Vec::new() };
        facts.taxes = if taxes.is_zero() { Vec::new() } else { vec![tax(TaxKind::Transaction, taxes)] };
        let mut parts = Vec::new();
        if own_commission.is_sign_positive() && !own_commission.is_zero() {
            facts.cash = facts.cash.and_then(|cash| cash.checked_sub(own_commission));
            parts.push(self.part(&facts, Meaning::FeeRefund, currency, own_commission, "rebate"));
        }
        if let (false, Some(other)) = (is_own || commission.is_zero(), commission_currency) {
            let meaning = if commission.is_sign_negative() { Meaning::Fee } else { Meaning::FeeRefund };
            parts.push(self.part(&facts, meaning, other, commission, "commission"));
        }
        if let Some(accrued) = accrued.filter(|accrued| !accrued.is_zero()) {
            let mut interest = self.part(&facts, Meaning::Interest, currency, accrued, "interest");
            interest.security = facts.security.clone();
            interest.tags = vec!["accrued_interest".to_owned()];
            parts.push(interest);
        }
        together(facts, parts)
    }

    /// What belongs to a trade and is booked on its own.
    fn part(&self, trade: &Facts, meaning: Meaning, currency: Currency, cash: Decimal, suffix: &str) -> Facts {
        let mut part = Facts::new(meaning, trade.date, currency);
        part.cash = Some(cash);
        part.account = trade.account.clone();
        part.external_id = trade.external_id.as_ref().map(|id| format!("{id}/{suffix}"));
        part.rate = trade.rate.filter(|_| currency == trade.currency);
        part
    }

    /// Symbol `EUR.USD`: quantity of the first currency, proceeds in the second.
    #[allow(clippy::too_many_arguments)]
    fn exchange(
        &self,
        mut facts: Facts,
        at: usize,
        quantity: Decimal,
        price: Option<Decimal>,
        proceeds: Option<Decimal>,
        commission: Decimal,
        commission_currency: Option<Currency>,
    ) -> Content {
        let pair = self.get(at, "symbol").unwrap_or_default();
        let sides = pair.split_once('.').map(|(base, quote)| (base.parse::<Currency>(), quote.parse::<Currency>()));
        let Some((Ok(base), Ok(quote))) = sides else {
            let detail = format!("{:?} is not a pair of currencies", short(pair));
            return Content::Problems(vec![Problem::new("unknown_currency", "symbol", detail)]);
        };
        let other = proceeds.or_else(|| price.and_then(|price| price.checked_mul(-quantity)));
        facts.meaning = Meaning::Exchange;
        (facts.currency, facts.cash) = (base, Some(quantity));
        facts.counter = other.map(|other| (quote, other));
        facts.rate = None;
        let cost = commission_currency
            .filter(|_| !commission.is_zero())
            .map(|currency| self.part(&facts, Meaning::Fee, currency, commission, "commission"));
        together(facts, cost.into_iter().collect())
    }

    fn cash(&self, at: usize) -> Content {
        let level = self.get(at, "levelOfDetail").unwrap_or("DETAIL");
        if level == "SUMMARY" && self.has_cash_details {
            return Content::Ignored("sums up details that the file holds".to_owned());
        }
        let word = self.get(at, "type").unwrap_or_default();
        let meaning = match word {
            "Dividends" | "Payment In Lieu Of Dividends" => Meaning::Dividend,
            "Withholding Tax" | "871(m) Withholding" => Meaning::Withholding,
            "Broker Interest Paid"
            | "Broker Interest Received"
            | "Bond Interest Paid"
            | "Bond Interest Received"
            | "Broker Fees" => Meaning::Interest,
            "Deposits & Withdrawals" | "Deposits/Withdrawals" | "Deposits And Withdrawals" => Meaning::Cash,
            "Other Fees" | "Advisor Fees" | "Commission Adjustments" | "Price Adjustments" => Meaning::Fee,
            "Other Income" => Meaning::Reward,
            _ => {
                let problem = Problem::new(
                    "unknown_kind",
                    "type",
                    format!("{:?} is not a known type of cash transaction", short(word)),
                );
                return Content::Problems(vec![problem.with_try("record it by hand, and skip the line")]);
            }
        };
        let mut read = Read { statement: self, at, problems: Vec::new() };
        let date = read.day(&["settleDate", "dateTime", "reportDate"]);
        let currency = read.currency("currency");
        let (amount, rate) = (read.number("amount"), read.number("fxRateToBase"));
        let (Some(date), Some(currency), Some(amount), true) = (date, currency, amount, read.problems.is_empty())
        else {
            return read.refusal("amount");
        };
        if amount.is_zero() {
            return Content::Ignored("changes nothing: the amount is zero".to_owned());
        }
        let mut facts = Facts::new(meaning, date, currency);
        if meaning == Meaning::Fee && amount.is_sign_positive() {
            facts.meaning = Meaning::FeeRefund;
        }
        let is_return =
            self.get(at, "description").is_some_and(|text| text.to_ascii_lowercase().contains("return of capital"));
        if meaning == Meaning::Dividend && is_return {
            facts.meaning = Meaning::ReturnOfCapital;
        }
        facts.cash = Some(amount);
        facts.ex_date = self.get(at, "exDate").and_then(|text| parse_day(text, DayOrder::DayFirst).ok());
        facts.account = self.get(at, "accountId").map(str::to_owned);
        facts.external_id = self.get(at, "transactionID").map(str::to_owned);
        facts.note = self.get(at, "description").map(str::to_owned);
        facts.rate = self.base.zip(rate.filter(|rate| Decimal::ZERO < *rate));
        facts.security = match facts.meaning {
            Meaning::Cash | Meaning::Fee | Meaning::FeeRefund | Meaning::Reward => None,
            _ => self.security(at),
        };
        facts.content()
    }

    fn action(&self, at: usize) -> Content {
        if let Some(what) = unsupported_type(self.get(at, "assetCategory").unwrap_or_default()) {
            return Content::NotSupported(not_supported(what));
        }
        let word = self.get(at, "type").unwrap_or_default();
        let description = self.get(at, "actionDescription").or(self.get(at, "description")).unwrap_or_default();
        let mut read = Read { statement: self, at, problems: Vec::new() };
        let date = read.day(&["reportDate", "dateTime"]);
        let currency = read.currency("currency");
        let quantity = read.number("quantity");
        let (Some(date), Some(currency), true) = (date, currency, read.problems.is_empty()) else {
            return read.refusal("dateTime");
        };
        let ratio = ratio_in(description);
        let meaning = match word {
            "FS" | "RS" if ratio.is_some() => Meaning::Split,
            "FS" | "FI" => Meaning::SplitAdded,
            "SD" => Meaning::StockDividend,
            "RS" => Meaning::ByHand("a reverse split"),
            "SO" => Meaning::ByHand("a spin-off"),
            "TC" | "TO" | "TI" | "GV" | "OR" | "CO" => Meaning::ByHand("a merger or tender"),
            "IC" => Meaning::ByHand("a change of identifier"),
            "DI" | "RI" | "SR" | "ED" => Meaning::ByHand("an issue of rights"),
            "BM" | "TM" | "BC" => Meaning::ByHand("the end of a bond"),
            "DW" => Meaning::ByHand("a delisting without value"),
            "PV" => Meaning::Ignored("is a vote"),
            _ => Meaning::ByHand("a corporate action"),
        };
        let mut facts = Facts::new(meaning, date, currency);
        facts.account = self.get(at, "accountId").map(str::to_owned);
        facts.external_id = self.get(at, "transactionID").or(self.get(at, "actionID")).map(str::to_owned);
        facts.security = self.security(at);
        facts.note = Some(description.to_owned()).filter(|text| !text.is_empty());
        facts.quantity = quantity;
        facts.ratio = ratio.filter(|_| meaning == Meaning::Split);
        if meaning == Meaning::Split {
            facts.quantity = None;
        }
        facts.content()
    }

    fn transfer(&self, at: usize) -> Content {
        if let Some(what) = unsupported_type(self.get(at, "assetCategory").unwrap_or_default()) {
            return Content::NotSupported(not_supported(what));
        }
        let mut read = Read { statement: self, at, problems: Vec::new() };
        let date = read.day(&["date", "dateTime", "reportDate"]);
        let currency = read.currency("currency");
        let [quantity, cash, value] = ["quantity", "cashTransfer", "positionAmount"].map(|name| read.number(name));
        let (Some(date), Some(currency), true) = (date, currency, read.problems.is_empty()) else {
            return read.refusal("date");
        };
        let meaning = match self.get(at, "direction") {
            Some("OUT") => Meaning::TransferOut,
            Some("IN") => Meaning::TransferIn,
            _ => Meaning::Transfer,
        };
        let mut facts = Facts::new(meaning, date, currency);
        facts.account = self.get(at, "accountId").map(str::to_owned);
        facts.external_id = self.get(at, "transactionID").map(str::to_owned);
        let is_cash =
            self.get(at, "assetCategory") == Some("CASH") || quantity.is_none_or(|quantity| quantity.is_zero());
        if is_cash {
            facts.meaning = Meaning::Cash;
            facts.cash = cash.or(value).filter(|cash| !cash.is_zero());
            if facts.cash.is_none() {
                return Content::Ignored("transfers nothing".to_owned());
            }
            return facts.content();
        }
        facts.security = self.security(at);
        facts.quantity = quantity;
        facts.gross = value.filter(|value| !value.is_zero()).map(|value| value.abs());
        facts.content()
    }
}

/// A trade and what is booked beside it.
fn together(trade: Facts, parts: Vec<Facts>) -> Content {
    let mut movements = Vec::new();
    for part in std::iter::once(trade).chain(parts) {
        match part.content() {
            Content::Movements(made) => movements.extend(made),
            other => return other,
        }
    }
    Content::Movements(movements)
}

fn names(tree: &Tree, at: usize) -> SecurityNames {
    let text = |name: &str| tree.attribute(at, name).map(str::to_owned);
    SecurityNames {
        isin: text("isin"),
        figi: text("figi"),
        cusip: text("cusip"),
        symbol: text("symbol"),
        mic: None,
        wkn: None,
        name: text("description"),
        kind: match (tree.attribute(at, "assetCategory"), tree.attribute(at, "subCategory")) {
            (Some("STK"), Some("ETF")) => Some("etf"),
            (Some("STK"), _) => Some("stock"),
            (Some("FUND"), _) => Some("fund"),
            (Some("BOND" | "BILL"), _) => Some("bond"),
            (Some("CRYPTO"), _) => Some("crypto"),
            _ => None,
        },
    }
}

/// `AAPL(US0378331005) SPLIT 4 FOR 1 (…)`
fn ratio_in(description: &str) -> Option<Ratio> {
    let words: Vec<&str> = description.split_whitespace().collect();
    let at = words.iter().position(|word| word.eq_ignore_ascii_case("FOR"))?;
    let number = |word: &str| {
        parse_number(word.trim_matches(['(', ')', ',']), DecimalMark::Point)
            .ok()
            .filter(|number| Decimal::ZERO < *number)
    };
    let (to, from) = (number(words.get(at.checked_sub(1)?)?)?, number(words.get(at + 1)?)?);
    Some(Ratio { from, to })
}

/// Attributes of one row, and what is wrong with them.
struct Read<'s, 't> {
    statement: &'s Statement<'t>,
    at: usize,
    problems: Vec<Problem>,
}

impl Read<'_, '_> {
    fn day(&mut self, names: &[&'static str]) -> Option<Date> {
        let (name, text) = names.iter().find_map(|name| Some((*name, self.statement.get(self.at, name)?)))?;
        parse_day(text, DayOrder::MonthFirst)
            .map_err(|error| self.problems.push(Problem::new("bad_date", name, error.to_string())))
            .ok()
    }

    fn number(&mut self, name: &'static str) -> Option<Decimal> {
        let text = self.statement.get(self.at, name)?;
        let read = parse_number(text, DecimalMark::Point);
        read.map_err(|error| {
            self.problems.push(Problem::new("bad_number", name, format!("{:?}: {error}", short(text))))
        })
        .ok()
    }

    fn currency(&mut self, name: &'static str) -> Option<Currency> {
        let text = self.statement.get(self.at, name)?;
        currency_named(text)
            .map_err(|error| self.problems.push(Problem::new("unknown_currency", name, error.to_string())))
            .ok()
    }

    fn refusal(mut self, field: &'static str) -> Content {
        if self.problems.is_empty() {
            let problem = Problem::new("missing_field", field, format!("date, currency or {field} is missing"));
            self.problems.push(problem.with_try("add the field to the Flex query and export again"));
        }
        Content::Problems(self.problems)
    }
}
