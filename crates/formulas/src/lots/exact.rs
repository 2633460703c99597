//! Checked steps on decimals: what leaves 28 digits is a reason, never a panic.

use crate::Undefined;
use money::Decimal;

const TOO_LARGE: Undefined = Undefined::InvalidInput { what: "amount beyond 28 digits" };

pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, Undefined> {
    a.checked_add(b).ok_or(TOO_LARGE)
}

pub(crate) fn mul(a: Decimal, b: Decimal) -> Result<Decimal, Undefined> {
    a.checked_mul(b).ok_or(TOO_LARGE)
}

pub(crate) fn div(a: Decimal, b: Decimal, what: &'static str) -> Result<Decimal, Undefined> {
    if b.is_zero() { Err(Undefined::ZeroDenominator { what }) } else { a.checked_div(b).ok_or(TOO_LARGE) }
}

/// `whole` × `part` / `of`.
pub(crate) fn share(whole: Decimal, part: Decimal, of: Decimal) -> Result<Decimal, Undefined> {
    if part == of { Ok(whole) } else { div(mul(whole, part)?, of, "quantity") }
}

pub(crate) fn total(values: impl IntoIterator<Item = Decimal>) -> Result<Decimal, Undefined> {
    values.into_iter().try_fold(Decimal::ZERO, add)
}
