//! Holding period: whether a gain is short-term or long-term.
//!
//!   begins the day after the trade date of the purchase, ends on the trade date of the sale
//!   long-term if the sale is on or after the date one year after the first day
//!
//! So a sale on the anniversary of the purchase is short-term. What was bought on the last day of a month is long-term
//! from the first day of the thirteenth month on; a period that began on 29 February is a year old on 1 March.
//!
//! IRC 1222, 1223; Rev. Rul. 66-7; IRS Publication 550.

use crate::Date;
use ledger::Term;

/// Term of a holding bought and sold on these trade dates.
pub fn holding_period(acquired: Date, sold: Date) -> Term {
    Term::of(acquired.succ_opt().unwrap_or(acquired), sold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anniversary_is_short_and_the_day_after_is_long() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (acquired, sold, term) in [
            ("2021-03-10", "2022-03-10", Term::Short),
            ("2021-03-10", "2022-03-11", Term::Long),
            ("2023-02-28", "2024-02-29", Term::Short),
            ("2023-02-28", "2024-03-01", Term::Long),
            ("2024-02-29", "2025-02-28", Term::Short),
            ("2024-02-29", "2025-03-01", Term::Long),
        ] {
            assert_eq!(holding_period(day(acquired), day(sold)), term, "{acquired} {sold}");
        }
    }
}
