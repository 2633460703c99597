//! Where the return came from: currencies, segments, and how parts of many days add up to the whole.

mod brinson_fachler;
mod carino;
mod currency_daily;
mod currency_simple;
mod karnosky_singer;
mod menchero;

pub use brinson_fachler::{BrinsonFachler, Segment, brinson_fachler, with_residual_cash};
pub use carino::carino_coefficients;
pub use currency_daily::{CurrencyAttribution, CurrencyEffect, PositionEffect, currency_daily};
pub use currency_simple::{CurrencySimple, currency_simple};
pub use karnosky_singer::{Compounding, KarnoskySinger, Market, karnosky_singer};
pub use menchero::menchero_coefficients;

use crate::Undefined;
use crate::moments::{check_paired, sum};

/// The effect of many periods: each period's effect times its linking coefficient.
pub fn linked_effect(effects: &[f64], coefficients: &[f64]) -> Result<f64, Undefined> {
    check_paired(effects, coefficients)?;
    Ok(sum(effects.iter().zip(coefficients).map(|(effect, coefficient)| effect * coefficient)))
}

/// Refuses periods after which nothing is left to earn on: linking takes logarithms of 1 + r.
fn check_linkable(portfolio: &[f64], benchmark: &[f64]) -> Result<(), Undefined> {
    check_paired(portfolio, benchmark)?;
    let linkable = |r: &f64| r.is_finite() && -1.0 < *r;
    match portfolio.iter().zip(benchmark).position(|(r, b)| !linkable(r) || !linkable(b)) {
        Some(index) => Err(Undefined::UndefinedReturn { index }),
        None => Ok(()),
    }
}
