//! The arithmetic of corporate actions: how cost is divided, and what of cash is gain.
//!
//! Pure figures; which lots they fall on is decided where lots are booked. Sources: IRC 301, 305, 307, 354–358, 1001;
//! IRS Publication 550; Form 8937.

use money::Decimal;

/// Share of a parent's cost that moves to the shares of a spin-off.
///
///   f = r·S / (P + r·S)      P, S: market value of a unit of parent and spin-off; r = new/old
///
/// None where neither has a value.
pub fn moved_cost_fraction(parent_price: Decimal, spin_price: Decimal, new: Decimal, old: Decimal) -> Option<Decimal> {
    let received = spin_price.checked_mul(new)?;
    let kept = parent_price.checked_mul(old)?;
    let total = kept.checked_add(received)?;
    if total <= Decimal::ZERO { None } else { received.checked_div(total) }
}

/// What a reorganisation makes of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reorganised {
    /// Value of shares and cash received less cost.
    pub realised: Decimal,
    /// The part that is taxed now: at most the cash, never a loss.
    pub recognised: Decimal,
    /// Cost of the shares received.
    pub new_cost: Decimal,
}

/// A merger for shares and cash.
///
///   realised = stock value + cash − cost      recognised = min(cash, max(realised, 0))
///   new cost = cost − cash + recognised
pub fn reorganisation(cost: Decimal, stock_value: Decimal, cash: Decimal) -> Reorganised {
    let realised = stock_value + cash - cost;
    let recognised = realised.max(Decimal::ZERO).min(cash);
    Reorganised { realised, recognised, new_cost: cost - cash + recognised }
}
