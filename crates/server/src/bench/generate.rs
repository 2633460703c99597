//! A generated market and book for measurements: seeded, so that two runs measure the same thing.
//!
//! Nothing here reaches a user's data: `dawsos bench` works in a database of its own and names everything `GENERATED`.

use chrono::{Datelike, Duration, NaiveDate, Weekday};
use std::fmt::Write;

/// A generated security.
#[derive(Debug, Clone, PartialEq)]
pub struct Security {
    /// Symbol, `GEN01`…
    pub symbol: String,
    /// Exchange.
    pub mic: &'static str,
    /// Trading currency.
    pub currency: &'static str,
    /// Sector, for the allocation.
    pub sector: &'static str,
    /// One close per weekday of the range, in the order of the days.
    pub closes: Vec<f64>,
}

/// Market and rates over a range of weekdays.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// Weekdays, ascending.
    pub days: Vec<NaiveDate>,
    /// The securities.
    pub securities: Vec<Security>,
    /// Units of USD and GBP for one EUR, by day.
    pub rates: Vec<(f64, f64)>,
}

/// SplitMix64: small, seeded, good enough for a load.
pub struct Random(u64);

impl Random {
    /// A generator that always gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform whole number in [0, n).
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// Roughly normal with mean 0 and deviation 1 (sum of twelve uniforms).
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

const PLACES: [(&str, &str); 3] = [("XNAS", "USD"), ("XLON", "GBP"), ("XETR", "EUR")];
const SECTORS: [&str; 6] =
    ["Information Technology", "Health Care", "Financials", "Industrials", "Consumer Staples", "Energy"];

/// Random walks for `count` securities over `years` years of weekdays that end on `last`.
pub fn market(count: usize, years: i32, last: NaiveDate, seed: u64) -> Market {
    let first = last.with_year(last.year() - years).unwrap_or(last - Duration::days(365 * i64::from(years)));
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).filter(is_weekday).collect();
    let mut random = Random::new(seed);
    let securities = (0..count)
        .map(|index| {
            let (mic, currency) = PLACES[index % PLACES.len()];
            let mut close = 20.0 + 180.0 * random.unit();
            let closes = days
                .iter()
                .map(|_| {
                    close = (close * (1.0 + 0.0003 + 0.012 * random.normal())).clamp(1.0, 100_000.0);
                    (close * 100.0).round() / 100.0
                })
                .collect();
            Security {
                symbol: format!("GEN{:02}", index + 1),
                mic,
                currency,
                sector: SECTORS[index % SECTORS.len()],
                closes,
            }
        })
        .collect();
    let (mut usd, mut gbp) = (1.10, 0.85);
    let rates = days
        .iter()
        .map(|_| {
            usd = (usd * (1.0 + 0.004 * random.normal())).clamp(0.8, 1.6);
            gbp = (gbp * (1.0 + 0.004 * random.normal())).clamp(0.6, 1.1);
            ((usd * 10_000.0).round() / 10_000.0, (gbp * 100_000.0).round() / 100_000.0)
        })
        .collect();
    Market { days, securities, rates }
}

fn is_weekday(day: &NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// A ledger in DawsOS CSV with exactly `rows` transactions on the market: deposits, buys, some sells and dividends.
/// Every security is bought, nothing is oversold, all cash is funded by deposits in the same currency.
pub fn ledger_csv(market: &Market, rows: usize, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::from(
        "kind,trade_date,currency,symbol,mic,quantity,price,gross_amount,fees,taxes,ex_date,pay_date,external_id,note\n",
    );
    let mut held = vec![0u64; market.securities.len()];
    let days = market.days.len();
    let funding = 3;
    for (index, (_, currency)) in PLACES.iter().enumerate() {
        let day = market.days[0];
        let _ = writeln!(text, "deposit,{day},{currency},,,,,50000000.00,,,,,G{index:06},generated");
    }
    for row in funding..rows {
        let at = 1 + (row - funding) * (days - 2) / (rows - funding).max(1);
        let day = market.days[at];
        let which = if row - funding < held.len() { row - funding } else { random.below(held.len()) };
        let security = &market.securities[which];
        let price = security.closes[at];
        let roll = random.unit();
        let id = format!("G{row:06}");
        let (symbol, mic, currency) = (&security.symbol, security.mic, security.currency);
        let _ = if held[which] > 40 && roll < 0.15 {
            let quantity = 1 + random.below(held[which] as usize / 2) as u64;
            held[which] -= quantity;
            writeln!(text, "sell,{day},{currency},{symbol},{mic},{quantity},{price:.2},,1.00,,,,{id},generated")
        } else if held[which] > 0 && roll < 0.30 {
            let gross = held[which] as f64 * 0.25;
            let tax = (gross * 15.0).round() / 100.0;
            writeln!(text, "dividend,{day},{currency},{symbol},{mic},,,{gross:.2},,{tax:.2},{day},{day},{id},generated")
        } else {
            let quantity = 10 + random.below(40) as u64;
            held[which] += quantity;
            writeln!(text, "buy,{day},{currency},{symbol},{mic},{quantity},{price:.2},,1.00,,,,{id},generated")
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 3, 28).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_load() {
        let (a, b) = (market(5, 2, last(), 7), market(5, 2, last(), 7));
        assert_eq!(a, b);
        assert_eq!(ledger_csv(&a, 200, 3), ledger_csv(&b, 200, 3));
        assert_ne!(ledger_csv(&a, 200, 3), ledger_csv(&a, 200, 4));
    }

    #[test]
    fn the_ledger_has_as_many_rows_as_asked_and_buys_every_security() {
        let market = market(50, 10, last(), 1);
        let text = ledger_csv(&market, 1_000, 1);
        assert_eq!(text.lines().count(), 1_001);
        for security in &market.securities {
            assert!(text.contains(&format!(",{},{},", security.symbol, security.mic)), "{}", security.symbol);
        }
        assert!(market.days.len() > 2_500);
    }
}
