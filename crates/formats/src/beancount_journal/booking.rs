//! What a transaction of a journal books: units against cash are trades, income and expenses say what for, equity is
//! outside of the portfolio.
//!
//! The account is the path below `Assets` without its last parts where those name the commodity or the cash.

use std::collections::{BTreeMap, HashMap};

use dates::Date;
use ledger::{Problem, Ratio, TaxKind};
use money::{Currency, Decimal};

use crate::beancount_journal::syntax::{Posting, Transaction};
use crate::facts::{Facts, Meaning, fee, tax};
use crate::movement::{Content, SecurityNames, short};

/// The movements of a transaction.
pub(crate) fn content(
    date: Option<Date>,
    transaction: &Transaction,
    commodities: &HashMap<String, SecurityNames>,
) -> Content {
    let Some(date) = date else { return problem("bad_date", "the transaction has no date", "give it a date") };
    let booking = Booking { date, transaction, commodities };
    match booking.content() {
        Ok(parts) => {
            let mut movements = Vec::new();
            for part in parts {
                match part.content() {
                    Content::Movements(made) => movements.extend(made),
                    other => return other,
                }
            }
            Content::Movements(movements)
        }
        Err(content) => content,
    }
}

fn problem(code: &'static str, detail: &str, advice: &str) -> Content {
    Content::Problems(vec![Problem::new(code, "", detail).with_try(advice)])
}

struct Booking<'t> {
    date: Date,
    transaction: &'t Transaction,
    commodities: &'t HashMap<String, SecurityNames>,
}

/// Postings by what they are.
#[derive(Default)]
struct Sides<'t> {
    units: Vec<(&'t Posting, Decimal, &'t str)>,
    cash: Vec<(String, Currency, Decimal)>,
    fees: BTreeMap<Currency, Decimal>,
    taxes: Vec<(TaxKind, Currency, Decimal)>,
    dividends: Vec<(&'t str, Currency, Decimal)>,
    interest: Vec<(Currency, Decimal)>,
    /// Income, expenses and equity that are outside of the portfolio.
    outside: bool,
    gains: bool,
}

impl<'t> Booking<'t> {
    fn content(&self) -> Result<Vec<Facts>, Content> {
        let sides = self.sides()?;
        match sides.units.as_slice() {
            [] => self.cash_only(sides),
            [one] => self.one_security(*one, &sides),
            several => self.several(several, &sides),
        }
    }

