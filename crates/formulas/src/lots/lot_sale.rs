//! Lot relief: which lots a sale takes, what they cost, what is gained.
//!
//!   gain = proceeds net of fees − basis relieved      proceeds and basis of a lot pro rata to the units taken
//!
//! Orders: FIFO (oldest first, ties by sequence), LIFO (youngest first), HIFO (highest unit basis first, ties older
//! first), specific (as listed), average cost (pooled unit basis, units relieved as FIFO for the holding period),
//! minimum tax (by term and gain per unit). Rows are rounded to cents; the last row takes what rounding left, so that
//! rows add up to the totals. Lots bought after the sale are not there. Selling more than there is books nothing.
//!
//! IRS Publications 550, 551, 564; Treas. Reg. 1.1012-1.

use super::{add, div, share, total};
use crate::{Date, Undefined};
use ledger::{CostBasisMethod, Term};
use money::{Decimal, round_to};

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// Name of the lot.
    pub lot: String,
    /// Purchase date.
    pub date: Date,
    /// Units.
    pub quantity: Decimal,
    /// Total cost with commissions.
    pub cost: Decimal,
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// Trade date.
    pub date: Date,
    /// Units.
    pub quantity: Decimal,
    /// Proceeds net of fees.
    pub proceeds: Decimal,
}

/// What a sale takes of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReliefRow {
    /// Name of the lot.
    pub lot: String,
    /// Purchase date.
    pub acquired: Date,
    /// Units taken.
    pub quantity: Decimal,
    /// Their cost.
    pub basis: Decimal,
    /// Their gain.
    pub gain: Decimal,
    /// Their term.
    pub term: Term,
}

/// A sale by one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relief {
    /// Cost of the units sold.
    pub basis_sold: Decimal,
    /// Gain.
    pub gain: Decimal,
    /// Short-term part of it.
    pub short_term: Decimal,
    /// Long-term part of it.
    pub long_term: Decimal,
    /// Cost of what is left.
    pub remaining_basis: Decimal,
    /// Lot by lot, in the order in which they go.
    pub rows: Vec<ReliefRow>,
}

/// Relieves lots by a method. `chosen`: names of lots in the order of specific identification, with units where only a
/// part of a lot is chosen. Nothing (`Ok(None)`) if there are not enough units.
pub fn lot_sale(
    buys: &[Bought],
    sale: &Sold,
    method: CostBasisMethod,
    chosen: &[(String, Option<Decimal>)],
) -> Result<Option<Relief>, Undefined> {
    let held: Vec<&Bought> = buys.iter().filter(|buy| buy.date <= sale.date).collect();
    let pool_units = total(held.iter().map(|buy| buy.quantity))?;
    let pool_cost = total(held.iter().map(|buy| buy.cost))?;
    let mut taken: Vec<(&Bought, Decimal)> = Vec::new();
    let mut left = sale.quantity;
    for (lot, most) in in_order(&held, sale, method, chosen)? {
        if left <= Decimal::ZERO {
            break;
        }
        let units = left.min(most);
        left -= units;
        taken.push((lot, units));
    }
    if left > Decimal::ZERO {
        return Ok(None);
    }
    let mut exact = Vec::with_capacity(taken.len());
    for (lot, units) in taken {
        let basis = match method {
            CostBasisMethod::Average => share(pool_cost, units, pool_units)?,
            _ => share(lot.cost, units, lot.quantity)?,
        };
        let proceeds = share(sale.proceeds, units, sale.quantity)?;
        exact.push((lot, units, basis, add(proceeds, -basis)?));
    }
    let basis_sold = cents(total(exact.iter().map(|row| row.2))?);
    let gain = cents(add(sale.proceeds, -total(exact.iter().map(|row| row.2))?)?);
    let bases = rounded(exact.iter().map(|row| row.2), basis_sold)?;
    let gains = rounded(exact.iter().map(|row| row.3), gain)?;
    let rows: Vec<ReliefRow> = exact
        .into_iter()
        .zip(bases.into_iter().zip(gains))
        .map(|((lot, units, ..), (basis, gain))| ReliefRow {
            lot: lot.lot.clone(),
            acquired: lot.date,
            quantity: units,
            basis,
            gain,
            term: super::holding_period(lot.date, sale.date),
        })
        .collect();
    let of_term = |term: Term| total(rows.iter().filter(|row| row.term == term).map(|row| row.gain));
    Ok(Some(Relief {
        basis_sold,
        gain,
        short_term: of_term(Term::Short)?,
        long_term: of_term(Term::Long)?,
        remaining_basis: add(pool_cost, -basis_sold)?,
        rows,
    }))
}

