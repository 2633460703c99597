//! Currency attribution after Karnosky and Singer: choosing markets and choosing currencies as two separate decisions.
//!
//!   premium p = r − c (local return less local cash)      hedgeable currency return e = c + f (cash plus currency return)
//!   R = Σ wp·pp + Σ hp·e                                   B = Σ wb·pb + Σ hb·e
//!   market allocation (wp − wb)(pb − Σ wb·pb)   selection wb (rp − rb)   interaction (wp − wb)(rp − rb)
//!   currency management (hp − hb)(e − Σ hb·e)
//!
//! w: asset weights, h: currency weights after hedges (a hedge is a forward: weights summing to 0 on top of w), each set
//! summing to 1; returns continuously compounded, so that base = local + currency and the effects sum to R − B exactly.
//!
//! With simple returns R and B compound local and currency returns, (1 + r)(1 + f) − 1, a hedge is a deposit in the one and
//! a debt in the other currency, and what the effects leave unexplained is the residual.
//!
//! A market that the portfolio (benchmark) does not hold may lack its return, which is then that of the other. Undefined
//! for no market, weights that do not sum to 1, and a missing return where there is weight.
//!
//! Karnosky, D. and Singer, B. (1994), Global Asset Management and Performance Attribution. Ankrim, E. and Hensel, C.
//! (1994), Financial Analysts Journal 50(2). Bacon (2008), ch. 6.

use crate::Undefined;
use crate::moments::sum;

/// A market with its currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Market {
    /// wp.
    pub portfolio_weight: f64,
    /// wb.
    pub benchmark_weight: f64,
    /// hp.
    pub portfolio_currency_weight: f64,
    /// hb.
    pub benchmark_currency_weight: f64,
    /// rp, in local currency.
    pub portfolio_return: Option<f64>,
    /// rb, in local currency.
    pub benchmark_return: Option<f64>,
    /// c.
    pub cash_return: f64,
    /// f, base per local.
    pub currency_return: f64,
}

/// How the returns are compounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compounding {
    /// Continuously: returns add.
    Continuous,
    /// Simple returns: cross terms remain.
    Simple,
}

/// Effects of each market and the returns that they explain.
#[derive(Debug, Clone, PartialEq)]
pub struct KarnoskySinger {
    /// R.
    pub portfolio_return: f64,
    /// B.
    pub benchmark_return: f64,
    /// Effect of weighting markets differently.
    pub market_allocation: Vec<f64>,
    /// Effect of choosing within markets.
    pub security_selection: Vec<f64>,
    /// Effect of both together.
    pub interaction: Vec<f64>,
    /// Effect of weighting currencies differently.
    pub currency_management: Vec<f64>,
    /// R − B less all effects; zero but for float noise with continuous compounding.
    pub residual: f64,
}

