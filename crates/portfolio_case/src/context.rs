//! One question's view of a case: its conventions, prices, rates, and the trail of what was used.
//!
//! Invariant: whatever is looked up is written to the trail, so an explained answer names all its sources.

use std::cell::RefCell;
use std::collections::BTreeSet;

use dates::Date;

use crate::absent::Absent;
use crate::case::{Case, Kind, Query, Scope, Transaction};
use crate::conventions::{Conventions, PriceLookup, Product};
use crate::num::Num;
use crate::read::cash_account_of;

/// What a question sees.
pub struct Context<'a> {
    /// The case.
    pub case: &'a Case,
    /// The question.
    pub query: &'a Query,
    /// Conventions after the question's options.
    pub conventions: Conventions,
    /// Places of the transactions that were refused.
    pub refused: &'a BTreeSet<usize>,
    explain: bool,
    trail: RefCell<Vec<String>>,
}

impl<'a> Context<'a> {
    /// A fresh view.
    pub fn new(
        case: &'a Case,
        query: &'a Query,
        conventions: Conventions,
        refused: &'a BTreeSet<usize>,
        explain: bool,
    ) -> Self {
        Context { case, query, conventions, refused, explain, trail: RefCell::new(Vec::new()) }
    }

    /// Writes a line of the trail, once, if the answer is to be explained.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if !self.explain {
            return;
        }
        let line = line();
        let mut trail = self.trail.borrow_mut();
        if !trail.contains(&line) && trail.len() < 2_000 {
            trail.push(line);
        }
    }

    /// The trail so far.
    pub fn trail(&self) -> Vec<String> {
        self.trail.borrow().clone()
    }

    /// The question's scope.
    pub fn scope(&self) -> &Scope {
        &self.query.scope
    }

    /// The day of the question: its own, the end of its range, the case's valuation day, the end of the period.
    pub fn at(&self) -> Result<Date, Absent> {
        self.query
            .at
            .or(self.query.scope.to)
            .or(self.query.date(&["at", "end", "to", "asof", "date"]))
            .or(self.case.as_of)
            .or(self.case.end)
            .or_else(|| self.last_day())
            .ok_or_else(|| Absent::missing("for which day"))
    }

    /// The last day of which anything is known.
    fn last_day(&self) -> Option<Date> {
        let quoted = self.case.prices.values().filter_map(|series| series.last().map(|(date, _)| *date)).max();
        self.case.transactions.last().map(|t| t.date).max(quoted)
    }

    /// The first and last day of the period: start is a close, so what happens on it is outside.
    pub fn period(&self) -> Result<(Date, Date), Absent> {
        let range = self.query.param(&["range", "period", "interval"]).and_then(|value| value.as_str());
        let end = self.query.date(&["end", "to"]).or(self.query.scope.to);
        if let Some(range) = range {
            let at = end.map_or_else(|| self.at(), Ok)?;
            let (start, end) = crate::periods::interval(range, at, self.first_day())?;
            return Ok((start, end));
        }
        let end = end.or(self.query.at).or(self.case.end).map_or_else(|| self.at(), Ok)?;
        let start = self.query.date(&["start", "from"]).or(self.query.scope.from).or(self.case.start);
        let start = match start {
            Some(start) => start,
            None => self.first_day().ok_or_else(|| Absent::missing("when the period starts"))?,
        };
        if end < start {
            return Err(Absent::new("empty_period", format!("the period from {start} to {end} is empty")));
        }
        Ok((start, end))
    }

    /// The day before anything happened.
    pub fn first_day(&self) -> Option<Date> {
        let first = self.case.transactions.first().map(|t| t.date);
        let opened = self.case.opening.lots.iter().map(|lot| lot.date).min();
        first.into_iter().chain(opened).min().and_then(|date| date.pred_opt())
    }

    /// The close after which a question about what happened begins, where the case or the question bounds it.
    pub fn has_start(&self) -> Option<Date> {
        if self.query.param(&["range", "period", "interval"]).is_some() {
            return self.period().ok().map(|(start, _)| start);
        }
        // `from` names the first day, as `to` the last; a period's start is a close.
        let from = self.query.scope.from.map(|from| from.pred_opt().unwrap_or(from));
        self.query.date(&["start", "from"]).or(from).or(self.case.start)
    }

    /// The currency of the answer.
    pub fn currency(&self) -> Result<String, Absent> {
        if let Some(currency) = self.query.currency.clone().or_else(|| self.case.base.clone()) {
            return Ok(currency);
        }
        let of_symbol = self.query.scope.symbol.as_deref().and_then(|symbol| self.instrument_currency(symbol));
        let only = || {
            let all: BTreeSet<&str> = self
                .case
                .transactions
                .iter()
                .map(|t| t.currency.as_str())
                .chain(self.case.instruments.values().filter_map(|i| i.currency.as_deref()))
                .chain(self.case.opening.lots.iter().filter_map(|lot| lot.currency.as_deref()))
                .filter(|code| !code.is_empty())
                .collect();
            (all.len() <= 1).then(|| all.first().map_or(String::new(), |code| (*code).to_owned()))
        };
        of_symbol.or_else(only).ok_or_else(|| Absent::missing("the base currency"))
    }

    /// The currency of an instrument: its own, or that of its first transaction.
    pub fn instrument_currency(&self, symbol: &str) -> Option<String> {
        let stated = self.case.instruments.get(symbol).and_then(|instrument| instrument.currency.clone());
        let traded = || {
            let of_symbol = |t: &&Transaction| t.symbol.as_deref() == Some(symbol);
            self.case.transactions.iter().find(of_symbol).map(|t| t.currency.clone())
        };
        let opened = || self.case.opening.lots.iter().find(|lot| lot.symbol == symbol)?.currency.clone();
        stated.or_else(traded).or_else(opened).or_else(|| self.case.base.clone())
    }

    /// Units of price per unit of quantity.
    pub fn multiplier(&self, symbol: &str) -> Num {
        self.case.instruments.get(symbol).map_or(Num::ONE, |instrument| instrument.multiplier)
    }

    /// The quote in force on a day, in the instrument's currency.
    pub fn price(&self, symbol: &str, date: Date) -> Result<Num, Absent> {
        self.conventions.require("price_lookup")?;
        let empty = Vec::new();
        let series = self.case.prices.get(symbol).unwrap_or(&empty);
        let found = look_up(series, date, self.conventions.price_lookup);
        let found = match (found, self.conventions.product) {
            (Some(found), _) => Some(found),
            // No quote at all is worth nothing there.
            (None, Some(Product::PortfolioPerformance)) if series.is_empty() => Some((date, Num::ZERO)),
            (None, Some(Product::Ghostfolio)) => self.last_traded(symbol, date),
            _ => None,
        };
        let Some((quoted, price)) = found else {
            return Err(Absent::new("no_price", format!("{symbol} has no price for {date}")));
        };
        self.note(|| format!("price of {symbol} on {date}: {} (quote of {quoted})", show(price)));
        let instrument = self.case.instruments.get(symbol);
        match instrument.and_then(|i| i.quote_currency.as_deref().zip(i.currency.as_deref())) {
            Some((quote, own)) if quote != own => Ok(price * self.rate(quote, own, date)?),
            _ => Ok(price),
        }
    }

    fn last_traded(&self, symbol: &str, date: Date) -> Option<(Date, Num)> {
        let of_symbol = |t: &&Transaction| t.symbol.as_deref() == Some(symbol) && t.date <= date && t.price.is_some();
        self.case.transactions.iter().rfind(of_symbol).and_then(|t| Some((t.date, t.price?)))
    }

    /// The dates on which a symbol has quotes.
    pub fn quote_dates(&self, symbol: &str) -> impl Iterator<Item = Date> + '_ {
        self.case.prices.get(symbol).into_iter().flatten().map(|(date, _)| *date)
    }

    /// How much `to` one `from` is on a day.
    pub fn rate(&self, from: &str, to: &str, date: Date) -> Result<Num, Absent> {
        if from == to {
            return Ok(Num::ONE);
        }
        let (main, factor) = main_currency(from);
        let (target, divisor) = main_currency(to);
        if main == target {
            return Ok(factor / divisor);
        }
        let Some((rate, source)) = self.chain(&main, &target, date, &mut vec![main.clone()]) else {
            return Err(Absent::new("no_rate", format!("no rate from {from} to {to} for {date}")));
        };
        self.note(|| format!("rate {from} to {to} on {date}: {} ({source})", show(rate * factor / divisor)));
        Ok(rate * factor / divisor)
    }

    /// Direct or inverted, else over other currencies, fewest steps first.
    fn chain(&self, from: &str, to: &str, date: Date, seen: &mut Vec<String>) -> Option<(Num, String)> {
        if let Some(found) = self.table_rate(from, to, date) {
            return Some(found);
        }
        if seen.len() > 4 {
            return None;
        }
        let next: BTreeSet<String> = self
            .case
            .rates
            .iter()
            .flat_map(|table| [(&table.base, &table.quote), (&table.quote, &table.base)])
            .filter(|(a, b)| *a == from && !seen.contains(b))
            .map(|(_, b)| b.clone())
            .collect();
        next.into_iter().find_map(|step| {
            let (first, source) = self.table_rate(from, &step, date)?;
            seen.push(step.clone());
            let rest = self.chain(&step, to, date, seen);
            seen.pop();
            rest.map(|(rate, more)| (first * rate, format!("{source}, {more}")))
        })
    }

    fn table_rate(&self, from: &str, to: &str, date: Date) -> Option<(Num, String)> {
        let lookup = match self.conventions.price_lookup {
            PriceLookup::Exact => PriceLookup::OnOrBefore,
            other => other,
        };
        self.case.rates.iter().find_map(|table| {
            let is_direct = table.base == from && table.quote == to;
            let is_inverse = table.base == to && table.quote == from;
            if !is_direct && !is_inverse {
                return None;
            }
            let (quoted, rate) = look_up(&table.rates, date, lookup)?;
            let source = format!("{}/{} of {quoted}", table.base, table.quote);
            Some((if is_direct { rate } else { Num::ONE / rate }, source))
        })
    }

    /// An amount in another currency at the rate of a day, rounded where bookings are.
    pub fn convert(&self, amount: Num, from: &str, to: &str, date: Date) -> Result<Num, Absent> {
        if from == to || amount.is_zero() {
            return Ok(amount);
        }
        Ok(self.conventions.booked(amount * self.rate(from, to, date)?))
    }

    /// The rate of a transaction into a currency: its own recorded rate before any table.
    pub fn transaction_rate(&self, t: &Transaction, from: &str, to: &str) -> Result<Num, Absent> {
        if from == to {
            return Ok(Num::ONE);
        }
        if from == t.currency {
            if let Some(rate) = t.fx_rate
                && self.fx_rate_target(t).as_deref() == Some(to)
            {
                self.note(|| format!("rate {from} to {to} recorded on transaction {}: {}", t.place, show(rate)));
                return Ok(rate);
            }
            if let Some((foreign, rate)) = t.foreign.as_ref().and_then(|f| Some((f, f.rate?)))
                && foreign.currency == to
            {
                self.note(|| format!("rate {to} to {from} recorded on transaction {}: {}", t.place, show(rate)));
                let inverse = Num::ONE / rate;
                return Ok(match self.conventions.product {
                    Some(Product::PortfolioPerformance) => {
                        inverse.round(10, rust_decimal::RoundingStrategy::MidpointTowardZero)
                    }
                    _ => inverse,
                });
            }
            if let Some(rate) = t.cash_rate
                && t.cash_currency.as_deref() == Some(to)
            {
                return Ok(rate);
            }
        }
        self.rate(from, to, t.date)
    }

    /// Into which currency `fx_rate` leads.
    fn fx_rate_target(&self, t: &Transaction) -> Option<String> {
        let of_account = self.cash_currency(t).filter(|code| *code != t.currency);
        of_account.or_else(|| self.case.base.clone())
    }

    /// The declared currency of the account on which the cash of a transaction moves.
    pub fn cash_currency(&self, t: &Transaction) -> Option<String> {
        let id = cash_account_of(&t.account, t.cash_account.as_deref(), &self.case.accounts)?;
        self.case.accounts.get(&id)?.currency.clone()
    }

    /// Whether cash is inside of the portfolio: some account, opening or movement of cash says so.
    pub fn tracks_cash(&self) -> bool {
        let case = self.case;
        let moves = |t: &Transaction| {
            matches!(
                t.kind,
                Kind::Deposit
                    | Kind::Withdrawal
                    | Kind::OpeningCash
                    | Kind::CashTransfer
                    | Kind::TransferInCash
                    | Kind::TransferOutCash
            )
        };
        let declared = || case.accounts.values().any(|account| !account.is_depot && account.currency.is_some());
        !case.opening.cash.is_empty()
            || !self.keeps_trades_off_cash() && declared()
            || case.transactions.iter().any(moves)
    }

    /// Ghostfolio's activities leave the balances of accounts alone.
    pub fn keeps_trades_off_cash(&self) -> bool {
        self.conventions.product == Some(Product::Ghostfolio)
    }

    /// Transactions in force up to a day, in booking order.
    pub fn transactions(&self, until: Date) -> impl Iterator<Item = &'a Transaction> + '_ {
        let refused = self.refused;
        self.case.transactions.iter().filter(move |t| t.date <= until && !refused.contains(&t.place))
    }

    /// All symbols that are ever held, in order.
    pub fn symbols(&self) -> BTreeSet<String> {
        let traded = self.case.transactions.iter().filter_map(|t| t.symbol.clone());
        traded.chain(self.case.opening.lots.iter().map(|lot| lot.symbol.clone())).collect()
    }
}

