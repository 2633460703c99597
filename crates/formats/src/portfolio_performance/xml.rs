//! The file of Portfolio Performance in XML.
//!
//! A trade is one booking of a depot and one of a cash account; it is booked once, in the account that the depot refers
//! to, with the exchange of currencies that its gross value in another currency tells.

use std::collections::{HashMap, HashSet};

use dates::Date;
use ledger::{Problem, TaxKind};
use money::{Currency, Decimal};

use crate::day::{DayOrder, parse_day};
use crate::exchange::{Charge, with_exchange};
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::currency_named;
use crate::markup::Tree;
use crate::movement::{Content, Line, SecurityNames, short};
use crate::portfolio_performance::kinds::Kind;
use crate::portfolio_performance::xml_model::Model;

/// Whether a text is such a file.
pub(crate) fn is_such(text: &str) -> bool {
    let head: String = text.chars().take(1_000).collect();
    head.contains("<client") && (head.contains("<baseCurrency>") || head.contains("<version>"))
}

/// Reads all transactions.
pub(crate) fn read(text: &str) -> Result<Vec<Line>, Problem> {
    let tree = Tree::read(text)?;
    let model = Model::new(&tree);
    let Some(client) = tree.child(0, "client") else {
        return Err(Problem::new("malformed", "", "the file has no element client").at_line(1));
    };
    let version = model.text(client, "version").and_then(|text| text.parse::<u32>().ok()).unwrap_or(70);
    let mut file = File {
        model: &model,
        share_decimals: share_decimals(version),
        owners: HashMap::new(),
        reference_accounts: HashMap::new(),
    };
    file.find_owners(client);
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    let owned: Vec<usize> = {
        let mut owned: Vec<usize> = file.owners.keys().copied().collect();
        owned.sort_unstable();
        owned
    };
    for at in owned {
        if seen.insert(at) {
            lines.push(Line { line: tree.elements[at].line, raw: file.raw(at), content: file.content(at) });
        }
    }
    // The file has no order of time of its own.
    lines.sort_by_key(|line| match &line.content {
        Content::Movements(movements) => movements.first().map(|movement| movement.draft.trade_date),
        _ => None,
    });
    Ok(lines)
}

/// Decimals of numbers of shares by the version of the file.
fn share_decimals(version: u32) -> u32 {
    match version {
        ..=25 => 5,
        26..=48 => 6,
        _ => 8,
    }
}

/// Where a transaction is listed.
#[derive(Debug, Clone, PartialEq)]
enum Owner {
    Account(String),
    Depot(String),
}

struct File<'m, 't> {
    model: &'m Model<'t>,
    share_decimals: u32,
    owners: HashMap<usize, Owner>,
    /// Cash account by depot.
    reference_accounts: HashMap<String, String>,
}

impl File<'_, '_> {
    fn find_owners(&mut self, client: usize) {
        for account in self.model.list(client, "accounts") {
            let name = self.model.text(account, "name").unwrap_or("account").to_owned();
            for at in self.model.list(account, "transactions") {
                self.owners.insert(at, Owner::Account(name.clone()));
            }
        }
        for depot in self.model.list(client, "portfolios") {
            let name = self.model.text(depot, "name").unwrap_or("depot").to_owned();
            if let Some(account) =
                self.model.child(depot, "referenceAccount").and_then(|account| self.model.text(account, "name"))
            {
                self.reference_accounts.insert(name.clone(), account.to_owned());
            }
            for at in self.model.list(depot, "transactions") {
                self.owners.insert(at, Owner::Depot(name.clone()));
            }
        }
    }