/// Splits the excess return of one period by market and currency.
pub fn karnosky_singer(markets: &[Market], compounding: Compounding) -> Result<KarnoskySinger, Undefined> {
    if markets.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    for weight in [
        |m: &Market| m.portfolio_weight,
        |m: &Market| m.benchmark_weight,
        |m: &Market| m.portfolio_currency_weight,
        |m: &Market| m.benchmark_currency_weight,
    ] {
        if (sum(markets.iter().map(weight)) - 1.0).abs() > 1e-9 {
            return Err(Undefined::InvalidInput { what: "sum of weights" });
        }
    }
    let lacks = |weight: f64, own: Option<f64>, other: Option<f64>| own.is_none() && (weight != 0.0 || other.is_none());
    if let Some(index) = markets.iter().position(|m| {
        lacks(m.portfolio_weight, m.portfolio_return, m.benchmark_return)
            || lacks(m.benchmark_weight, m.benchmark_return, m.portfolio_return)
    }) {
        return Err(Undefined::UndefinedReturn { index });
    }
    // One of the two is there, as just checked.
    let rp = |m: &Market| m.portfolio_return.or(m.benchmark_return).unwrap_or_default();
    let rb = |m: &Market| m.benchmark_return.or(m.portfolio_return).unwrap_or_default();
    let e = |m: &Market| m.cash_return + m.currency_return;
    let whole =
        |weight: fn(&Market) -> f64, hedged: fn(&Market) -> f64, local: &dyn Fn(&Market) -> f64| match compounding {
            Compounding::Continuous => {
                sum(markets.iter().map(|m| weight(m) * (local(m) - m.cash_return) + hedged(m) * e(m)))
            }
            Compounding::Simple => sum(markets.iter().map(|m| {
                let in_base = |r: f64| (1.0 + r) * (1.0 + m.currency_return) - 1.0;
                weight(m) * in_base(local(m)) + (hedged(m) - weight(m)) * in_base(m.cash_return)
            })),
        };
    let portfolio_return = whole(|m| m.portfolio_weight, |m| m.portfolio_currency_weight, &rp);
    let benchmark_return = whole(|m| m.benchmark_weight, |m| m.benchmark_currency_weight, &rb);
    let premium = sum(markets.iter().map(|m| m.benchmark_weight * (rb(m) - m.cash_return)));
    let currency = sum(markets.iter().map(|m| m.benchmark_currency_weight * e(m)));
    let each = |effect: &dyn Fn(&Market) -> f64| markets.iter().map(effect).collect::<Vec<f64>>();
    let active = |m: &Market| m.portfolio_weight - m.benchmark_weight;
    let market_allocation = each(&|m| active(m) * (rb(m) - m.cash_return - premium));
    let security_selection = each(&|m| m.benchmark_weight * (rp(m) - rb(m)));
    let interaction = each(&|m| active(m) * (rp(m) - rb(m)));
    let currency_management =
        each(&|m| (m.portfolio_currency_weight - m.benchmark_currency_weight) * (e(m) - currency));
    let effects = [&market_allocation, &security_selection, &interaction, &currency_management];
    let explained = sum(effects.into_iter().flatten().copied());
    Ok(KarnoskySinger {
        portfolio_return,
        benchmark_return,
        residual: portfolio_return - benchmark_return - explained,
        market_allocation,
        security_selection,
        interaction,
        currency_management,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn market(w: (f64, f64), h: (f64, f64), r: (f64, f64), c: f64, f: f64) -> Market {
        Market {
            portfolio_weight: w.0,
            benchmark_weight: w.1,
            portfolio_currency_weight: h.0,
            benchmark_currency_weight: h.1,
            portfolio_return: Some(r.0),
            benchmark_return: Some(r.1),
            cash_return: c,
            currency_return: f,
        }
    }

    #[test]
    fn worked_example() {
        // The same markets, but the portfolio has hedged its 40 % of dollars, which fell by 3 % and paid 1 % of interest.
        let home = market((0.6, 0.6), (1.0, 0.6), (0.02, 0.02), 0.0, 0.0);
        let abroad = market((0.4, 0.4), (0.0, 0.4), (0.05, 0.05), 0.01, -0.03);
        let result = karnosky_singer(&[home, abroad], Compounding::Continuous).unwrap();
        assert!((result.portfolio_return - (0.012 + 0.016)).abs() < 1e-15);
        assert!((result.currency_management.iter().sum::<f64>() - 0.008).abs() < 1e-15);
        assert!(result.market_allocation.iter().chain(&result.security_selection).all(|x| x.abs() < 1e-15));
    }

    #[test]
    fn edges() {
        assert_eq!(karnosky_singer(&[], Compounding::Continuous).unwrap_err().code(), "insufficient_data");
        let half = market((0.5, 1.0), (1.0, 1.0), (0.0, 0.0), 0.0, 0.0);
        assert_eq!(karnosky_singer(&[half], Compounding::Continuous).unwrap_err().code(), "invalid_input");
        let one = market((1.0, 1.0), (1.0, 1.0), (0.1, 0.1), 0.0, 0.1);
        let unknown = Market { portfolio_return: None, ..one };
        assert_eq!(karnosky_singer(&[unknown], Compounding::Continuous).unwrap_err().code(), "undefined_return");
        // A market nobody holds in the portfolio takes the benchmark's return.
        let unheld = Market {
            portfolio_weight: 0.0,
            portfolio_return: None,
            ..market((0.0, 0.5), (0.0, 0.5), (0.0, 0.2), 0.0, 0.0)
        };
        let held = market((1.0, 0.5), (1.0, 0.5), (0.1, 0.1), 0.0, 0.0);
        let result = karnosky_singer(&[unheld, held], Compounding::Continuous).unwrap();
        assert_eq!((result.security_selection[0], result.interaction[0]), (0.0, 0.0));
        // Simple returns compound: unhedged, the base return is (1.1)(1.1) − 1.
        assert!((karnosky_singer(&[one], Compounding::Simple).unwrap().portfolio_return - 0.21).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn effects_and_residual_sum_to_the_excess(rows in proptest::collection::vec((0.01..1.0f64, 0.01..1.0f64, 0.01..1.0f64, -0.2..0.2f64, -0.2..0.2f64, -0.02..0.02f64, -0.1..0.1f64), 1..8)) {
            let p: f64 = rows.iter().map(|r| r.0).sum();
            let b: f64 = rows.iter().map(|r| r.1).sum();
            let h: f64 = rows.iter().map(|r| r.2).sum();
            let markets: Vec<Market> = rows.iter()
                .map(|r| market((r.0 / p, r.1 / b), (r.2 / h, r.1 / b), (r.3, r.4), r.5, r.6)).collect();
            let continuous = karnosky_singer(&markets, Compounding::Continuous).unwrap();
            prop_assert!(continuous.residual.abs() < 1e-12);
            // Cross terms are products of two returns.
            let simple = karnosky_singer(&markets, Compounding::Simple).unwrap();
            prop_assert!(simple.residual.abs() < 0.1);
            prop_assert_eq!(simple.security_selection, continuous.security_selection);
        }
    }
}
