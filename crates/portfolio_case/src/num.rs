//! Exact numbers that carry an overflow along instead of panicking.
//!
//! Invariant: a number that left the range of decimals, or was divided by zero, stays undefined through every further
//! operation; it never becomes 0.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};

/// A decimal, or nothing where the arithmetic left its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Num(pub Option<Decimal>);

impl Num {
    /// Zero.
    pub const ZERO: Num = Num(Some(Decimal::ZERO));
    /// One.
    pub const ONE: Num = Num(Some(Decimal::ONE));

    /// A whole number.
    pub fn whole(value: i64) -> Num {
        Num(Some(Decimal::from(value)))
    }

    /// Exactly zero.
    pub fn is_zero(self) -> bool {
        self.0.is_some_and(|value| value.is_zero())
    }

    /// Strictly above zero.
    pub fn is_positive(self) -> bool {
        self.0.is_some_and(|value| value > Decimal::ZERO)
    }

    /// Strictly below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_some_and(|value| value < Decimal::ZERO)
    }

    /// Without its sign.
    pub fn abs(self) -> Num {
        Num(self.0.map(|value| value.abs()))
    }

    /// The smaller one.
    pub fn min(self, other: Num) -> Num {
        if self.order(other) == Ordering::Greater { other } else { self }
    }

    /// Order by value; undefined numbers come last.
    pub fn order(self, other: Num) -> Ordering {
        match (self.0, other.0) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }

    /// Rounds to a number of decimals.
    pub fn round(self, decimals: u32, strategy: RoundingStrategy) -> Num {
        Num(self.0.map(|value| value.round_dp_with_strategy(decimals, strategy)))
    }

    /// The nearest float; NaN where undefined.
    pub fn to_f64(self) -> f64 {
        self.0.map_or(f64::NAN, money::float::to_f64)
    }

    /// The decimal of the shortest text of a float.
    pub fn from_f64(value: f64) -> Num {
        Num(money::float::from_f64(value))
    }
}

impl From<Decimal> for Num {
    fn from(value: Decimal) -> Num {
        Num(Some(value))
    }
}

macro_rules! operation {
    ($trait:ident, $name:ident, $checked:ident) => {
        impl $trait for Num {
            type Output = Num;
            fn $name(self, other: Num) -> Num {
                Num(self.0.zip(other.0).and_then(|(a, b)| a.$checked(b)))
            }
        }
    };
}
operation!(Add, add, checked_add);
operation!(Sub, sub, checked_sub);
operation!(Mul, mul, checked_mul);
operation!(Div, div, checked_div);

impl Neg for Num {
    type Output = Num;
    fn neg(self) -> Num {
        Num(self.0.map(|value| -value))
    }
}

impl AddAssign for Num {
    fn add_assign(&mut self, other: Num) {
        *self = *self + other;
    }
}

impl SubAssign for Num {
    fn sub_assign(&mut self, other: Num) {
        *self = *self - other;
    }
}

impl Sum for Num {
    fn sum<I: Iterator<Item = Num>>(items: I) -> Num {
        items.fold(Num::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_numbers_stay_undefined() {
        let broken = Num::ONE / Num::ZERO;
        assert_eq!((broken + Num::ONE) * Num::ZERO, Num(None));
        assert_eq!(Num(Some(Decimal::MAX)) + Num::ONE, Num(None));
        assert!(!broken.is_zero() && !broken.is_negative());
    }
}
