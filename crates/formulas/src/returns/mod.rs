//! How much was earned: time-weighted, money-weighted, per year and per calendar period.

mod annual_return_geometric;
mod annualise_calendar;
mod calendar_periods;
mod linking;
mod modified_dietz;
mod time_weighted_return;
mod weekday_returns;
mod xirr;
mod xnpv;

pub use annual_return_geometric::{AnnualReturn, annual_return_geometric};
pub use annualise_calendar::annualise_calendar;
pub use calendar_periods::{CalendarYearReturn, calendar_year_returns, period_return};
pub use linking::{link, wealth_index};
pub use modified_dietz::{DietzTiming, ModifiedDietz, average_capital, modified_dietz};
pub use time_weighted_return::{
    BrokenChain, FlowTiming, TimeWeightedReturn, day_return, twr_daily, twr_from_first_funding,
};
pub use weekday_returns::weekday_returns;
pub use xirr::{InternalRate, RootStatus, xirr};
pub use xnpv::xnpv;
