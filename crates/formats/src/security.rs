//! Which security a file means: certain where the names leave no doubt, else a question with candidates.
//!
//! Certain are one FIGI; one ISIN whose listing trades in the currency of the line; one symbol on a named exchange; one
//! symbol that only one security has. A name alone, a listing in another currency, names that contradict each other are
//! questions.

use std::collections::HashMap;

use money::Currency;
use uuid::Uuid;

use crate::directory::{AccountsAndSecurities, SecurityName, SecurityQuery};
use crate::movement::SecurityNames;

/// What was chosen for a security that is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// That security.
    Security(Uuid),
    /// A new security of the user, named as in the file.
    Create,
    /// Leave out the lines that name it.
    Ignore,
}

/// A security of the file for which somebody must choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Under which the choice is given.
    pub key: String,
    /// As the file names it.
    pub names: SecurityNames,
    /// Currency of its lines.
    pub currency: Currency,
    /// Why it is not certain.
    pub why: String,
    /// Securities that it may be.
    pub candidates: Vec<SecurityName>,
    /// Lines that name it.
    pub lines: Vec<u64>,
}

/// A security that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSecurity {
    /// Its identity, the same for the same names.
    pub id: Uuid,
    /// The key of its question.
    pub key: String,
    /// As the file names it.
    pub names: SecurityNames,
    /// Trading currency: that of its first line, whole units.
    pub currency: Currency,
}

/// What a lookup gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// No doubt.
    Certain(Uuid),
    /// Somebody must choose.
    Uncertain {
        /// Why.
        why: String,
        /// Securities that it may be.
        candidates: Vec<SecurityName>,
    },
}

/// Suffixes with which data vendors tell exchanges apart, and the exchanges.
const SUFFIXES: [(&str, &str); 46] = [
    ("AS", "XAMS"),
    ("AT", "XATH"),
    ("AX", "XASX"),
    ("BD", "XBUD"),
    ("BK", "XBKK"),
    ("BO", "XBOM"),
    ("BR", "XBRU"),
    ("CO", "XCSE"),
    ("DE", "XETR"),
    ("DU", "XDUS"),
    ("F", "XFRA"),
    ("HE", "XHEL"),
    ("HK", "XHKG"),
    ("HM", "XHAM"),
    ("IC", "XICE"),
    ("IL", "XLON"),
    ("IR", "XDUB"),
    ("IS", "XIST"),
    ("JK", "XIDX"),
    ("JO", "XJSE"),
    ("KL", "XKLS"),
    ("KQ", "XKOS"),
    ("KS", "XKRX"),
    ("L", "XLON"),
    ("LS", "XLIS"),
    ("MC", "XMAD"),
    ("MI", "XMIL"),
    ("MU", "XMUN"),
    ("MX", "XMEX"),
    ("NE", "NEOE"),
    ("NS", "XNSE"),
    ("NZ", "XNZE"),
    ("OL", "XOSL"),
    ("PA", "XPAR"),
    ("PR", "XPRA"),
    ("SA", "BVMF"),
    ("SG", "XSTU"),
    ("SI", "XSES"),
    ("SS", "XSHG"),
    ("ST", "XSTO"),
    ("SW", "XSWX"),
    ("SZ", "XSHE"),
    ("T", "XTKS"),
    ("TO", "XTSE"),
    ("V", "XTSX"),
    ("VI", "XWBO"),
];

/// The symbol without the suffix of its exchange, and the exchange.
pub fn split_suffix(symbol: &str) -> Option<(&str, &'static str)> {
    let (bare, suffix) = symbol.rsplit_once('.')?;
    let upper = suffix.to_ascii_uppercase();
    let (_, mic) = SUFFIXES.iter().find(|(known, _)| *known == upper)?;
    (!bare.is_empty()).then_some((bare, *mic))
}

/// The key of a security of a file: its strongest code, and the currency it is dealt in.
pub fn key_of(names: &SecurityNames, currency: Currency) -> String {
    let whole = currency.parent().map_or(currency, |(parent, _)| parent);
    let code = |scheme: &str, value: &Option<String>| value.as_ref().map(|value| format!("{scheme}:{value}"));
    let key = code("isin", &names.isin)
        .or_else(|| code("figi", &names.figi))
        .or_else(|| match (&names.symbol, &names.mic) {
            (Some(symbol), Some(mic)) => Some(format!("symbol:{mic}:{symbol}")),
            (Some(symbol), None) => Some(format!("symbol:{symbol}")),
            _ => None,
        })
        .or_else(|| code("cusip", &names.cusip))
        .or_else(|| code("wkn", &names.wkn))
        .or_else(|| code("name", &names.name));
    format!("{}/{whole}", key.unwrap_or_else(|| "unnamed".to_owned()))
}