    /// The texts of a transaction, without what is nested in it.
    fn raw(&self, at: usize) -> Vec<(String, String)> {
        let mut raw: Vec<(String, String)> = ["uuid", "date", "type", "currencyCode", "amount", "shares", "note"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), self.model.text(at, name)?.to_owned())))
            .collect();
        if let Some(security) = self.model.child(at, "security").and_then(|security| self.model.text(security, "name"))
        {
            raw.push(("security".to_owned(), security.to_owned()));
        }
        raw
    }

    /// The DawsOS account of what a depot or cash account holds.
    fn account_of(&self, owner: &Owner) -> String {
        match owner {
            Owner::Account(name) => name.clone(),
            Owner::Depot(name) => self.reference_accounts.get(name).unwrap_or(name).clone(),
        }
    }

    fn content(&self, at: usize) -> Content {
        let Some(owner) = self.owners.get(&at) else { return Content::Ignored("is in no account".to_owned()) };
        let word = self.model.text(at, "type").unwrap_or_default();
        let Some(kind) = Kind::of(word) else {
            let problem = Problem::new("unknown_kind", "type", format!("{:?} is not a known type", short(word)));
            return Content::Problems(vec![problem]);
        };
        let cross = self.model.child(at, "crossEntry");
        let side = |name: &str| cross.and_then(|cross| self.model.child(cross, name));
        match (kind, owner) {
            (Kind::Buy | Kind::Sell, Owner::Account(_)) if cross.is_some() => {
                return Content::Ignored("is the cash side of a trade, which the depot books".to_owned());
            }
            (Kind::TransferIn, _) if side("transactionTo") == Some(at) => {
                return Content::Ignored("is the other side of a transfer".to_owned());
            }
            _ => {}
        }
        let mut problems = Vec::new();
        let facts = self.facts(at, kind, owner, &mut problems);
        let Some(mut facts) = facts.filter(|_| problems.is_empty()) else { return Content::Problems(problems) };
        match kind {
            Kind::Buy | Kind::Sell => self.trade(at, facts, side("account")),
            Kind::TransferOut if side("transactionFrom") == Some(at) => {
                let to = side("transactionTo").and_then(|to| self.owners.get(&to));
                facts.counter_account = to.map(|to| self.account_of(to));
                if facts.counter_account == facts.account {
                    return Content::Ignored("moves inside of one account".to_owned());
                }
                facts.content()
            }
            _ => facts.content(),
        }
    }

    fn facts(&self, at: usize, kind: Kind, owner: &Owner, problems: &mut Vec<Problem>) -> Option<Facts> {
        let date = self.day(at, problems);
        let currency = self.model.text(at, "currencyCode").and_then(|text| currency_named(text).ok());
        if currency.is_none() {
            problems.push(Problem::new("unknown_currency", "currencyCode", "the currency is missing or not known"));
        }
        let amount = self.scaled(at, "amount", 2, problems).unwrap_or_default();
        let shares = self.scaled(at, "shares", self.share_decimals, problems).filter(|shares| !shares.is_zero());
        let mut facts = Facts::new(kind.meaning(), date?, currency?);
        facts.account = Some(self.account_of(owner));
        facts.external_id = self.model.text(at, "uuid").map(str::to_owned);
        facts.note = self.model.text(at, "note").map(str::to_owned);
        facts.security = self.model.child(at, "security").map(|security| self.names(security));
        facts.quantity = shares;
        let (fees, taxes) = (self.units(at, "FEE"), self.units(at, "TAX"));
        if !fees.is_zero() {
            facts.fees = vec![fee("commission", fees)];
        }
        if !taxes.is_zero() {
            let kind = if kind == Kind::Buy {
                TaxKind::Transaction
            } else if kind == Kind::Sell {
                TaxKind::Other
            } else {
                TaxKind::Withholding
            };
            facts.taxes = vec![tax(kind, taxes)];
        }
        match kind {
            Kind::DeliveryInbound => {
                facts.gross = Some(amount);
                facts.lot = Some((facts.date, amount)).filter(|_| !amount.is_zero());
                (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
            }
            Kind::DeliveryOutbound | Kind::TransferIn | Kind::TransferOut => {
                facts.gross = Some(amount);
                (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
            }
            Kind::Dividends => {
                facts.cash = Some(amount);
                facts.ex_date = self.model.text(at, "exDate").and_then(|text| parse_day(text, DayOrder::DayFirst).ok());
            }
            Kind::Deposit | Kind::Removal => {
                facts.cash = Some(amount);
                (facts.security, facts.quantity) = (None, None);
            }
            Kind::Buy | Kind::Sell => facts.cash = Some(amount),
            _ => {
                facts.cash = Some(amount);
                facts.quantity = None;
                facts.fees = Vec::new();
            }
        }
        Some(facts)
    }

    /// A trade in the currency of its security, the exchange where the account has another, and the cash where the trade
    /// was paid from an account that the depot does not refer to.
    fn trade(&self, at: usize, mut facts: Facts, cash_account: Option<usize>) -> Content {
        let paid_from = cash_account.and_then(|account| self.model.text(account, "name")).map(str::to_owned);
        let total = facts.cash.unwrap_or_default();
        if facts.meaning == Meaning::Sell && total.is_zero() {
            facts.meaning = Meaning::TransferOut;
            facts.cash = None;
            return facts.content();
        }
        let (date, currency, account, id) =
            (facts.date, facts.currency, facts.account.clone(), facts.external_id.clone());
        let is_buy = facts.meaning == Meaning::Buy;
        let content = match self.gross_in_other_currency(at, currency) {
            Some((other, gross)) => {
                let costs =
                    facts.fees.iter().map(|fee| fee.amount).chain(facts.taxes.iter().map(|tax| tax.amount)).sum();
                let charge = Charge { currency, total, costs };
                facts.currency = other;
                (facts.gross, facts.cash) = (Some(gross), None);
                (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
                with_exchange(facts, charge)
            }
            None => facts.content(),
        };
        let (Content::Movements(mut movements), Some(paid_from)) =
            (content.clone(), paid_from.filter(|from| Some(from) != account.as_ref()))
        else {
            return content;
        };
        let mut transfer = Facts::new(Meaning::TransferOut, date, currency);
        transfer.cash = Some(total);
        transfer.external_id = id.map(|id| format!("{id}/cash"));
        (transfer.account, transfer.counter_account) =
            if is_buy { (Some(paid_from), account) } else { (account, Some(paid_from)) };
        let Content::Movements(cash) = transfer.content() else { return content };
        let at = if is_buy { 0 } else { movements.len() };
        movements.splice(at..at, cash);
        Content::Movements(movements)
    }

    fn gross_in_other_currency(&self, at: usize, own: Currency) -> Option<(Currency, Decimal)> {
        let unit = self.unit(at, "GROSS_VALUE").into_iter().next()?;
        let forex = self.model.child(unit, "forex")?;
        let currency = self.model.tree.attribute(forex, "currency").and_then(|text| currency_named(text).ok())?;
        let amount = self.model.tree.attribute(forex, "amount")?.parse::<i64>().ok()?;
        (currency != own).then(|| (currency, Decimal::new(amount, 2)))
    }

    fn unit(&self, at: usize, kind: &str) -> Vec<usize> {
        self.model
            .list(at, "units")
            .into_iter()
            .filter(|unit| self.model.tree.attribute(*unit, "type") == Some(kind))
            .collect()
    }

    /// Sum of the units of a kind, in the currency of the transaction.
    fn units(&self, at: usize, kind: &str) -> Decimal {
        let amounts = self.unit(at, kind).into_iter().filter_map(|unit| {
            let amount = self.model.child(unit, "amount")?;
            self.model.tree.attribute(amount, "amount")?.parse::<i64>().ok()
        });
        amounts.map(|amount| Decimal::new(amount, 2)).sum()
    }

    fn scaled(&self, at: usize, name: &str, decimals: u32, problems: &mut Vec<Problem>) -> Option<Decimal> {
        let text = self.model.text(at, name)?;
        match text.parse::<i64>() {
            Ok(number) => Some(Decimal::new(number, decimals).normalize()),
            Err(_) => {
                problems.push(Problem::new("bad_number", name, format!("{:?} is not a whole number", short(text))));
                None
            }
        }
    }

    fn day(&self, at: usize, problems: &mut Vec<Problem>) -> Option<Date> {
        let text = self.model.text(at, "date").unwrap_or_default();
        parse_day(text, DayOrder::DayFirst)
            .map_err(|error| problems.push(Problem::new("bad_date", "date", error.to_string())))
            .ok()
    }

    fn names(&self, security: usize) -> SecurityNames {
        let text = |name: &str| self.model.text(security, name).map(str::to_owned);
        SecurityNames {
            isin: text("isin"),
            symbol: text("tickerSymbol"),
            wkn: text("wkn"),
            name: text("name"),
            ..SecurityNames::default()
        }
    }
}
