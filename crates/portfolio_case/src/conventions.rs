//! The choices on which products differ, and where ours start.
//!
//! Invariant: a topic whose value nobody understands is kept as unresolved, and every answer that would need it is
//! absent; a default never silently replaces a choice that the case has made.

use std::collections::BTreeMap;

use rust_decimal::RoundingStrategy;

use crate::absent::Absent;
use crate::num::Num;

/// A product whose whole column of choices can be taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Ghostfolio.
    Ghostfolio,
    /// Portfolio Performance.
    PortfolioPerformance,
    /// Wealthfolio.
    Wealthfolio,
    /// hledger's `roi`.
    Hledger,
    /// Beancount's booking.
    Beancount,
    /// rotki's cost basis.
    Rotki,
}

/// In which order, and at which cost, a sale consumes lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
    /// Highest unit cost first; ties older first.
    Hifo,
    /// Lowest unit cost first; ties older first.
    Lofo,
    /// Running average cost; the oldest units leave first.
    Average,
    /// The lots that the sale names.
    Specific,
    /// The lots that the sale names, and an error where they are not unique.
    Strict,
    /// The same; of several lots the oldest one of exactly the sale's size.
    StrictWithSize,
}

/// Which price holds on a day without a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceLookup {
    /// The last one on or before.
    OnOrBefore,
    /// The same; before the first quote the first.
    FirstBeforeFirst,
    /// That of the day only.
    Exact,
    /// The nearest in days, the earlier of two.
    Nearest,
    /// The first one on or after.
    OnOrAfter,
}

/// What comes first within a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameDay {
    /// Time and sequence number where given, then the order of the file.
    File,
    /// Purchases before sales; flows without a time after timed purchases.
    PurchasesFirst,
    /// Sales before purchases.
    SalesFirst,
}

/// The return of one day with a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twr {
    /// Inflows at the start, outflows at the end, of the net flow.
    Hybrid,
    /// V / (V₋₁ + C) − 1.
    Start,
    /// (V − C) / V₋₁ − 1.
    End,
    /// (V − V₋₁ − C) / (V₋₁ + C/2).
    Mid,
    /// (V + out) / (V₋₁ + in) − 1 with both flows gross.
    InOut,
    /// Linked between days with a valuation; windows with flows use their own internal rate.
    Windows,
}

/// What is called money-weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyWeighted {
    /// Internal rate of return.
    Irr,
    /// Gain over time-weighted average invested capital.
    AverageInvested,
    /// Day-linked modified Dietz with half of the flow.
    DietzLinked,
}

/// Which standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// stdev(log returns, n − 1) × √n of the period.
    PeriodLog,
    /// stdev(returns, n − 1) × √252.
    Annual252,
}

/// When money is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundAt {
    /// At each booking and conversion.
    Booking,
    /// Only the figure that is shown.
    Result,
}

/// How money is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    /// Decimals kept; none: nothing is rounded.
    pub decimals: Option<u32>,
    /// What happens to halves.
    pub half: RoundingStrategy,
    /// When.
    pub at: RoundAt,
}

/// What a sale of more than is held means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oversell {
    /// It is refused as a whole.
    Refuse,
    /// The excess opens a short position.
    Short,
    /// The excess has no cost; its quantity is missing.
    Missing,
}

/// Which day's rate converts cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FxDay {
    /// The day of the transaction.
    Trade,
    /// The day of the question.
    Valuation,
}

/// When a holding is long-term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongTerm {
    /// Held more than one year, from the day after the purchase.
    MoreThanAYear,
    /// Held more than this many days.
    MoreThanDays(i64),
}

/// Which days count in a sample of daily returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// Every calendar day.
    EveryDay,
    /// Monday to Friday.
    Weekdays,
    /// Monday to Friday but New Year, Good Friday, Easter Monday, 1 May, 24 to 26 December.
    EuropeanTradingDays,
}

/// All choices in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Conventions {
    /// The product whose column was taken.
    pub product: Option<Product>,
    /// Cost method.
    pub method: Method,
    /// Whether average cost pools all accounts.
    pub average_over_accounts: bool,
    /// Whether a sale may consume lots of other accounts.
    pub lots_over_accounts: bool,
    /// Whether fees belong to cost and reduce proceeds.
    pub fees_in_cost: bool,
    /// Whether taxes of a trade belong to cost and reduce proceeds.
    pub taxes_in_cost: bool,
    /// Price of a day without a quote.
    pub price_lookup: PriceLookup,
    /// Order within a day.
    pub same_day: SameDay,
    /// Return of a day with flows.
    pub twr: Twr,
    /// What `mwr_between` measures.
    pub money_weighted: MoneyWeighted,
    /// Days of a year in the internal rate.
    pub day_count: Num,
    /// Whether the closing value counts on the day after the period.
    pub closing_on_next_day: bool,
    /// Days of a year in annualisation.
    pub annualisation: Num,
    /// Whether spans under a year are annualised too.
    pub annualise_short: bool,
    /// Which standard deviation.
    pub volatility: Volatility,
    /// Which days count in it.
    pub sampling: Sampling,
    /// Whether dividends belong to the gain.
    pub dividends_in_gain: bool,
    /// Rounding of money.
    pub rounding: Rounding,
    /// What an oversell means.
    pub oversell: Oversell,
    /// Rate for cost.
    pub fx_day: FxDay,
    /// When a holding is long-term.
    pub long_term: LongTerm,
    /// Whether flows and figures are before taxes.
    pub before_taxes: bool,
    /// Whether flows are before fees.
    pub before_fees: bool,
    /// The user's time zone.
    pub time_zone: Option<String>,
    /// Topics whose value was not understood, with the text.
    pub unresolved: BTreeMap<&'static str, String>,
}

