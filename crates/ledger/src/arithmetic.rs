//! Checked decimal steps at the precision that tables keep.
//!
//! Invariant: what a book computes is already at storage precision, so that a stored row equals the computed one.

use money::{Decimal, round_to};

/// Decimals of amounts (`numeric(28,10)`).
pub const AMOUNT_DECIMALS: u32 = 10;
/// Decimals of quantities and prices (`numeric(28,12)`).
pub const QUANTITY_DECIMALS: u32 = 12;
/// Decimals of exchange rates (`numeric(28,14)`).
pub const RATE_DECIMALS: u32 = 14;

/// Amounts must stay below this (`numeric(28,10)` has 18 digits before the point).
fn amount_limit() -> Decimal {
    Decimal::from(1_000_000_000_000_000_000i64)
}

/// An amount at storage precision; none if too large to store.
pub fn amount(value: Decimal) -> Option<Decimal> {
    (value.abs() < amount_limit()).then(|| round_to(value, AMOUNT_DECIMALS).normalize())
}

/// a × b as an amount.
pub fn product(a: Decimal, b: Decimal) -> Option<Decimal> {
    amount(a.checked_mul(b)?)
}

/// a + b as an amount.
pub fn sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    amount(a.checked_add(b)?)
}

/// `whole` × `part` / `of` as an amount: what falls on a part of a lot.
pub fn share(whole: Decimal, part: Decimal, of: Decimal) -> Option<Decimal> {
    amount(whole.checked_mul(part)?.checked_div(of)?)
}

/// A quantity times new/old at storage precision.
pub fn rescale(quantity: Decimal, to: Decimal, from: Decimal) -> Option<Decimal> {
    let scaled = quantity.checked_mul(to)?.checked_div(from)?;
    let limit = Decimal::from(10_000_000_000_000_000i64);
    (scaled.abs() < limit).then(|| round_to(scaled, QUANTITY_DECIMALS).normalize())
}