    fn sides(&self) -> Result<Sides<'t>, Content> {
        let mut sides = Sides::default();
        let elided = self.elided()?;
        for posting in &self.transaction.postings {
            let amounts: Vec<(Decimal, &str)> = match &posting.units {
                Some((amount, commodity)) => vec![(*amount, commodity.as_str())],
                None => elided.iter().map(|(commodity, amount)| (*amount, *commodity)).collect(),
            };
            if posting.units.is_none() && amounts.is_empty() {
                // Nothing is left for it, or only a gain whose amount Beancount works out from its lots.
                sides.gains |= posting.account.starts_with("Income");
                sides.outside |= posting.account.starts_with("Equity");
            }
            for (amount, commodity) in amounts {
                self.sort(&mut sides, posting, amount, commodity)?;
            }
        }
        Ok(sides)
    }

    fn sort(
        &self,
        sides: &mut Sides<'t>,
        posting: &'t Posting,
        amount: Decimal,
        commodity: &'t str,
    ) -> Result<(), Content> {
        let account = posting.account.as_str();
        let root = account.split(':').next().unwrap_or_default();
        let currency = if posting.cost.is_some() {
            None
        } else {
            commodity.parse::<Currency>().ok().filter(|_| !self.is_described(commodity))
        };
        let lower = account.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        match (root, currency) {
            ("Assets" | "Liabilities", Some(currency)) => {
                sides.cash.push((account_name(account, commodity), currency, amount))
            }
            ("Assets" | "Liabilities", None) => sides.units.push((posting, amount, commodity)),
            ("Expenses", Some(currency)) if has(&["withhold"]) => {
                sides.taxes.push((TaxKind::Withholding, currency, amount))
            }
            ("Expenses", Some(currency)) if has(&["tax"]) => {
                let kind = if has(&["transaction", "stamp"]) { TaxKind::Transaction } else { TaxKind::Other };
                sides.taxes.push((kind, currency, amount));
            }
            ("Expenses", Some(currency)) if has(&["fee", "commission", "financial", "broker"]) => {
                let sum = sides.fees.entry(currency).or_default();
                *sum = sum.checked_add(amount).unwrap_or(*sum);
            }
            ("Income", Some(currency)) if has(&["divid", "distribution"]) => {
                sides.dividends.push((account, currency, -amount))
            }
            ("Income", Some(currency)) if has(&["interest"]) => sides.interest.push((currency, -amount)),
            ("Income", _) if has(&["gain", "pnl", "p-l", "capital"]) => sides.gains = true,
            ("Income" | "Expenses" | "Equity", _) => sides.outside = true,
            _ => {
                return Err(problem(
                    "unknown_account",
                    &format!("{:?} begins with none of Assets, Liabilities, Income, Expenses, Equity", short(account)),
                    "rename the account",
                ));
            }
        }
        Ok(())
    }

    /// Whether the journal describes the commodity as a security.
    fn is_described(&self, commodity: &str) -> bool {
        self.commodities.get(commodity).is_some_and(|names| names.isin.is_some() || names.mic.is_some())
    }

    /// What the one posting without an amount balances: weights of all others, by currency.
    fn elided(&self) -> Result<Vec<(&'t str, Decimal)>, Content> {
        let count = self.transaction.postings.iter().filter(|posting| posting.units.is_none()).count();
        if 1 < count {
            return Err(problem("malformed", "more than one posting has no amount", "give the amounts"));
        }
        let mut weights: BTreeMap<&str, Decimal> = BTreeMap::new();
        for posting in &self.transaction.postings {
            let Some((amount, commodity)) = &posting.units else { continue };
            let sign = if amount.is_sign_negative() { -Decimal::ONE } else { Decimal::ONE };
            let (value, unit) = match (&posting.cost, &posting.price) {
                (Some(cost), _) => match (cost.total, &cost.currency) {
                    (Some(total), Some(currency)) => (total.checked_mul(sign), currency.as_str()),
                    // A lot that is matched has a cost that only its books know.
                    _ => return Ok(Vec::new()),
                },
                (None, Some((price, currency))) => (amount.checked_mul(*price), currency.as_str()),
                (None, None) => (Some(*amount), commodity.as_str()),
            };
            let sum = weights.entry(unit).or_default();
            *sum = value.and_then(|value| sum.checked_add(value)).unwrap_or(*sum);
        }
        Ok(weights.into_iter().filter(|(_, sum)| !sum.is_zero()).map(|(unit, sum)| (unit, -sum)).collect())
    }

    fn names(&self, commodity: &str) -> SecurityNames {
        let plain = || SecurityNames::of_code(commodity);
        self.commodities.get(commodity).cloned().unwrap_or_else(plain)
    }

    fn facts(&self, meaning: Meaning, currency: Currency, account: &str) -> Facts {
        let mut facts = Facts::new(meaning, self.date, currency);
        facts.account = Some(account.to_owned());
        facts.external_id = self.transaction.metadata.get("id").cloned();
        let texts = [self.transaction.payee.as_deref(), Some(self.transaction.narration.as_str())];
        let note = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
        facts.note = (!note.is_empty()).then_some(note);
        facts.tags = self.transaction.tags.clone();
        facts
    }

    /// A purchase, sale or transfer of one security.
    fn one_security(
        &self,
        (posting, units, commodity): (&Posting, Decimal, &str),
        sides: &Sides<'_>,
    ) -> Result<Vec<Facts>, Content> {
        let account = account_name(&posting.account, commodity);
        let priced = posting.price.as_ref().map(|(price, currency)| (*price, currency.as_str()));
        let cost = posting.cost.as_ref().and_then(|cost| Some((cost.total?, cost.currency.as_deref()?)));
        let currency = priced
            .map(|(_, currency)| currency)
            .or(cost.map(|(_, currency)| currency))
            .and_then(|text| text.parse().ok());
        let cash = sides.cash.iter().find(|(_, known, _)| currency.is_none_or(|currency| currency == *known));
        let Some(currency) = currency.or(cash.map(|(_, currency, _)| *currency)) else {
            return Err(problem(
                "missing_field",
                &format!("the posting of {commodity} has neither cost nor price"),
                "give the cost in braces, or the price after @",
            ));
        };
        let is_buy = units.is_sign_positive();
        let in_currency: Decimal =
            sides.cash.iter().filter(|(_, known, _)| *known == currency).map(|(_, _, amount)| *amount).sum();
        let has_cash = sides.cash.iter().any(|(_, known, _)| *known == currency);
        let dividend: Decimal =
            sides.dividends.iter().filter(|(_, known, _)| *known == currency).map(|(_, _, amount)| *amount).sum();
        let mut facts = self.facts(if is_buy { Meaning::Buy } else { Meaning::Sell }, currency, &account);
        facts.security = Some(self.names(commodity));
        facts.quantity = Some(units.abs());
        facts.fees = sides.fees.get(&currency).map(|amount| fee("commission", *amount)).into_iter().collect();
        let taxes = sides.taxes.iter().filter(|(_, known, _)| *known == currency);
        facts.taxes = taxes.map(|(kind, _, amount)| tax(*kind, *amount)).collect();
        let value = priced
            .and_then(|(price, _)| price.checked_mul(units.abs()))
            .or(cost.map(|(total, _)| total).filter(|_| is_buy));
        if is_buy && !has_cash && !dividend.is_zero() {
            facts.meaning = Meaning::ReinvestedDividend;
            facts.gross = value;
            return Ok(vec![facts]);
        }
        if !has_cash {
            // The other side is equity or nothing: units came in or left without money.
            facts.meaning = if is_buy { Meaning::TransferIn } else { Meaning::TransferOut };
            facts.gross = value;
            let bought = posting.cost.as_ref().and_then(|cost| cost.date).unwrap_or(self.date);
            facts.lot = cost.filter(|_| is_buy).map(|(total, _)| (bought, total));
            (facts.fees, facts.taxes) = (Vec::new(), Vec::new());
            return Ok(vec![facts]);
        }
        facts.cash = Some(in_currency);
        facts.price = priced.map(|(price, _)| price);
        // Dividends and interest beside a trade change its cash.
        let beside: Decimal =
            sides.interest.iter().filter(|(known, _)| *known == currency).map(|(_, amount)| *amount).sum();
        let mut parts = Vec::new();
        if !beside.is_zero() {
            facts.cash = facts.cash.and_then(|cash| cash.checked_sub(beside));
            let mut interest = self.facts(Meaning::Interest, currency, &account);
            interest.gross = Some(beside);
            interest.external_id = interest.external_id.map(|id| format!("{id}/interest"));
            parts.push(interest);
        }
        parts.insert(0, facts);
        Ok(parts)
    }

    /// The same units out and in: a split, a move to another account, or an exchange that the file does not explain.
    fn several(&self, units: &[(&Posting, Decimal, &str)], sides: &Sides<'_>) -> Result<Vec<Facts>, Content> {
        let (_, _, commodity) = units[0];
        let is_same = units.iter().all(|(_, _, other)| *other == commodity);
        let account = |posting: &Posting| account_name(&posting.account, commodity);
        let is_one_account = units.iter().all(|(posting, _, _)| account(posting) == account(units[0].0));
        let taken: Decimal =
            units.iter().map(|(_, amount, _)| *amount).filter(|amount| amount.is_sign_negative()).sum();
        let added: Decimal =
            units.iter().map(|(_, amount, _)| *amount).filter(|amount| amount.is_sign_positive()).sum();
        let has_cash = sides.cash.iter().any(|(_, _, amount)| !amount.is_zero());
        let currency =
            units.iter().find_map(|(posting, _, _)| posting.cost.as_ref()?.currency.as_deref()?.parse().ok());
        if is_same && !taken.is_zero() && !added.is_zero() && !has_cash {
            let currency = currency.unwrap_or(Currency::USD);
            if is_one_account && taken.abs() != added {
                let mut split = self.facts(Meaning::Split, currency, &account(units[0].0));
                split.security = Some(self.names(commodity));
                split.ratio = small_ratio(added, taken.abs());
                return Ok(vec![split]);
            }
            if !is_one_account && taken.abs() == added {
                return Ok(self.moves(units, currency, commodity));
            }
        }
        if is_same && taken.is_zero() != added.is_zero() && has_cash {
            // One sale out of several lots, or one purchase into several.
            let total = if taken.is_zero() { added } else { taken };
            let merged = Posting { cost: None, ..units[0].0.clone() };
            return self.one_security((&merged, total, commodity), sides);
        }
        Err(problem(
            "needs_details",
            "the transaction moves several securities at once",
            "record it as a corporate action or as single transactions, and skip the line",
        ))
    }

    /// Units out of one account and into another.
    fn moves(&self, units: &[(&Posting, Decimal, &str)], currency: Currency, commodity: &str) -> Vec<Facts> {
        let find = |is_in: bool| units.iter().find(|(_, amount, _)| amount.is_sign_positive() == is_in);
        let (Some((from, _, _)), Some((to, _, _))) = (find(false), find(true)) else { return Vec::new() };
        let quantity: Decimal =
            units.iter().map(|(_, amount, _)| *amount).filter(|amount| amount.is_sign_positive()).sum();
        let mut out = self.facts(Meaning::TransferOut, currency, &account_name(&from.account, commodity));
        out.security = Some(self.names(commodity));
        out.quantity = Some(quantity);
        out.counter_account = Some(account_name(&to.account, commodity));
        vec![out]
    }

    fn cash_only(&self, sides: Sides<'_>) -> Result<Vec<Facts>, Content> {
        let cash = &sides.cash;
        let Some((account, currency, _)) = cash.first().cloned() else {
            return Err(Content::Ignored("changes neither cash nor securities".to_owned()));
        };
        if let [(from, sold_in, sold), (to, bought_in, bought)] = cash.as_slice()
            && sold_in != bought_in
        {
            let mut exchange = self.facts(Meaning::Exchange, *sold_in, from);
            exchange.cash = Some(*sold);
            exchange.counter = Some((*bought_in, *bought));
            exchange.counter_account = (from != to).then(|| to.clone());
            return Ok(vec![exchange]);
        }
        if cash.iter().any(|(_, other, _)| *other != currency) {
            return Err(problem(
                "needs_details",
                "the transaction moves cash in several currencies",
                "record it as single transactions",
            ));
        }
        let net: Decimal = cash.iter().map(|(_, _, amount)| *amount).sum();
        let accounts: Vec<&str> = cash.iter().map(|(account, _, _)| account.as_str()).collect();
        if net.is_zero() && 1 < accounts.len() {
            return Ok(self.between_accounts(cash, currency));
        }
        let fees = sides.fees.get(&currency).copied().unwrap_or_default();
        let taxes: Vec<(TaxKind, Decimal)> = sides
            .taxes
            .iter()
            .filter(|(_, known, _)| *known == currency)
            .map(|(kind, _, amount)| (*kind, *amount))
            .collect();
        let taxed: Decimal = taxes.iter().map(|(_, amount)| *amount).sum();
        let dividend: Decimal =
            sides.dividends.iter().filter(|(_, known, _)| *known == currency).map(|(_, _, amount)| *amount).sum();
        let interest: Decimal =
            sides.interest.iter().filter(|(known, _)| *known == currency).map(|(_, amount)| *amount).sum();
        let meaning = if !dividend.is_zero() {
            Meaning::Dividend
        } else if !interest.is_zero() {
            Meaning::Interest
        } else if sides.outside || sides.gains {
            Meaning::Cash
        } else if !fees.is_zero() && taxed.is_zero() {
            if fees.is_sign_negative() { Meaning::FeeRefund } else { Meaning::Fee }
        } else if !taxed.is_zero() && fees.is_zero() {
            if taxed.is_sign_negative() { Meaning::TaxRefund } else { Meaning::Tax }
        } else {
            Meaning::Cash
        };
        let mut facts = self.facts(meaning, currency, &account);
        facts.cash = Some(net);
        match meaning {
            Meaning::Dividend | Meaning::Interest => {
                facts.gross = Some(if meaning == Meaning::Dividend { dividend } else { interest });
                facts.cash = None;
                facts.fees = if fees.is_zero() { Vec::new() } else { vec![fee("commission", fees)] };
                facts.taxes = taxes.iter().map(|(kind, amount)| tax(*kind, *amount)).collect();
            }
            _ => {}
        }
        if meaning == Meaning::Dividend {
            facts.security = self.payer(&sides);
            if facts.security.is_none() {
                return Err(problem(
                    "missing_field",
                    "which security paid the dividend is not said",
                    "name it in the income account or the narration",
                ));
            }
        }
        Ok(vec![facts])
    }

    /// The security of a dividend: a part of the income account, or a word of the narration, that is a commodity.
    fn payer(&self, sides: &Sides<'_>) -> Option<SecurityNames> {
        let parts = sides.dividends.iter().flat_map(|(account, _, _)| account.split(':').skip(1));
        let texts = [
            self.transaction.metadata.get("symbol").map(String::as_str),
            self.transaction.payee.as_deref(),
            Some(self.transaction.narration.as_str()),
        ];
        let words = texts.into_iter().flatten().flat_map(|text| {
            text.split(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_')))
        });
        let known = parts.clone().chain(words.clone()).find(|word| self.commodities.contains_key(*word));
        let looks = |word: &&str| {
            word.len() <= 6
                && 1 < word.len()
                && word.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '.')
        };
        let commodity = known.or_else(|| parts.chain(words).find(looks))?;
        Some(self.names(commodity))
    }

    fn between_accounts(&self, cash: &[(String, Currency, Decimal)], currency: Currency) -> Vec<Facts> {
        let from = cash.iter().find(|(_, _, amount)| amount.is_sign_negative());
        let to = cash.iter().find(|(_, _, amount)| amount.is_sign_positive());
        let (Some((from, _, amount)), Some((to, _, _))) = (from, to) else { return Vec::new() };
        let mut transfer = self.facts(Meaning::TransferOut, currency, from);
        transfer.cash = Some(*amount);
        transfer.counter_account = Some(to.clone());
        vec![transfer]
    }
}