/// The entry of a series in force on a day.
pub fn look_up(series: &[(Date, Num)], date: Date, how: PriceLookup) -> Option<(Date, Num)> {
    let after = series.partition_point(|(day, _)| *day <= date);
    let before = after.checked_sub(1).and_then(|at| series.get(at)).copied();
    let next = series.get(after).copied();
    match how {
        PriceLookup::OnOrBefore => before,
        PriceLookup::FirstBeforeFirst => before.or(next),
        PriceLookup::Exact => before.filter(|(day, _)| *day == date),
        PriceLookup::OnOrAfter => before.filter(|(day, _)| *day == date).or(next),
        PriceLookup::Nearest => match (before, next) {
            (Some(a), Some(b)) => Some(if b.0 - date < date - a.0 { b } else { a }),
            (a, b) => a.or(b),
        },
    }
}

/// A minor unit's main currency and the fraction.
fn main_currency(code: &str) -> (String, Num) {
    match code.parse::<money::Currency>().ok().and_then(|currency| currency.parent()) {
        Some((parent, fraction)) => (parent.code().to_owned(), Num::from(fraction)),
        None => (code.to_owned(), Num::ONE),
    }
}

/// A number for the trail.
pub fn show(number: Num) -> String {
    number.0.map_or("undefined".to_owned(), |value| value.normalize().to_string())
}
