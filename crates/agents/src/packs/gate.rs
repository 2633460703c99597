//! The quality gate: what no pack may hold.
//!
//! A price of zero or below, and a change of a hundred times or more from one observation to the next (a misplaced
//! decimal point, pence taken for pounds).

use money::Decimal;
use pricing::{PriceObservation, RateObservation};
use std::collections::BTreeMap;

use super::PackError;

/// Change from which a value is not believed.
const JUMP: i64 = 100;

/// Whether a value may follow another.
pub(super) fn is_believable(before: Decimal, value: Decimal) -> bool {
    let times = |a: Decimal, b: Decimal| a.checked_mul(Decimal::from(JUMP)).is_none_or(|limit| b < limit);
    value > Decimal::ZERO && times(before, value) && times(value, before)
}

/// Refuses observations of which one cannot be right. Observations of one day by several providers are not compared.
pub(super) fn check(
    prices: &[PriceObservation],
    rates: &[RateObservation],
    name: impl Fn(uuid::Uuid) -> String,
) -> Result<(), PackError> {
    let mut by_security: BTreeMap<(uuid::Uuid, &str, &str), Vec<&PriceObservation>> = BTreeMap::new();
    for price in prices {
        by_security.entry((price.security_id, price.source.as_str(), price.currency.code())).or_default().push(price);
    }
    for ((security, ..), mut list) in by_security {
        list.sort_by_key(|price| (price.date, price.known_at));
        let values = list.iter().map(|price| (price.date, price.close));
        first_jump(values, || format!("the price of {}", name(security)))?;
    }
    let mut by_pair: BTreeMap<_, Vec<&RateObservation>> = BTreeMap::new();
    for rate in rates {
        by_pair.entry((rate.base, rate.quote, rate.source.as_str())).or_default().push(rate);
    }
    for ((base, quote, _), mut list) in by_pair {
        list.sort_by_key(|rate| (rate.date, rate.known_at));
        first_jump(list.iter().map(|rate| (rate.date, rate.rate)), || format!("the rate {base}/{quote}"))?;
    }
    Ok(())
}

fn first_jump(
    values: impl Iterator<Item = (dates::Date, Decimal)>,
    subject: impl Fn() -> String,
) -> Result<(), PackError> {
    let mut before: Option<Decimal> = None;
    for (date, value) in values {
        let last = before.unwrap_or(value);
        if !is_believable(last, value) {
            return Err(PackError::Jump { subject: subject(), date, value, before: last });
        }
        before = Some(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredfold_change_is_not_believed() {
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        for (before, value, believed) in [
            ("1", "99.9", true),
            ("1", "100", false),
            ("100", "1", false),
            ("100", "1.01", true),
            ("1", "0", false),
            ("1", "-1", false),
        ] {
            assert_eq!(is_believable(dec(before), dec(value)), believed, "{before} {value}");
        }
    }
}