/// `Assets:Broker:Securities:HOOL` and `Assets:Broker:Cash:USD` are of the account `Broker`.
fn account_name(path: &str, commodity: &str) -> String {
    let parts: Vec<&str> = path.split(':').skip(1).collect();
    let is_part_of_commodity = |part: &str| {
        let plain =
            |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        plain(part) == plain(commodity)
            || matches!(part, "Cash" | "Securities" | "Stocks" | "Stock" | "Funds" | "Holdings" | "Positions")
            || part.len() == 3 && part.parse::<Currency>().is_ok()
    };
    let kept = parts.iter().rposition(|part| !is_part_of_commodity(part)).map_or(1, |last| last + 1);
    parts.get(..kept.min(parts.len())).map_or(String::new(), |parts| parts.join(":"))
}

/// new:old in small numbers where there are some.
fn small_ratio(new: Decimal, old: Decimal) -> Option<Ratio> {
    for from in 1..=20u32 {
        let from = Decimal::from(from);
        let to = new.checked_mul(from)?.checked_div(old)?;
        if (to - to.round()).abs() < Decimal::new(1, 6) && Decimal::ONE <= to.round() {
            return Some(Ratio { from, to: to.round() });
        }
    }
    Some(Ratio { from: old.normalize(), to: new.normalize() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_named_without_what_they_hold() {
        for (path, commodity, name) in [
            ("Assets:Broker:Securities:HOOL", "HOOL", "Broker"),
            ("Assets:Broker:Cash:USD", "USD", "Broker"),
            ("Assets:US:ETrade:Cash", "USD", "US:ETrade"),
            ("Assets:US:ETrade:VTI", "VTI", "US:ETrade"),
            ("Assets:Cash", "EUR", "Cash"),
            ("Assets:Bank", "EUR", "Bank"),
        ] {
            assert_eq!(account_name(path, commodity), name, "{path}");
        }
    }
}