/// The identity of a security that is created from a file for an owner.
pub fn id_of(owner: Uuid, key: &str) -> Uuid {
    Uuid::new_v5(&owner, format!("security of a file: {key}").as_bytes())
}

/// Looks a security up. `trades` says whether the line deals in it, so that the currency of the listing matters.
pub fn find(names: &SecurityNames, currency: Currency, trades: bool, known: &dyn AccountsAndSecurities) -> Match {
    let whole = |currency: Currency| currency.parent().map_or(currency, |(parent, _)| parent);
    let fits =
        |security: &SecurityName| !trades || security.currency.is_none_or(|quoted| whole(quoted) == whole(currency));
    if let Some(figi) = &names.figi {
        let found = known.securities(&SecurityQuery { figi: Some(figi), ..SecurityQuery::default() });
        if let [one] = found.as_slice() {
            return judged(one, fits(one), currency);
        }
    }
    if let Some(isin) = names.isin_or_cusip() {
        let found = known.securities(&SecurityQuery { isin: Some(&isin), ..SecurityQuery::default() });
        if !found.is_empty() {
            return by_isin(&isin, found, names, &fits, currency);
        }
    }
    if let Some(symbol) = &names.symbol {
        return by_symbol(symbol, names, &fits, currency, known);
    }
    let named = names.name.as_deref().map_or(Vec::new(), |name| known.securities_named(name));
    let why = if named.is_empty() {
        format!("no security is known as {}", names.label())
    } else {
        format!("{} is only known by its name", names.label())
    };
    Match::Uncertain { why, candidates: named }
}

fn judged(one: &SecurityName, fits: bool, currency: Currency) -> Match {
    if fits {
        return Match::Certain(one.id);
    }
    let quoted = one.currency.map_or(String::new(), |currency| currency.to_string());
    let why = format!("{} trades in {quoted}, the line is in {currency}", one.label());
    Match::Uncertain { why, candidates: vec![one.clone()] }
}

fn by_isin(
    isin: &str,
    found: Vec<SecurityName>,
    names: &SecurityNames,
    fits: &dyn Fn(&SecurityName) -> bool,
    currency: Currency,
) -> Match {
    if let [one] = found.as_slice() {
        return judged(one, fits(one), currency);
    }
    // Several listings: exchange, symbol and currency may leave one.
    let bare = names.symbol.as_deref().map(|symbol| split_suffix(symbol).unwrap_or((symbol, "")));
    let mic = names.mic.as_deref().or(bare.map(|(_, mic)| mic).filter(|mic| !mic.is_empty()));
    let is_same =
        |value: &Option<String>, wanted: &str| value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(wanted));
    let filters: [&dyn Fn(&SecurityName) -> bool; 3] = [
        &|security| mic.is_none_or(|mic| is_same(&security.mic, mic)),
        &|security| bare.is_none_or(|(symbol, _)| is_same(&security.symbol, symbol)),
        fits,
    ];
    let mut left: Vec<SecurityName> = found.clone();
    for filter in filters {
        let kept: Vec<SecurityName> = left.iter().filter(|security| filter(security)).cloned().collect();
        if !kept.is_empty() {
            left = kept;
        }
    }
    match left.as_slice() {
        [one] => judged(one, fits(one), currency),
        _ => Match::Uncertain { why: format!("ISIN {isin} has {} listings", found.len()), candidates: found },
    }
}

fn by_symbol(
    symbol: &str,
    names: &SecurityNames,
    fits: &dyn Fn(&SecurityName) -> bool,
    currency: Currency,
    known: &dyn AccountsAndSecurities,
) -> Match {
    let mut found = known.securities(&SecurityQuery {
        symbol: Some(symbol),
        mic: names.mic.as_deref(),
        ..SecurityQuery::default()
    });
    if found.is_empty()
        && let Some((bare, mic)) = split_suffix(symbol)
    {
        found = known.securities(&SecurityQuery { symbol: Some(bare), mic: Some(mic), ..SecurityQuery::default() });
    }
    let is_contradicted = |security: &SecurityName| match (&security.isin, names.isin_or_cusip()) {
        (Some(known), Some(given)) => !known.eq_ignore_ascii_case(&given),
        _ => false,
    };
    match found.as_slice() {
        [one] if is_contradicted(one) => {
            let why = format!("symbol {symbol} is {}, whose ISIN is another one than that of the line", one.label());
            Match::Uncertain { why, candidates: found }
        }
        // The line has an ISIN that the known security lacks: probable, not certain.
        [one] if names.isin.is_some() && one.isin.is_none() => Match::Uncertain {
            why: format!("ISIN {} is not known, its symbol {symbol} is", names.isin.as_deref().unwrap_or_default()),
            candidates: found,
        },
        [one] => judged(one, fits(one), currency),
        [] => {
            let named = known.securities_named(symbol);
            let named = if named.is_empty() {
                names.name.as_deref().map_or(Vec::new(), |name| known.securities_named(name))
            } else {
                named
            };
            let near =
                known.nearest_symbol(symbol).map_or(String::new(), |near| format!("; the nearest symbol is {near}"));
            Match::Uncertain { why: format!("no security is known as {}{near}", names.label()), candidates: named }
        }
        several => {
            let left: Vec<&SecurityName> =
                several.iter().filter(|security| fits(security) && !is_contradicted(security)).collect();
            match left.as_slice() {
                [one] => Match::Certain(one.id),
                _ => Match::Uncertain {
                    why: format!("symbol {symbol} is {} securities", several.len()),
                    candidates: found.clone(),
                },
            }
        }
    }
}

