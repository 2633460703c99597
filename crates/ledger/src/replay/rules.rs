//! The settings of a ledger as rules of booking: which method, whether fees are cost, whether an account may be short.
//!
//! Invariant: a rule for a transaction is what the settings said when it was recorded, for the day of the transaction.
//! Later settings, amendments of settings and voids of settings change nothing that was recorded before them. Settings
//! that stand before the first transaction hold from the beginning, whatever their day.

use std::collections::BTreeMap;
use std::sync::Arc;

use dates::Date;
use money::{Currency, Decimal};
use serde_json::Value;
use uuid::Uuid;

use crate::book_error::BookError;
use crate::entry::Entry;
use crate::kind::Kind;
use crate::lots::CostBasisMethod;
use crate::payload::Payload;
use crate::replay::standing::{Standing, Status};
use crate::settings::{ALLOW_SHORT, BASE_CURRENCY, COST_BASIS_METHOD, FEES_IN_COST, INHERIT, Settings, TAX_PROFILE};

/// Choices of a replay that the ledger does not make: a what-if, or the conventions of another program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayOptions {
    /// Leaves out what is effective later. Voids and amendments count whenever they were recorded.
    pub as_of: Option<Date>,
    /// One method for every disposal, instead of settings and of what single sales chose.
    pub cost_basis_method: Option<CostBasisMethod>,
    /// Whether fees belong to cost and proceeds, instead of the settings.
    pub fees_in_cost: Option<bool>,
    /// Whether every account may be short, instead of the settings.
    pub allow_short: Option<bool>,
    /// What to do where more is taken than is held.
    pub oversell: OversellRule,
}

/// What to do where more is taken than is held, and the account may not be short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OversellRule {
    /// The entries make no book.
    #[default]
    Refuse,
    /// What is held is taken; the rest is listed in [`crate::Book::oversold`].
    TakeWhatIsHeld,
}

/// Tax per 1 of gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TaxRates {
    pub short: Decimal,
    pub long: Decimal,
}

/// The rules of one ledger.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub base_currency: Currency,
    pub options: ReplayOptions,
    dated: Arc<Vec<Dated>>,
}

/// One setting by which lots are booked.
#[derive(Debug)]
struct Dated {
    rule: Rule,
    account_id: Option<Uuid>,
    effective_on: Date,
    seq: u64,
    closed_by: Option<u64>,
    is_opening: bool,
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    /// None: the account goes by the portfolio's again.
    Method(Option<CostBasisMethod>),
    FeesInCost(bool),
    AllowShort(bool),
    Rates(Option<TaxRates>),
}

impl Rules {
    /// What an account does with lots it disposes of.
    pub fn method(&self, account_id: Uuid, on: Date, place: u64) -> CostBasisMethod {
        let method = |rule: Rule| match rule {
            Rule::Method(method) => Some(method),
            _ => None,
        };
        let own = self.find(Some(account_id), on, place, method).flatten();
        let found = own.or_else(|| self.find(None, on, place, method).flatten());
        self.options.cost_basis_method.or(found).unwrap_or_default()
    }

    pub fn fees_in_cost(&self, account_id: Uuid, on: Date, place: u64) -> bool {
        let found = self.find(Some(account_id), on, place, |rule| match rule {
            Rule::FeesInCost(is_cost) => Some(is_cost),
            _ => None,
        });
        self.options.fees_in_cost.or(found).unwrap_or(true)
    }

    pub fn allow_short(&self, account_id: Uuid, on: Date, place: u64) -> bool {
        let found = self.find(Some(account_id), on, place, |rule| match rule {
            Rule::AllowShort(is_allowed) => Some(is_allowed),
            _ => None,
        });
        self.options.allow_short.or(found).unwrap_or(false)
    }

    pub fn tax_rates(&self, account_id: Uuid, on: Date, place: u64) -> Option<TaxRates> {
        self.find(Some(account_id), on, place, |rule| match rule {
            Rule::Rates(rates) => Some(rates),
            _ => None,
        })?
    }

    /// The account's own setting, else the portfolio's; the latest day counts, among equal days the latest entry.
    fn find<T>(&self, account_id: Option<Uuid>, on: Date, place: u64, wanted: impl Fn(Rule) -> Option<T>) -> Option<T> {
        let holds = |dated: &&Dated| {
            let is_there = dated.seq < place && dated.closed_by.is_none_or(|closed| place < closed);
            let is_begun = dated.is_opening || dated.effective_on <= on;
            is_there && is_begun && dated.account_id.is_none_or(|of| Some(of) == account_id)
        };
        let candidates = self.dated.iter().filter(holds);
        let found = candidates.filter_map(|dated| wanted(dated.rule).map(|value| (dated, value)));
        let day = |dated: &Dated| if dated.is_opening { Date::MIN } else { dated.effective_on };
        found.max_by_key(|(dated, _)| (dated.account_id.is_some(), day(dated), dated.seq)).map(|(_, value)| value)
    }
}