impl Default for Conventions {
    fn default() -> Self {
        Conventions {
            product: None,
            method: Method::Fifo,
            average_over_accounts: false,
            lots_over_accounts: false,
            fees_in_cost: true,
            taxes_in_cost: true,
            price_lookup: PriceLookup::OnOrBefore,
            same_day: SameDay::File,
            twr: Twr::Hybrid,
            money_weighted: MoneyWeighted::Irr,
            day_count: Num::whole(365),
            closing_on_next_day: false,
            annualisation: Num::whole(365),
            annualise_short: false,
            volatility: Volatility::PeriodLog,
            sampling: Sampling::Weekdays,
            dividends_in_gain: true,
            rounding: Rounding { decimals: None, half: RoundingStrategy::MidpointAwayFromZero, at: RoundAt::Result },
            oversell: Oversell::Refuse,
            fx_day: FxDay::Trade,
            long_term: LongTerm::MoreThanAYear,
            before_taxes: false,
            before_fees: false,
            time_zone: None,
            unresolved: BTreeMap::new(),
        }
    }
}

impl Conventions {
    /// Takes the whole column of a product.
    pub fn take(&mut self, product: Product) {
        let unresolved = std::mem::take(&mut self.unresolved);
        *self = Conventions { product: Some(product), unresolved, ..Conventions::default() };
        match product {
            Product::Ghostfolio => {
                self.method = Method::Average;
                self.average_over_accounts = true;
                self.lots_over_accounts = true;
                self.fees_in_cost = false;
                self.taxes_in_cost = false;
                self.money_weighted = MoneyWeighted::AverageInvested;
                self.annualise_short = true;
                self.dividends_in_gain = false;
                self.oversell = Oversell::Short;
            }
            Product::PortfolioPerformance => {
                self.average_over_accounts = true;
                self.price_lookup = PriceLookup::FirstBeforeFirst;
                self.same_day = SameDay::PurchasesFirst;
                self.twr = Twr::InOut;
                self.annualise_short = true;
                self.sampling = Sampling::EuropeanTradingDays;
                self.oversell = Oversell::Short;
                self.rounding.decimals = Some(2);
                self.rounding.at = RoundAt::Booking;
            }
            Product::Wealthfolio => {
                self.twr = Twr::Start;
                self.money_weighted = MoneyWeighted::DietzLinked;
                self.annualisation = year_with_leap_days();
                self.annualise_short = true;
                self.volatility = Volatility::Annual252;
                self.sampling = Sampling::EveryDay;
                self.rounding.decimals = Some(8);
                self.rounding.half = RoundingStrategy::MidpointNearestEven;
                self.oversell = Oversell::Missing;
            }
            Product::Hledger => {
                self.twr = Twr::Windows;
                self.day_count = year_with_leap_days();
                self.annualisation = year_with_leap_days();
                self.annualise_short = true;
                self.closing_on_next_day = true;
            }
            Product::Beancount => self.method = Method::Strict,
            Product::Rotki => {
                self.oversell = Oversell::Missing;
                self.long_term = LongTerm::MoreThanDays(365);
                self.lots_over_accounts = true;
                self.average_over_accounts = true;
            }
        }
    }

    /// Refuses an answer that would need an unresolved topic.
    pub fn require(&self, topic: &str) -> Result<(), Absent> {
        match self.unresolved.get(topic) {
            Some(text) => Err(Absent::new("unknown_convention", format!("{topic} {text:?} is no choice that exists"))),
            None => Ok(()),
        }
    }

    /// Rounds an amount that is being booked or converted.
    pub fn booked(&self, amount: Num) -> Num {
        match (self.rounding.at, self.rounding.decimals) {
            (RoundAt::Booking, Some(decimals)) => amount.round(decimals, self.rounding.half),
            _ => amount,
        }
    }

    /// Rounds a figure of money that is being shown.
    pub fn shown(&self, amount: Num) -> Num {
        self.rounding.decimals.map_or(amount, |decimals| amount.round(decimals, self.rounding.half))
    }
}

/// 365.25.
pub fn year_with_leap_days() -> Num {
    Num(Some(rust_decimal::Decimal::new(36525, 2)))
}
