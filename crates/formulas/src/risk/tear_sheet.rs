//! Tear sheet: all statistics of risk at once, in two passes over the returns.
//!
//!   first pass    wealth, peak, falls; sums of returns, excess, shortfalls, active returns, captured periods
//!   second pass   powers of deviations from the means, products with the benchmark's
//!
//! Each value is that of its own formula (volatility, Sharpe, Sortino, …, capture), with the same reasons where it is
//! undefined; only t-statistics and standard errors are left to those. Deviations are taken from the means of the first
//! pass, so that nothing cancels.
//!
//! CFA Institute, Quantitative Methods. Bacon (2008), ch. 4.

use crate::Undefined;
use crate::moments::{PerPeriod, check_paired, check_returns, is_zero_dispersion};

/// Statistics of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct TearSheet {
    /// Returns used.
    pub n: usize,
    /// Return over the whole series.
    pub cumulative: Result<f64, Undefined>,
    /// Compound annual return.
    pub annual_return: Result<f64, Undefined>,
    /// Mean return times periods per year.
    pub arithmetic_annual: Result<f64, Undefined>,
    /// Annualised deviation.
    pub volatility: Result<f64, Undefined>,
    /// Reward per unit of it.
    pub sharpe: Result<f64, Undefined>,
    /// Annualised downside deviation.
    pub downside_deviation: Result<f64, Undefined>,
    /// Reward per unit of it.
    pub sortino: Result<f64, Undefined>,
    /// Worst fall, ≤ 0.
    pub max_drawdown: Result<f64, Undefined>,
    /// Compound return per unit of it.
    pub calmar: Result<f64, Undefined>,
    /// Root mean square of falls.
    pub ulcer: Result<f64, Undefined>,
    /// Mean of falls, positive.
    pub average_drawdown: Result<f64, Undefined>,
    /// Population skewness.
    pub skewness: Result<f64, Undefined>,
    /// Population excess kurtosis.
    pub excess_kurtosis: Result<f64, Undefined>,
    /// Mean absolute deviation.
    pub mean_absolute_deviation: Result<f64, Undefined>,
    /// Gains over losses against the least acceptable return.
    pub omega: Result<f64, Undefined>,
    /// Against a benchmark, where there is one.
    pub relative: Option<RelativeSheet>,
}

/// Statistics against a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct RelativeSheet {
    /// Annualised deviation of the active return.
    pub tracking_error: Result<f64, Undefined>,
    /// Active return per unit of it.
    pub information_ratio: Result<f64, Undefined>,
    /// Sensitivity to the benchmark.
    pub beta: Result<f64, Undefined>,
    /// N·α.
    pub alpha_annual_arithmetic: Result<f64, Undefined>,
    /// Share of the variance explained.
    pub r_squared: Result<f64, Undefined>,
    /// Capture where the benchmark rose, annualised.
    pub up_capture: Result<f64, Undefined>,
    /// Capture where it fell, annualised.
    pub down_capture: Result<f64, Undefined>,
    /// Share of periods ahead.
    pub batting_average: Result<f64, Undefined>,
}

/// All statistics of `returns`.
pub fn tear_sheet(
    returns: &[f64],
    benchmark: Option<&[f64]>,
    risk_free: PerPeriod<'_>,
    mar_per_period: PerPeriod<'_>,
    periods_per_year: f64,
) -> Result<TearSheet, Undefined> {
    check_returns(returns)?;
    for rate in [risk_free, mar_per_period] {
        if let PerPeriod::Series(rates) = rate {
            check_paired(returns, rates)?;
        }
    }
    if let Some(benchmark) = benchmark {
        check_paired(returns, benchmark)?;
        check_returns(benchmark)?;
    }
    let first = First::of(returns, benchmark, risk_free, mar_per_period);
    let second = Second::of(returns, benchmark, risk_free, &first);
    Ok(assemble(returns.len(), periods_per_year, benchmark.is_some(), &first, &second))
}

