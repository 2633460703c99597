//! What held currency gained or lost against the base currency, by the time it was spent.
//!
//! Cash in a currency is acquired at the rate of the day it came in and leaves at the rate of the day it goes out; the
//! difference is gain, whatever it is spent on. Cash of one currency is one pool for the whole portfolio, so that moving
//! it between accounts realizes nothing. An overdraft is owed at the rate at which it arose.
//!
//! Invariant: Σ gains + cost of what is left = Σ base amounts of the flows.

use std::collections::{BTreeMap, VecDeque};

use dates::Date;
use money::{Currency, Decimal};
use uuid::Uuid;

use crate::arithmetic::{share, sum};
use crate::book::{Book, CashFlow, FlowKind};
use crate::book_error::BookError;

/// In which order units of a currency leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CashMethod {
    /// First in, first out.
    #[default]
    Fifo,
    /// At the average rate of what is there.
    Average,
}

/// Units of a currency that were spent, or that paid back an overdraft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyGain {
    /// The entry.
    pub seq: u64,
    /// Number of the flow within it.
    pub part: u32,
    /// When.
    pub effective_on: Date,
    /// In which account.
    pub account_id: Uuid,
    /// Why the cash moved; `fx` is a conversion.
    pub kind: FlowKind,
    /// The currency.
    pub currency: Currency,
    /// Units, negative where they were owed.
    pub amount: Decimal,
    /// What they were worth in base currency when they left.
    pub proceeds: Decimal,
    /// What they were worth in base currency when they came in.
    pub cost: Decimal,
    /// The difference.
    pub gain: Decimal,
}

/// Gains, and what is left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CurrencyGains {
    /// In order of effect.
    pub realized: Vec<CurrencyGain>,
    /// By currency: units left and their cost in base currency.
    pub left: BTreeMap<Currency, (Decimal, Decimal)>,
}

/// Gains on the cash of a book, up to and including a day.
pub fn currency_gains(book: &Book, method: CashMethod, as_of: Option<Date>) -> Result<CurrencyGains, BookError> {
    let mut pools: BTreeMap<Currency, VecDeque<(Decimal, Decimal)>> = BTreeMap::new();
    let mut gains = CurrencyGains::default();
    let flows: Vec<&CashFlow> =
        book.cash_flows().take_while(|flow| as_of.is_none_or(|as_of| flow.effective_on <= as_of)).collect();
    for (at, flow) in flows.iter().enumerate() {
        if flow.currency == book.base_currency || is_moved(&flows, at) {
            continue;
        }
        let pool = pools.entry(flow.currency).or_default();
        let too_large = || BookError::TooLarge { seq: flow.seq, what: "currency gain" };
        let realized = apply(pool, flow, method).ok_or_else(too_large)?;
        gains.realized.extend(realized);
    }
    for (currency, pool) in pools {
        let (units, cost) = pool
            .into_iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |(units, cost), part| (units + part.0, cost + part.1));
        gains.left.insert(currency, (units, cost));
    }
    Ok(gains)
}

/// Whether a flow has its counterpart in another account by the same entry.
fn is_moved(flows: &[&CashFlow], at: usize) -> bool {
    let flow = flows[at];
    let near = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| flows.get(at));
    near.into_iter().any(|other| {
        other.seq == flow.seq
            && other.account_id != flow.account_id
            && other.currency == flow.currency
            && other.amount == -flow.amount
    })
}

fn apply(pool: &mut VecDeque<(Decimal, Decimal)>, flow: &CashFlow, method: CashMethod) -> Option<Option<CurrencyGain>> {
    let (mut units, mut value) = (flow.amount, flow.base_amount);
    let is_outward = units.is_sign_negative();
    let is_opposite = |part: &(Decimal, Decimal)| part.0.is_sign_negative() != is_outward;
    if method == CashMethod::Average && pool.len() > 1 {
        let mut all = (Decimal::ZERO, Decimal::ZERO);
        for part in pool.drain(..) {
            all = (sum(all.0, part.0)?, sum(all.1, part.1)?);
        }
        pool.push_back(all);
    }
    let (mut spent, mut proceeds, mut cost) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    while !units.is_zero() {
        let Some(first) = pool.front_mut().filter(|part| is_opposite(part)) else { break };
        let taken = if units.abs() < first.0.abs() { -units } else { first.0 };
        let part_cost = if taken == first.0 { first.1 } else { share(first.1, taken, first.0)? };
        let part_value = if -taken == units { value } else { share(value, -taken, units)? };
        *first = (first.0 - taken, sum(first.1, -part_cost)?);
        if first.0.is_zero() {
            pool.pop_front();
        }
        units += taken;
        value = sum(value, -part_value)?;
        spent += taken;
        proceeds = sum(proceeds, -part_value)?;
        cost = sum(cost, part_cost)?;
    }
    if !units.is_zero() {
        pool.push_back((units, value));
    }
    let gain = CurrencyGain {
        seq: flow.seq,
        part: flow.part,
        effective_on: flow.effective_on,
        account_id: flow.account_id,
        kind: flow.kind,
        currency: flow.currency,
        amount: spent.normalize(),
        proceeds,
        cost,
        gain: sum(proceeds, -cost)?,
    };
    Some((!spent.is_zero()).then_some(gain))
}