/// Reads every setting of a ledger.
pub(crate) fn read(
    entries: &[Arc<Entry>],
    standing: &Standing,
    options: ReplayOptions,
) -> Result<(Settings, Rules), BookError> {
    let mut values = BTreeMap::new();
    let mut of_accounts: BTreeMap<Uuid, BTreeMap<String, Value>> = BTreeMap::new();
    let mut base_currency: Option<Currency> = None;
    let mut cost_basis_method = CostBasisMethod::default();
    let mut is_in_use = false;
    let mut dated = Vec::new();
    let first_transaction = entries.iter().position(|entry| entry.kind.is_transaction()).unwrap_or(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let is_in_force = standing.is_in_force(at);
        let setting = match &entry.payload {
            Payload::Setting(setting) if entry.kind == Kind::Setting => setting,
            Payload::Setting(_) => return Err(BookError::WrongPayload { seq: entry.seq, kind: entry.kind }),
            _ => {
                is_in_use |= is_in_force && entry.kind.is_transaction() && standing.root[at] == at;
                continue;
            }
        };
        let seq = entry.seq;
        let bad = || BookError::BadSetting { seq, key: setting.key.clone(), value: setting.value.to_string() };
        if let Some(rule) = Rule::of(&setting.key, &setting.value, entry.account_id).map_err(|_| bad())? {
            let root = standing.root[at];
            let closed_by = match standing.status[at] {
                Status::VoidedBy(by) | Status::AmendedBy(by) => Some(by as u64 + 1),
                Status::InForce | Status::IsVoid => None,
            };
            dated.push(Dated {
                rule,
                account_id: entry.account_id,
                effective_on: entry.effective_on,
                seq,
                closed_by,
                is_opening: root < first_transaction && entries[root].effective_on == entry.effective_on,
            });
        }
        if !is_in_force {
            continue;
        }
        if let Some(account_id) = entry.account_id {
            of_accounts.entry(account_id).or_default().insert(setting.key.clone(), setting.value.clone());
            continue;
        }
        let text = setting.value.as_str();
        match setting.key.as_str() {
            BASE_CURRENCY => {
                let to: Currency = text.and_then(|text| text.parse().ok()).ok_or_else(bad)?;
                if to.parent().is_some() {
                    return Err(bad());
                }
                if let Some(from) = base_currency.filter(|from| is_in_use && *from != to) {
                    return Err(BookError::BaseCurrencyChanged { seq, from, to });
                }
                base_currency = Some(to);
            }
            COST_BASIS_METHOD => {
                cost_basis_method = text.and_then(CostBasisMethod::parse).ok_or_else(bad)?;
            }
            _ => {}
        }
        values.insert(setting.key.clone(), setting.value.clone());
    }
    let base_currency = base_currency.ok_or(BookError::NoBaseCurrency)?;
    let settings = Settings { base_currency, cost_basis_method, values, of_accounts };
    Ok((settings, Rules { base_currency, options, dated: Arc::new(dated) }))
}

/// A value that its key does not take.
struct BadValue;

impl Rule {
    /// The rule that a setting makes; none for settings by which no lots are booked.
    fn of(key: &str, value: &Value, account_id: Option<Uuid>) -> Result<Option<Rule>, BadValue> {
        match key {
            COST_BASIS_METHOD => {
                if value.as_str() == Some(INHERIT) && account_id.is_some() {
                    return Ok(Some(Rule::Method(None)));
                }
                let method = value.as_str().and_then(CostBasisMethod::parse);
                method.map(|method| Some(Rule::Method(Some(method)))).ok_or(BadValue)
            }
            FEES_IN_COST => value.as_bool().map(|is_cost| Some(Rule::FeesInCost(is_cost))).ok_or(BadValue),
            // Going short is opted into account by account.
            ALLOW_SHORT if account_id.is_none() => Err(BadValue),
            ALLOW_SHORT => value.as_bool().map(|is_allowed| Some(Rule::AllowShort(is_allowed))).ok_or(BadValue),
            TAX_PROFILE => Ok(Some(Rule::Rates(tax_rates(value)))),
            _ => Ok(None),
        }
    }
}

fn tax_rates(profile: &Value) -> Option<TaxRates> {
    let rate = |key: &str| -> Option<Decimal> {
        let value = profile.get(key)?;
        let text = value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()))?;
        money::parse_decimal(&text).ok()
    };
    Some(TaxRates { short: rate("rate_short")?, long: rate("rate_long")? })
}