#[derive(Default)]
struct First {
    wealth: f64,
    sum: f64,
    excess: f64,
    short_squares: f64,
    gains: f64,
    losses: f64,
    mar_excess: f64,
    deepest: f64,
    falls: f64,
    fall_squares: f64,
    bench: f64,
    bench_excess: f64,
    active: f64,
    wins: usize,
    up: Side,
    down: Side,
}

#[derive(Default)]
struct Side {
    portfolio: f64,
    benchmark: f64,
    count: usize,
}

impl Side {
    fn add(&mut self, r: f64, b: f64) {
        self.portfolio *= 1.0 + r;
        self.benchmark *= 1.0 + b;
        self.count += 1;
    }

    fn capture(&self, periods_per_year: f64) -> Result<f64, Undefined> {
        if self.count == 0 {
            return Err(Undefined::InsufficientData { needed: 1, found: 0 });
        }
        let annual = |wealth: f64| wealth.powf(periods_per_year / self.count as f64) - 1.0;
        let (portfolio, whole) = (annual(self.portfolio), annual(self.benchmark));
        if whole == 0.0 {
            return Err(Undefined::ZeroDenominator { what: "return of the benchmark" });
        }
        if !(whole.is_finite() && portfolio.is_finite()) {
            return Err(Undefined::InvalidInput { what: "size of the returns" });
        }
        Ok(portfolio / whole)
    }
}

#[inline]
fn rate(rate: PerPeriod<'_>, t: usize) -> f64 {
    match rate {
        PerPeriod::Constant(rate) => rate,
        PerPeriod::Series(rates) => rates[t],
    }
}

impl First {
    fn of(returns: &[f64], benchmark: Option<&[f64]>, risk_free: PerPeriod<'_>, mar: PerPeriod<'_>) -> First {
        let mut all = First { wealth: 1.0, ..First::default() };
        (all.up.portfolio, all.up.benchmark, all.down.portfolio, all.down.benchmark) = (1.0, 1.0, 1.0, 1.0);
        let mut peak = 1.0_f64;
        for (t, r) in returns.iter().copied().enumerate() {
            all.wealth *= 1.0 + r;
            peak = peak.max(all.wealth);
            let fall = all.wealth / peak - 1.0;
            all.deepest = all.deepest.min(fall);
            all.falls -= fall;
            all.fall_squares += fall * fall;
            all.sum += r;
            let safe = rate(risk_free, t);
            all.excess += r - safe;
            let over = r - rate(mar, t);
            let short = over.min(0.0);
            all.mar_excess += over;
            all.short_squares += short * short;
            all.losses -= short;
            all.gains += over.max(0.0);
            if let Some(benchmark) = benchmark {
                let b = benchmark[t];
                all.bench += b;
                all.bench_excess += b - safe;
                all.active += r - b;
                all.wins += usize::from(r > b);
                if b > 0.0 {
                    all.up.add(r, b);
                } else if b < 0.0 {
                    all.down.add(r, b);
                }
            }
        }
        all
    }
}

#[derive(Default)]
struct Second {
    m2: f64,
    m3: f64,
    m4: f64,
    absolute: f64,
    excess: f64,
    active: f64,
    bench_excess: f64,
    cross: f64,
}

impl Second {
    fn of(returns: &[f64], benchmark: Option<&[f64]>, risk_free: PerPeriod<'_>, first: &First) -> Second {
        let n = returns.len() as f64;
        let (mean, excess, active, bench) = (first.sum / n, first.excess / n, first.active / n, first.bench_excess / n);
        let mut all = Second::default();
        for (t, r) in returns.iter().copied().enumerate() {
            let d = r - mean;
            let square = d * d;
            all.m2 += square;
            all.m3 += square * d;
            all.m4 += square * square;
            all.absolute += d.abs();
            let safe = rate(risk_free, t);
            let e = r - safe - excess;
            all.excess += e * e;
            if let Some(benchmark) = benchmark {
                let b = benchmark[t];
                let a = r - b - active;
                let x = b - safe - bench;
                all.active += a * a;
                all.bench_excess += x * x;
                all.cross += e * x;
            }
        }
        all
    }
}

