//! Names of accounts and securities: from the words of a file to ids, and back for writing.

use std::collections::HashMap;

use dates::Date;
use money::{Currency, Decimal};
use uuid::Uuid;

/// What a reader of files asks about names.
pub trait AccountsAndSecurities {
    /// The account of that name (letter case does not matter).
    fn account(&self, name: &str) -> Option<Uuid>;
    /// The account, if the portfolio has exactly one.
    fn only_account(&self) -> Option<Uuid>;
    /// Names of all accounts, for advice.
    fn account_names(&self) -> Vec<String>;
    /// Every security that fits all that is asked.
    fn securities(&self, wanted: &SecurityQuery<'_>) -> Vec<SecurityName>;
    /// The known symbol most similar to one that is not known, for advice.
    fn nearest_symbol(&self, symbol: &str) -> Option<String>;
    /// Securities of that name (letter case does not matter).
    fn securities_named(&self, _name: &str) -> Vec<SecurityName> {
        Vec::new()
    }
    /// Base currency of the portfolio, where the reader may use it for rates that a file gives.
    fn base_currency(&self) -> Option<Currency> {
        None
    }
    /// Units that the books hold at the start of a day; none where they are not known.
    fn units_held(&self, _account: Uuid, _security: Uuid, _before: Date) -> Option<Decimal> {
        None
    }
}

/// How a file row names a security; all given parts must fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecurityQuery<'a> {
    /// ISIN.
    pub isin: Option<&'a str>,
    /// FIGI.
    pub figi: Option<&'a str>,
    /// Symbol on its exchange.
    pub symbol: Option<&'a str>,
    /// Market identifier code.
    pub mic: Option<&'a str>,
}

/// An account with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName {
    /// Identity.
    pub id: Uuid,
    /// Name, unique in the portfolio.
    pub name: String,
}

/// A security with its names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityName {
    /// Identity.
    pub id: Uuid,
    /// Name of the issue.
    pub name: String,
    /// Symbol on its exchange.
    pub symbol: Option<String>,
    /// Market identifier code.
    pub mic: Option<String>,
    /// ISIN.
    pub isin: Option<String>,
    /// FIGI.
    pub figi: Option<String>,
    /// Trading currency.
    pub currency: Option<Currency>,
}

impl SecurityName {
    /// `XNAS:AAPL`, or whatever there is to tell it by.
    pub fn label(&self) -> String {
        match (&self.mic, &self.symbol, &self.isin) {
            (Some(mic), Some(symbol), _) => format!("{mic}:{symbol}"),
            (None, Some(symbol), _) => symbol.clone(),
            (_, None, Some(isin)) => isin.clone(),
            _ => self.name.clone(),
        }
    }
}

/// Accounts and securities of a portfolio, indexed for both directions.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    accounts: Vec<AccountName>,
    securities: Vec<SecurityName>,
    account_by_name: HashMap<String, usize>,
    account_by_id: HashMap<Uuid, usize>,
    security_by_id: HashMap<Uuid, usize>,
    by_symbol: HashMap<String, Vec<usize>>,
    by_isin: HashMap<String, Vec<usize>>,
    by_figi: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Directory {
    /// Indexes names. Where two accounts share a name (in any letter case), the first counts.
    pub fn new(accounts: Vec<AccountName>, securities: Vec<SecurityName>) -> Self {
        let mut directory = Directory::default();
        for (at, account) in accounts.iter().enumerate() {
            directory.account_by_name.entry(folded(&account.name)).or_insert(at);
            directory.account_by_id.insert(account.id, at);
        }
        for (at, security) in securities.iter().enumerate() {
            directory.security_by_id.insert(security.id, at);
            let index = |map: &mut HashMap<String, Vec<usize>>, value: &Option<String>| {
                if let Some(value) = value {
                    map.entry(value.to_ascii_uppercase()).or_default().push(at);
                }
            };
            index(&mut directory.by_symbol, &security.symbol);
            index(&mut directory.by_isin, &security.isin);
            index(&mut directory.by_figi, &security.figi);
            directory.by_name.entry(folded(&security.name)).or_default().push(at);
        }
        directory.accounts = accounts;
        directory.securities = securities;
        directory
    }

    /// Name of an account.
    pub fn account_name(&self, id: Uuid) -> Option<&str> {
        self.account_by_id.get(&id).map(|at| self.accounts[*at].name.as_str())
    }

    /// Names of a security.
    pub fn security(&self, id: Uuid) -> Option<&SecurityName> {
        self.security_by_id.get(&id).map(|at| &self.securities[*at])
    }

    /// Number of accounts.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }
}

impl AccountsAndSecurities for Directory {
    fn account(&self, name: &str) -> Option<Uuid> {
        self.account_by_name.get(&folded(name)).map(|at| self.accounts[*at].id)
    }

    fn only_account(&self) -> Option<Uuid> {
        match self.accounts.as_slice() {
            [account] => Some(account.id),
            _ => None,
        }
    }

    fn account_names(&self) -> Vec<String> {
        self.accounts.iter().map(|account| account.name.clone()).collect()
    }

    fn securities(&self, wanted: &SecurityQuery<'_>) -> Vec<SecurityName> {
        let find = |map: &HashMap<String, Vec<usize>>, value: &str| {
            map.get(&value.to_ascii_uppercase()).cloned().unwrap_or_default()
        };
        let candidates = match (wanted.figi, wanted.isin, wanted.symbol) {
            (Some(figi), _, _) => find(&self.by_figi, figi),
            (_, Some(isin), _) => find(&self.by_isin, isin),
            (_, _, Some(symbol)) => find(&self.by_symbol, symbol),
            _ => Vec::new(),
        };
        let fits = |wanted: Option<&str>, found: &Option<String>| {
            wanted.is_none_or(|wanted| found.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
        };
        let securities = candidates.into_iter().map(|at| &self.securities[at]);
        let fitting = securities.filter(|security| {
            fits(wanted.isin, &security.isin)
                && fits(wanted.figi, &security.figi)
                && fits(wanted.symbol, &security.symbol)
                && fits(wanted.mic, &security.mic)
        });
        fitting.cloned().collect()
    }

    fn nearest_symbol(&self, symbol: &str) -> Option<String> {
        let wanted: String = symbol.chars().take(40).flat_map(char::to_uppercase).collect();
        let score = |known: &str| strsim::normalized_damerau_levenshtein(&wanted, known);
        let known = self.by_symbol.keys().map(|known| (score(known), known));
        // Ties by name, so that the same file gets the same advice.
        let best = known.max_by(|(a, name_a), (b, name_b)| a.total_cmp(b).then_with(|| name_b.cmp(name_a)))?;
        (best.0 >= 0.4).then(|| best.1.clone())
    }

    fn securities_named(&self, name: &str) -> Vec<SecurityName> {
        let found = self.by_name.get(&folded(name)).into_iter().flatten();
        found.map(|at| self.securities[*at].clone()).collect()
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