/// Lots in the order in which they go, with the units that may be taken of each.
fn in_order<'a>(
    held: &[&'a Bought],
    sale: &Sold,
    method: CostBasisMethod,
    chosen: &[(String, Option<Decimal>)],
) -> Result<Vec<(&'a Bought, Decimal)>, Undefined> {
    let mut lots: Vec<&Bought> = held.to_vec();
    // Stable: equal dates keep their sequence.
    lots.sort_by_key(|lot| lot.date);
    match method {
        CostBasisMethod::Fifo | CostBasisMethod::Average => {}
        CostBasisMethod::Lifo => lots.reverse(),
        CostBasisMethod::Hifo => {
            let mut keyed = with_unit_basis(&lots)?;
            keyed.sort_by_key(|(unit, _)| std::cmp::Reverse(*unit));
            lots = keyed.into_iter().map(|(_, lot)| lot).collect();
        }
        CostBasisMethod::MinimumTax => {
            let price = div(sale.proceeds, sale.quantity, "quantity")?;
            let mut keyed = with_unit_basis(&lots)?;
            keyed.sort_by_key(|(unit, lot)| {
                let gain = price - unit;
                let class = match (super::holding_period(lot.date, sale.date), gain < Decimal::ZERO) {
                    (Term::Short, true) => 0,
                    (Term::Long, true) => 1,
                    (Term::Long, false) => 2,
                    (Term::Short, false) => 3,
                };
                (class, gain)
            });
            lots = keyed.into_iter().map(|(_, lot)| lot).collect();
        }
        CostBasisMethod::Specific => {
            let find = |name: &str| lots.iter().copied().find(|lot| lot.lot == name);
            let listed = chosen.iter().filter_map(|(name, units)| {
                let lot = find(name)?;
                Some((lot, units.map_or(lot.quantity, |units| units.min(lot.quantity))))
            });
            return Ok(listed.collect());
        }
    }
    Ok(lots.into_iter().map(|lot| (lot, lot.quantity)).collect())
}

fn with_unit_basis<'a>(lots: &[&'a Bought]) -> Result<Vec<(Decimal, &'a Bought)>, Undefined> {
    let unit = |lot: &&'a Bought| Ok((div(lot.cost, lot.quantity, "quantity of a lot")?, *lot));
    lots.iter().map(unit).collect()
}

fn cents(value: Decimal) -> Decimal {
    round_to(value, 2).normalize()
}

/// Values in cents; the last takes what is left of the sum.
fn rounded(values: impl Iterator<Item = Decimal>, sum: Decimal) -> Result<Vec<Decimal>, Undefined> {
    let mut rounded: Vec<Decimal> = values.map(cents).collect();
    if let Some((last, others)) = rounded.split_last_mut() {
        *last = add(sum, -total(others.iter().copied())?)?;
    }
    Ok(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn lots() -> Vec<Bought> {
        let lot = |lot: &str, date: &str, quantity: &str, cost: &str| Bought {
            lot: lot.into(),
            date: date.parse().unwrap(),
            quantity: dec(quantity),
            cost: dec(cost),
        };
        vec![
            lot("A", "2022-01-03", "100", "2000"),
            lot("B", "2022-06-01", "50", "1500"),
            lot("C", "2023-02-01", "50", "1100"),
        ]
    }

    fn sale(quantity: &str, proceeds: &str) -> Sold {
        Sold { date: "2023-03-01".parse().unwrap(), quantity: dec(quantity), proceeds: dec(proceeds) }
    }

    #[test]
    fn every_method_of_the_published_case() {
        let order = [("B".to_owned(), None), ("C".to_owned(), None), ("A".to_owned(), None)];
        for (method, basis, short, long) in [
            (CostBasisMethod::Fifo, "2600", "-120", "400"),
            (CostBasisMethod::Lifo, "3000", "-200", "80"),
            (CostBasisMethod::Hifo, "3000", "-200", "80"),
            (CostBasisMethod::Average, "2760", "20", "100"),
            (CostBasisMethod::Specific, "3000", "-200", "80"),
        ] {
            let relief = lot_sale(&lots(), &sale("120", "2880"), method, &order).unwrap().unwrap();
            assert_eq!((relief.basis_sold, relief.short_term, relief.long_term), (dec(basis), dec(short), dec(long)));
            assert_eq!(relief.basis_sold + relief.remaining_basis, dec("4600"), "{method}");
        }
    }

    #[test]
    fn rows_add_up_to_the_cent() {
        let relief = lot_sale(&lots(), &sale("170", "1000"), CostBasisMethod::Average, &[]).unwrap().unwrap();
        assert_eq!(relief.rows.iter().map(|row| row.gain).sum::<Decimal>(), relief.gain);
        assert_eq!(relief.rows.iter().map(|row| row.basis).sum::<Decimal>(), relief.basis_sold);
        assert!(relief.rows.iter().all(|row| row.gain.scale() <= 2 && row.basis.scale() <= 2));
    }

    #[test]
    fn more_than_there_is_books_nothing() {
        assert_eq!(lot_sale(&lots(), &sale("200.5", "1000"), CostBasisMethod::Fifo, &[]), Ok(None));
        let early = Sold { date: "2022-03-01".parse().unwrap(), ..sale("101", "1") };
        assert_eq!(lot_sale(&lots(), &early, CostBasisMethod::Fifo, &[]), Ok(None));
        let only = [("B".to_owned(), Some(dec("10")))];
        assert_eq!(lot_sale(&lots(), &sale("11", "1"), CostBasisMethod::Specific, &only), Ok(None));
    }
}