fn assemble(count: usize, periods_per_year: f64, is_relative: bool, first: &First, second: &Second) -> TearSheet {
    let n = count as f64;
    let (scale, years) = (periods_per_year.sqrt(), periods_per_year);
    let few = |needed: usize| Undefined::InsufficientData { needed, found: count };
    let some = |value: f64| if count == 0 { Err(few(1)) } else { Ok(value) };
    // Sample deviation with the common rule for what is only float noise.
    let deviation = |squares: f64, mean: f64| {
        if count < 2 {
            return Err(few(2));
        }
        let deviation = (squares / (n - 1.0)).sqrt();
        Ok(if is_zero_dispersion(deviation, mean) { 0.0 } else { deviation })
    };
    let over = |value: f64, whole: f64, what: &'static str| {
        if whole == 0.0 { Err(Undefined::ZeroDenominator { what }) } else { Ok(value / whole) }
    };
    let population = |needed: usize| {
        if count < needed {
            return Err(few(needed));
        }
        let variance = second.m2 / n;
        if is_zero_dispersion(variance.sqrt(), first.sum / n) {
            return Err(Undefined::ZeroDenominator { what: "variance" });
        }
        Ok(variance)
    };
    let annual_return = some(first.wealth.powf(years / n) - 1.0);
    let downside_deviation = some((first.short_squares / n).sqrt() * scale);
    let relative = || {
        let tracking = deviation(second.active, first.active / n);
        let spread = deviation(second.bench_excess, first.bench_excess / n);
        let beta = spread.and_then(|spread| {
            over(second.cross, if spread == 0.0 { 0.0 } else { second.bench_excess }, "variance of the benchmark")
        });
        RelativeSheet {
            tracking_error: tracking.clone().map(|te| te * scale),
            information_ratio: tracking
                .and_then(|te| over(first.active / n, te, "tracking error").map(|ir| ir * scale)),
            alpha_annual_arithmetic: beta
                .clone()
                .map(|beta| years * (first.excess / n - beta * first.bench_excess / n)),
            r_squared: beta
                .clone()
                .and_then(|beta| over(beta * second.cross, second.excess, "variance of the returns")),
            beta,
            up_capture: first.up.capture(years),
            down_capture: first.down.capture(years),
            batting_average: some(first.wins as f64 / n),
        }
    };
    TearSheet {
        n: count,
        cumulative: some(first.wealth - 1.0),
        arithmetic_annual: some(years * first.sum / n),
        volatility: deviation(second.m2, first.sum / n).map(|s| s * scale),
        sharpe: deviation(second.excess, first.excess / n)
            .and_then(|s| over(first.excess / n, s, "volatility").map(|ratio| ratio * scale)),
        sortino: downside_deviation.clone().and_then(|down| {
            over(years * first.mar_excess / n, if down <= 1e-14 { 0.0 } else { down }, "downside deviation")
        }),
        downside_deviation,
        max_drawdown: some(first.deepest),
        calmar: annual_return.clone().and_then(|growth| over(growth, -first.deepest, "maximum drawdown")),
        annual_return,
        ulcer: some((first.fall_squares / n).sqrt()),
        average_drawdown: some(first.falls / n),
        skewness: population(3).map(|variance| second.m3 / n / variance.powf(1.5)),
        excess_kurtosis: population(4).map(|variance| second.m4 / n / (variance * variance) - 3.0),
        mean_absolute_deviation: some(second.absolute / n),
        omega: some(0.0).and_then(|_| {
            over(first.gains, if first.losses <= 1e-14 { 0.0 } else { first.losses }, "sum of shortfalls")
        }),
        relative: is_relative.then(relative),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawdown::{max_drawdown, ulcer_index};
    use crate::returns::annual_return_geometric;
    use crate::risk::*;
    use proptest::prelude::*;

    fn agree(name: &str, a: &Result<f64, Undefined>, b: Result<f64, Undefined>) {
        match (a, &b) {
            (Ok(a), Ok(b)) => assert!((a - b).abs() <= 1e-9 * (1.0 + b.abs()), "{name}: {a} {b}"),
            (Err(a), Err(b)) => assert_eq!(a.code(), b.code(), "{name}"),
            _ => panic!("{name}: {a:?} {b:?}"),
        }
    }

    fn compare(r: &[f64], b: &[f64], safe: f64, mar: f64) {
        let (n, safe, mar) = (252.0, PerPeriod::Constant(safe), PerPeriod::Constant(mar));
        let sheet = tear_sheet(r, Some(b), safe, mar, n).unwrap();
        let annual = annual_return_geometric(r, n);
        agree("cumulative", &sheet.cumulative, annual.clone().map(|a| a.cumulative));
        agree("annual return", &sheet.annual_return, annual.clone().map(|a| a.value));
        agree("arithmetic", &sheet.arithmetic_annual, annual.map(|a| a.arithmetic_annual));
        agree("volatility", &sheet.volatility, volatility(r, n, 1));
        agree("sharpe", &sheet.sharpe, sharpe(r, safe, n).map(|s| s.value));
        agree("downside", &sheet.downside_deviation, downside_deviation(r, mar, n));
        agree("sortino", &sheet.sortino, sortino(r, mar, n));
        agree("max drawdown", &sheet.max_drawdown, max_drawdown(r).map(|d| d.depth));
        agree("calmar", &sheet.calmar, calmar(r, n));
        agree("ulcer", &sheet.ulcer, ulcer_index(r).map(|u| u.ulcer));
        agree("pain", &sheet.average_drawdown, ulcer_index(r).map(|u| u.average_drawdown));
        agree("skewness", &sheet.skewness, skewness(r));
        agree("kurtosis", &sheet.excess_kurtosis, excess_kurtosis(r));
        agree("mad", &sheet.mean_absolute_deviation, mean_absolute_deviation(r));
        agree("omega", &sheet.omega, omega(r, mar));
        let relative = sheet.relative.unwrap();
        agree("te", &relative.tracking_error, tracking_error(r, b, n, 1));
        agree("ir", &relative.information_ratio, information_ratio(r, b, n));
        let line = alpha_beta(r, b, safe, n);
        agree("beta", &relative.beta, line.clone().map(|l| l.beta));
        agree("alpha", &relative.alpha_annual_arithmetic, line.clone().map(|l| l.alpha_annual_arithmetic));
        if let Some(r_squared) = line.ok().and_then(|l| l.r_squared) {
            agree("r²", &relative.r_squared, Ok(r_squared));
        }
        let captured = capture(r, b, n).unwrap();
        agree("up", &relative.up_capture, captured.up.map(|s| s.geometric_annualised));
        agree("down", &relative.down_capture, captured.down.map(|s| s.geometric_annualised));
        agree("batting", &relative.batting_average, batting_average(r, b));
    }

    #[test]
    fn worked_example() {
        // 1 → 1.1 → 0.99 → 1.188: 18.8 % in all, a fall by a tenth between.
        let sheet =
            tear_sheet(&[0.1, -0.1, 0.2], None, PerPeriod::Constant(0.0), PerPeriod::Constant(0.0), 3.0).unwrap();
        assert!((sheet.annual_return.unwrap() - 0.188).abs() < 1e-12);
        assert!((sheet.max_drawdown.unwrap() - -0.1).abs() < 1e-12 && sheet.relative.is_none());
    }

    #[test]
    fn edges_are_those_of_the_single_formulas() {
        for (r, b) in [
            (vec![], vec![]),
            (vec![0.1], vec![0.2]),
            (vec![0.01; 5], vec![0.01; 5]),
            (vec![0.1, 0.2], vec![0.0, 0.0]),
            (vec![-1.0, 0.1], vec![0.1, -0.1]),
        ] {
            compare(&r, &b, 0.0, 0.0);
        }
        let zero = PerPeriod::Constant(0.0);
        assert_eq!(tear_sheet(&[-2.0], None, zero, zero, 12.0).unwrap_err().code(), "invalid_return");
        assert_eq!(tear_sheet(&[0.1], Some(&[]), zero, zero, 12.0).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn agrees_with_every_single_formula(rows in proptest::collection::vec((-0.05..0.05f64, -0.05..0.05f64), 4..80), safe in 0.0..0.001f64, mar in -0.001..0.001f64) {
            let (r, b): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            compare(&r, &b, safe, mar);
        }
    }
}
