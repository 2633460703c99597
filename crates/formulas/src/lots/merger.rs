//! Merger: a holding becomes another, cash, or both.
//!
//!   stock (tax-free): basis and dates carry, quantity · ratio
//!   stock and cash (reorganisation), lot by lot: realised = stock value + cash − basis
//!     recognised = min(cash, max(realised, 0)); losses are not recognised; new basis = basis − cash + recognised
//!   cash, or taxable: a sale at the value of what is received; stock received begins at its value
//!
//! IRC 354, 356, 358, 1001; Rev. Rul. 68-23 (each lot by itself).

use super::{SimpleLot, add, mul, total};
use crate::{Date, Undefined};
use ledger::corporate_actions::reorganisation;
use money::Decimal;

/// How a merger is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergerTreatment {
    /// A reorganisation.
    TaxFree,
    /// A sale.
    Taxable,
}

/// The terms of a merger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergerTerms {
    /// Units of the acquirer for one held.
    pub stock_ratio: Decimal,
    /// Cash for one held.
    pub cash_per_share: Decimal,
    /// Price of the acquirer; needed where stock is valued.
    pub acquirer_price: Option<Decimal>,
    /// How it is treated.
    pub treatment: MergerTreatment,
}

/// A holding after a merger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    /// Units of the acquirer.
    pub quantity: Decimal,
    /// Their basis.
    pub basis: Decimal,
    /// Purchase dates that carry over; none where the merger is a sale.
    pub acquired: Vec<Date>,
    /// Cash received.
    pub cash: Decimal,
    /// Value received less basis; none where the stock has no price.
    pub realised_gain: Option<Decimal>,
    /// The part that is taxed now.
    pub recognised_gain: Decimal,
    /// Lots of the acquirer that carry their dates.
    pub lots: Vec<SimpleLot>,
}

/// Exchanges lots.
pub fn merger(lots: &[SimpleLot], terms: &MergerTerms) -> Result<Merger, Undefined> {
    let is_stock = !terms.stock_ratio.is_zero();
    let price = match (is_stock, terms.acquirer_price) {
        (false, _) => Some(Decimal::ZERO),
        (true, price) => price,
    };
    let is_sale = !is_stock || terms.treatment == MergerTreatment::Taxable;
    let needs_price = is_stock && (is_sale || !terms.cash_per_share.is_zero());
    if needs_price && price.is_none() {
        return Err(Undefined::InvalidInput { what: "acquirer_price, which values the stock" });
    }
    let mut after = Vec::with_capacity(lots.len());
    let mut realised_gain = Some(Decimal::ZERO);
    let mut recognised_gain = Decimal::ZERO;
    let mut cash = Decimal::ZERO;
    for lot in lots {
        let quantity = mul(lot.quantity, terms.stock_ratio)?;
        let paid = mul(lot.quantity, terms.cash_per_share)?;
        cash = add(cash, paid)?;
        let value = price.map(|price| mul(quantity, price)).transpose()?;
        let realised = value.map(|value| add(add(value, paid)?, -lot.basis)).transpose()?;
        realised_gain = match (realised_gain, realised) {
            (Some(sum), Some(realised)) => Some(add(sum, realised)?),
            _ => None,
        };
        let (basis, recognised) = match (is_sale, value) {
            (true, value) => (value.unwrap_or_default(), realised.unwrap_or_default()),
            (false, Some(value)) if !paid.is_zero() => {
                let after = reorganisation(lot.basis, value, paid);
                (after.new_cost, after.recognised)
            }
            (false, _) => (lot.basis, Decimal::ZERO),
        };
        recognised_gain = add(recognised_gain, recognised)?;
        after.push(SimpleLot { acquired: lot.acquired, quantity, basis });
    }
    let mut acquired: Vec<Date> = if is_sale { Vec::new() } else { lots.iter().map(|lot| lot.acquired).collect() };
    acquired.dedup();
    Ok(Merger {
        quantity: total(after.iter().map(|lot| lot.quantity))?,
        basis: total(after.iter().map(|lot| lot.basis))?,
        acquired,
        cash,
        realised_gain,
        recognised_gain,
        lots: if is_stock { after } else { Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ratio: &str, cash: i64, price: i64, basis: i64, treatment: MergerTreatment) -> (Decimal, Decimal, Decimal) {
        let lot = SimpleLot { acquired: "2021-03-01".parse().unwrap(), quantity: 100.into(), basis: basis.into() };
        let terms = MergerTerms {
            stock_ratio: ratio.parse().unwrap(),
            cash_per_share: cash.into(),
            acquirer_price: Some(price.into()),
            treatment,
        };
        let after = merger(&[lot], &terms).unwrap();
        (after.quantity, after.basis, after.recognised_gain)
    }

    #[test]
    fn stock_carries_cash_is_taxed_and_losses_wait() {
        use MergerTreatment::{TaxFree, Taxable};
        let dec = |value: i64| Decimal::from(value);
        assert_eq!(run("0.5", 0, 40, 1000, TaxFree), (dec(50), dec(1000), dec(0)));
        // Realised 2000 + 500 − 1000 = 1500, taxed up to the cash.
        assert_eq!(run("0.5", 5, 40, 1000, TaxFree), (dec(50), dec(1000), dec(500)));
        // Realised 2000 + 500 − 2300 = 200.
        assert_eq!(run("0.5", 5, 40, 2300, TaxFree), (dec(50), dec(2000), dec(200)));
        // A loss of 500 is not recognised.
        assert_eq!(run("0.5", 5, 40, 3000, TaxFree), (dec(50), dec(2500), dec(0)));
        assert_eq!(run("0.5", 5, 40, 3000, Taxable), (dec(50), dec(2000), dec(-500)));
        assert_eq!(run("0", 30, 40, 1000, TaxFree), (dec(0), dec(0), dec(2000)));
    }
}