/// Whether a security may be created without being asked: its symbol looks like one.
fn is_plausible(names: &SecurityNames) -> bool {
    let is_sign = |char: char| char.is_alphanumeric() || " .-_:/&^=+*'()".contains(char);
    names.symbol.as_ref().is_none_or(|symbol| symbol.chars().all(is_sign) && symbol.chars().count() <= 64)
}

/// Finds securities for the lines of one file; each security is looked up once.
pub(crate) struct Matcher<'n> {
    known: &'n dyn AccountsAndSecurities,
    choices: &'n HashMap<String, Choice>,
    creates_unknown: bool,
    owner: Uuid,
    cache: HashMap<(SecurityNames, Currency, bool), Found>,
    /// Questions in the order in which they came up.
    pub questions: Vec<Question>,
    question_at: HashMap<String, usize>,
    /// Securities to create.
    pub created: Vec<NewSecurity>,
}

/// The security of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    Security(Uuid),
    /// The lines are left out, as was chosen.
    Ignored,
    /// Somebody must choose under this key.
    Asked {
        key: String,
        why: String,
    },
}

impl<'n> Matcher<'n> {
    pub fn new(
        known: &'n dyn AccountsAndSecurities,
        choices: &'n HashMap<String, Choice>,
        creates_unknown: bool,
        owner: Uuid,
    ) -> Self {
        let (cache, question_at) = (HashMap::new(), HashMap::new());
        Self { known, choices, creates_unknown, owner, cache, questions: Vec::new(), question_at, created: Vec::new() }
    }

    pub fn security(&mut self, names: &SecurityNames, currency: Currency, trades: bool, line: u64) -> Found {
        let cached = (names.clone(), currency, trades);
        if let Some(found) = self.cache.get(&cached) {
            if let Found::Asked { key, .. } = found
                && let Some(at) = self.question_at.get(key)
            {
                self.questions[*at].lines.push(line);
            }
            return found.clone();
        }
        let found = self.look_up(names, currency, trades, line);
        self.cache.insert(cached, found.clone());
        found
    }

    fn look_up(&mut self, names: &SecurityNames, currency: Currency, trades: bool, line: u64) -> Found {
        let key = key_of(names, currency);
        match self.choices.get(&key) {
            Some(Choice::Security(id)) => return Found::Security(*id),
            Some(Choice::Ignore) => return Found::Ignored,
            Some(Choice::Create) => return Found::Security(self.create(key, names, currency)),
            None => {}
        }
        // A purchase may have created what a dividend in another currency names.
        let same_code = |new: &NewSecurity| names.isin.is_some() && new.names.isin == names.isin;
        if !trades && let Some(new) = self.created.iter().find(|new| same_code(new)) {
            return Found::Security(new.id);
        }
        match find(names, currency, trades, self.known) {
            Match::Certain(id) => Found::Security(id),
            Match::Uncertain { candidates, .. }
                if candidates.is_empty() && self.creates_unknown && is_plausible(names) =>
            {
                Found::Security(self.create(key, names, currency))
            }
            Match::Uncertain { why, candidates } => {
                let at = *self.question_at.entry(key.clone()).or_insert(self.questions.len());
                if at == self.questions.len() {
                    let question = Question {
                        key: key.clone(),
                        names: names.clone(),
                        currency,
                        why: why.clone(),
                        candidates,
                        lines: vec![line],
                    };
                    self.questions.push(question);
                } else {
                    self.questions[at].lines.push(line);
                }
                Found::Asked { key, why }
            }
        }
    }

    fn create(&mut self, key: String, names: &SecurityNames, currency: Currency) -> Uuid {
        let id = id_of(self.owner, &key);
        if !self.created.iter().any(|new| new.id == id) {
            let currency = currency.parent().map_or(currency, |(parent, _)| parent);
            self.created.push(NewSecurity { id, key, names: names.clone(), currency });
        }
        id
    }
}
