//! Money-weighted return: the constant yearly rate at which all that was put in and taken out is worth nothing net.
//!
//!   Σ c_i (1 + r)^(−(d_i − d_0)/365) = 0      d_0 the earliest date, actual/365 fixed
//!
//! c_i as the investor sees them: contribution −, withdrawal and terminal value +. r: annual effective rate, a fraction.
//! Flows of one date are summed first, so their order cannot matter; flows of zero are dropped.
//!
//! With several roots the one nearest to the guess, in |ln((1+r)/(1+guess))|, is the rate and all are listed ascending.
//! Undefined for fewer than two flows, for flows all on one date, without a change of sign, and where no rate solves it.
//! Under a year of span the annual rate can be absurd: the return of the span itself is given beside it.
//!
//! In x = ln(1 + r) the sum is one of exponentials. One change of sign in date order means exactly one root (Descartes,
//! Pólya). Otherwise intervals that provably hold no root are discarded, and the remaining ones are halved until the sum
//! is monotone in each: no root is missed.
//!
//! Microsoft Excel, XIRR. Norstrøm, C. (1972), Journal of Financial and Quantitative Analysis 7(3). GIPS (2020).

use crate::{Date, Undefined};

/// Whether the rate is the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootStatus {
    /// Exactly one rate solves the equation.
    Ok,
    /// Several do; the answer is ambiguous and should be shown beside the time-weighted return.
    MultipleRoots,
}

impl RootStatus {
    /// The word on the wire: `ok`, `multiple_roots`.
    pub fn name(self) -> &'static str {
        match self {
            RootStatus::Ok => "ok",
            RootStatus::MultipleRoots => "multiple_roots",
        }
    }
}

/// Internal rate of return of dated flows.
#[derive(Debug, Clone, PartialEq)]
pub struct InternalRate {
    /// Whether the rate is the only one.
    pub status: RootStatus,
    /// Annual effective rate.
    pub rate: f64,
    /// All rates above −100 %, ascending.
    pub roots: Vec<f64>,
    /// Days from the first to the last flow that is not zero.
    pub span_days: i64,
    /// The return over that span, not annualised: (1 + r)^(span/365) − 1.
    pub period_return: f64,
}

/// The rate at which `flows` are worth nothing net; `guess` chooses between several.
pub fn xirr(flows: &[(Date, f64)], guess: f64) -> Result<InternalRate, Undefined> {
    if flows.len() < 2 {
        return Err(Undefined::TooFewFlows { found: flows.len() });
    }
    if !(guess > -1.0 && guess.is_finite()) || flows.iter().any(|(_, amount)| !amount.is_finite()) {
        return Err(Undefined::InvalidInput { what: "guess or amount" });
    }
    if flows.iter().all(|(date, _)| *date == flows[0].0) {
        return Err(Undefined::SingleDate);
    }
    let dated = summed_by_date(flows);
    let changes = dated.windows(2).filter(|w| (w[0].1 > 0.0) != (w[1].1 > 0.0)).count();
    if changes == 0 {
        return Err(Undefined::NoSignChange);
    }
    let sum = ExponentialSum::new(&dated);
    let xs = if changes == 1 { sum.only_root() } else { sum.all_roots() };
    // Beyond e^709 a rate is no longer a number.
    let xs: Vec<f64> = xs.into_iter().filter(|x| x.exp_m1().is_finite()).collect();
    let wanted = guess.ln_1p();
    let nearest = xs.iter().copied().min_by(|a, b| (a - wanted).abs().total_cmp(&(b - wanted).abs()));
    let x = nearest.ok_or(Undefined::NoRoot)?;
    // Near −100 % several x are the same rate in double precision.
    let mut roots: Vec<f64> = xs.iter().map(|x| x.exp_m1()).collect();
    roots.dedup();
    let span_days = (dated[dated.len() - 1].0 - dated[0].0).num_days();
    Ok(InternalRate {
        status: if roots.len() == 1 { RootStatus::Ok } else { RootStatus::MultipleRoots },
        rate: x.exp_m1(),
        roots,
        span_days,
        period_return: (x * span_days as f64 / 365.0).exp_m1(),
    })
}

/// One amount per date, ascending, without the dates that sum to nothing but float noise.
fn summed_by_date(flows: &[(Date, f64)]) -> Vec<(Date, f64)> {
    let mut sorted = flows.to_vec();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted
        .chunk_by(|a, b| a.0 == b.0)
        .map(|day| {
            let total: f64 = crate::moments::sum(day.iter().map(|(_, amount)| *amount));
            let gross: f64 = day.iter().map(|(_, amount)| amount.abs()).sum();
            (day[0].0, if total.abs() <= 1e-14 * gross { 0.0 } else { total })
        })
        .filter(|(_, amount)| *amount != 0.0)
        .collect()
}

/// f(x) = Σ c e^(−x t), t in years around the middle of the span. Multiplying by an exponential moves no root, so the
/// middle is a free choice; it keeps the bounds below tight on both sides.
struct ExponentialSum {
    terms: Vec<(f64, f64)>,
    half_span: f64,
}

/// The parts of f and f′ at one x, all ≥ 0 and all scaled by e^(−scale). `early` terms grow with x, `late` ones shrink.
#[derive(Clone, Copy)]
struct Parts {
    x: f64,
    scale: f64,
    early: Signed,
    late: Signed,
    early_slope: Signed,
    late_slope: Signed,
}

/// The positive and the negative terms of a sum, both as magnitudes.
#[derive(Clone, Copy, Default)]
struct Signed {
    plus: f64,
    minus: f64,
}

impl Signed {
    fn add(&mut self, amount: f64, magnitude: f64) {
        if amount > 0.0 { self.plus += magnitude } else { self.minus += magnitude }
    }

    fn scaled(self, factor: f64) -> Signed {
        Signed { plus: self.plus * factor, minus: self.minus * factor }
    }
}

impl Parts {
    fn value(&self) -> f64 {
        (self.early.plus + self.late.plus) - (self.early.minus + self.late.minus)
    }

    fn slope(&self) -> f64 {
        (self.early_slope.plus + self.late_slope.minus) - (self.early_slope.minus + self.late_slope.plus)
    }

    fn magnitude(&self) -> f64 {
        self.early.plus + self.late.plus + self.early.minus + self.late.minus
    }

    fn rescaled(&self, scale: f64) -> Parts {
        let factor = (self.scale - scale).exp();
        Parts {
            x: self.x,
            scale,
            early: self.early.scaled(factor),
            late: self.late.scaled(factor),
            early_slope: self.early_slope.scaled(factor),
            late_slope: self.late_slope.scaled(factor),
        }
    }
}

/// Intervals narrower than this (relative to 1 + |x|) are a root if the sum vanishes in them.
const WIDTH_MIN: f64 = 1e-12;
/// Guard of the search; a thousand flows need a few hundred evaluations.
const EVALUATIONS_MAX: usize = 100_000;

impl ExponentialSum {
    fn new(dated: &[(Date, f64)]) -> ExponentialSum {
        let first = dated[0].0;
        let years = |date: Date| (date - first).num_days() as f64 / 365.0;
        let half_span = years(dated[dated.len() - 1].0) / 2.0;
        let terms = dated.iter().map(|(date, amount)| (years(*date) - half_span, *amount)).collect();
        ExponentialSum { terms, half_span }
    }

    /// The root of a sum with one change of sign: the terms before against the terms after it.
    fn only_root(&self) -> Vec<f64> {
        let leading = self.leading_run();
        vec![balance(&self.terms[..leading], &self.terms[leading..])]
    }

    /// All roots, ascending.
    fn all_roots(&self) -> Vec<f64> {
        let (low, high) = self.search_range();
        if high < low {
            return Vec::new();
        }
        let pad = |x: f64| 1e-9 * (1.0 + x.abs());
        let mut roots = Vec::new();
        let mut open = vec![(self.parts(low - pad(low)), self.parts(high + pad(high)))];
        let mut evaluations = 2;
        while let Some((a, b)) = open.pop() {
            match self.inspect(&a, &b) {
                Verdict::NoRoot => {}
                Verdict::OneRoot => roots.push(self.polish(a.x, b.x)),
                Verdict::Touching => roots.push((a.x + b.x) / 2.0),
                Verdict::Unclear if evaluations < EVALUATIONS_MAX => {
                    let middle = self.parts((a.x + b.x) / 2.0);
                    evaluations += 1;
                    // The left half last, so that roots come out ascending.
                    open.push((middle, b));
                    open.push((a, middle));
                }
                Verdict::Unclear => {}
            }
        }
        roots.dedup_by(|a, b| (*a - *b).abs() <= 1e-10 * (1.0 + b.abs()));
        roots
    }

    /// Outside of this range the first terms, or the last ones, outweigh all terms of the other sign.
    fn search_range(&self) -> (f64, f64) {
        let opposite = |sign: f64, terms: &[(f64, f64)]| -> Vec<(f64, f64)> {
            terms.iter().filter(|(_, amount)| amount * sign < 0.0).copied().collect()
        };
        let leading = self.leading_run();
        let high = balance(&self.terms[..leading], &opposite(self.terms[0].1, &self.terms[leading..]));
        let last_sign = self.terms[self.terms.len() - 1].1;
        let trailing = self.terms.len() - self.terms.iter().rev().take_while(|(_, a)| a * last_sign > 0.0).count();
        let low = balance(&opposite(last_sign, &self.terms[..trailing]), &self.terms[trailing..]);
        (low, high)
    }

    fn leading_run(&self) -> usize {
        let sign = self.terms[0].1;
        self.terms.iter().take_while(|(_, amount)| amount * sign > 0.0).count()
    }

    fn parts(&self, x: f64) -> Parts {
        let scale = x.abs() * self.half_span;
        let none = Signed::default();
        let mut parts = Parts { x, scale, early: none, late: none, early_slope: none, late_slope: none };
        for (t, amount) in &self.terms {
            let magnitude = amount.abs() * (-x * t - scale).exp();
            if *t < 0.0 {
                parts.early.add(*amount, magnitude);
                parts.early_slope.add(*amount, -t * magnitude);
            } else {
                parts.late.add(*amount, magnitude);
                parts.late_slope.add(*amount, t * magnitude);
            }
        }
        parts
    }

    /// What the bounds of f and f′ on [a, b] prove.
    fn inspect(&self, a: &Parts, b: &Parts) -> Verdict {
        let scale = a.scale.max(b.scale);
        let (a, b) = (a.rescaled(scale), b.rescaled(scale));
        let (plus_min, plus_max) = (a.early.plus + b.late.plus, b.early.plus + a.late.plus);
        let (minus_min, minus_max) = (a.early.minus + b.late.minus, b.early.minus + a.late.minus);
        if plus_min > minus_max || minus_min > plus_max {
            return Verdict::NoRoot;
        }
        let rise_min = a.early_slope.plus + b.late_slope.minus;
        let rise_max = b.early_slope.plus + a.late_slope.minus;
        let fall_min = a.early_slope.minus + b.late_slope.plus;
        let fall_max = b.early_slope.minus + a.late_slope.plus;
        let (slope_min, slope_max) = (rise_min - fall_max, rise_max - fall_min);
        let (left, right) = (a.value(), b.value());
        if slope_min > 0.0 || slope_max < 0.0 {
            return if left * right <= 0.0 { Verdict::OneRoot } else { Verdict::NoRoot };
        }
        let width = b.x - a.x;
        if left * right > 0.0 {
            // Lines with the extreme slopes from both ends meet at the nearest that f can come to zero (Piyavskii).
            let (l, r, down, up) =
                if left > 0.0 { (left, right, slope_min, slope_max) } else { (-left, -right, -slope_max, -slope_min) };
            if (l * up - r * down + width * down * up) / (up - down) > 0.0 {
                return Verdict::NoRoot;
            }
        }
        if width > WIDTH_MIN * (1.0 + a.x.abs()) {
            return Verdict::Unclear;
        }
        let vanishes = left.abs().min(right.abs()) <= 1e-12 * a.magnitude().max(b.magnitude());
        if vanishes || left * right <= 0.0 { Verdict::Touching } else { Verdict::NoRoot }
    }

    /// The root in an interval whose ends have different signs: Newton's method, halving where it leaves the interval.
    fn polish(&self, mut low: f64, mut high: f64) -> f64 {
        // The scale of `parts` is positive, so the sign at either end that is not a root itself tells the direction.
        let (left, right) = (self.parts(low).value(), self.parts(high).value());
        let rising = if right != 0.0 { right > 0.0 } else { left < 0.0 };
        let mut x = (low + high) / 2.0;
        for _ in 0..200 {
            let here = self.parts(x);
            let value = here.value();
            if value == 0.0 {
                return x;
            }
            if (value > 0.0) == rising {
                high = x
            } else {
                low = x
            }
            let step = x - value / here.slope();
            let next = if low <= step && step <= high { step } else { (low + high) / 2.0 };
            if (next - x).abs() <= 1e-15 * (1.0 + x.abs()) {
                return next;
            }
            x = next;
        }
        x
    }
}

enum Verdict {
    NoRoot,
    OneRoot,
    Touching,
    Unclear,
}

/// The x at which Σ|c|e^(−xt) of the earlier terms equals that of the later ones. The logarithm of their ratio rises
/// with x at the distance of their mean dates, so Newton's method converges from anywhere once it is bracketed.
fn balance(earlier: &[(f64, f64)], later: &[(f64, f64)]) -> f64 {
    let log_sum = |terms: &[(f64, f64)], x: f64| -> (f64, f64) {
        let top = terms.iter().map(|(t, _)| -x * t).fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut weighted) = (0.0, 0.0);
        for (t, amount) in terms {
            let magnitude = amount.abs() * (-x * t - top).exp();
            total += magnitude;
            weighted += t * magnitude;
        }
        (top + total.ln(), weighted / total)
    };
    let at = |x: f64| {
        let ((ln_early, mean_early), (ln_late, mean_late)) = (log_sum(earlier, x), log_sum(later, x));
        (ln_early - ln_late, mean_late - mean_early)
    };
    // A step to where it stands already is the end, not a reason to halve a side that is still open to infinity.
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut x = 0.0;
    for _ in 0..200 {
        let (value, slope) = at(x);
        if value == 0.0 {
            return x;
        }
        if value > 0.0 {
            high = x
        } else {
            low = x
        }
        let step = x - value / slope;
        let next = if low <= step && step <= high { step } else { (low + high) / 2.0 };
        if (next - x).abs() <= 1e-15 * (1.0 + x.abs()) {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::returns::xnpv;
    use proptest::prelude::*;

    fn dated(flows: &[(&str, f64)]) -> Vec<(Date, f64)> {
        flows.iter().map(|(date, amount)| (date.parse().unwrap(), *amount)).collect()
    }

    #[test]
    fn worked_example() {
        // The example of Excel's XIRR page: 37.3362535 %.
        let flows = dated(&[
            ("2008-01-01", -10_000.0),
            ("2008-03-01", 2_750.0),
            ("2008-10-30", 4_250.0),
            ("2009-02-15", 3_250.0),
            ("2009-04-01", 2_750.0),
        ]);
        let result = xirr(&flows, 0.1).unwrap();
        assert!((result.rate - 0.373_362_535).abs() < 1e-8);
        assert_eq!((result.status, result.span_days), (RootStatus::Ok, 456));
    }

    #[test]
    fn two_rates_are_both_found() {
        // 1.05 and 1.40 a year both solve −200 + 490/q − 294/q².
        let flows = dated(&[("2021-01-01", -200.0), ("2022-01-01", 490.0), ("2023-01-01", -294.0)]);
        let result = xirr(&flows, 0.5).unwrap();
        assert_eq!(result.status, RootStatus::MultipleRoots);
        assert!((result.roots[0] - 0.05).abs() < 1e-12 && (result.roots[1] - 0.4).abs() < 1e-12);
        assert!((result.rate - 0.4).abs() < 1e-12);
    }

    #[test]
    fn reasons() {
        for (flows, code) in [
            (vec![("2020-01-01", -1.0)], "too_few_flows"),
            (vec![("2020-01-01", -1.0), ("2020-01-01", 2.0)], "single_date"),
            (vec![("2020-01-01", -1.0), ("2021-01-01", -2.0)], "no_sign_change"),
            (vec![("2020-01-01", -1.0), ("2021-01-01", 0.0)], "no_sign_change"),
            (vec![("2019-01-01", 50.0), ("2020-01-01", -60.0), ("2020-12-31", 50.0)], "no_root"),
        ] {
            assert_eq!(xirr(&dated(&flows), 0.1).unwrap_err().code(), code, "{flows:?}");
        }
    }

    #[test]
    fn extreme_rates() {
        // Nearly everything lost in eleven days, and a thousandfold in five.
        let lost = xirr(&dated(&[("2020-03-05", -18_480.0), ("2020-03-16", 13_120.0)]), 0.1).unwrap();
        assert!((lost.rate - -0.999_988_422_817_008_7).abs() < 1e-13);
        let won = xirr(&dated(&[("2020-03-05", -1.0), ("2020-03-10", 1.7)]), 0.1).unwrap();
        assert!(won.rate > 1e15 && (won.period_return - 0.7).abs() < 1e-12);
    }

    #[test]
    fn a_double_root_is_one_root() {
        // −1 + 2.2/q − 1.21/q² touches zero at q = 1.1.
        let flows = dated(&[("2021-01-01", -1.0), ("2022-01-01", 2.2), ("2023-01-01", -1.21)]);
        let found = xirr(&flows, 0.1).unwrap();
        // Float noise may split it into two that agree to the root of the precision.
        assert!(found.roots.iter().all(|r| (r - 0.1).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn three_rates_are_all_found() {
        // (q − 0.8)(q − 1.1)(q − 1.5) = q³ − 3.4 q² + 3.73 q − 1.32
        let flows = dated(&[("2021-01-01", 1.0), ("2022-01-01", -3.4), ("2023-01-01", 3.73), ("2024-01-01", -1.32)]);
        let roots = xirr(&flows, 0.1).unwrap().roots;
        assert_eq!(roots.len(), 3);
        for (found, expected) in roots.iter().zip([-0.2, 0.1, 0.5]) {
            assert!((found - expected).abs() < 1e-11, "{roots:?}");
        }
    }

    #[test]
    fn a_bound_that_is_a_root_of_two_terms_is_found() {
        let flows = dated(&[
            ("2010-01-01", -54.781_157_144_710_52),
            ("2011-01-01", 37.412_351_883_111_285),
            ("2012-01-01", -0.008_292_877_975_657_666),
        ]);
        let result = xirr(&flows, 0.1).unwrap();
        assert_eq!(result.status, RootStatus::MultipleRoots);
        assert!((result.rate + 0.317_279_754_292_385).abs() < 1e-12, "{result:?}");
        assert_eq!(result.roots.len(), 2);
    }

    proptest! {
        #[test]
        fn two_flows_have_the_rate_of_their_quotient(paid in 0.01..1e6f64, back in 0.01..1e6f64, days in 1i64..8_000) {
            let start: Date = "2010-01-01".parse().unwrap();
            let result = xirr(&[(start, -paid), (start + chrono::Duration::days(days), back)], 0.1);
            let exact = (back / paid).ln() * 365.0 / days as f64;
            match result {
                Ok(result) => {
                    prop_assert!((result.rate - exact.exp_m1()).abs() <= 1e-9 * (1.0 + result.rate.abs()), "{result:?} {exact}");
                }
                Err(undefined) => prop_assert!(exact > 709.0, "{undefined:?} {exact}"),
            }
        }

        #[test]
        fn every_root_makes_the_value_zero(
            flows in proptest::collection::vec((0i64..4000, -1000.0..1000.0f64), 2..25),
            guess in -0.9..3.0f64,
        ) {
            let start: Date = "2010-01-01".parse().unwrap();
            let flows: Vec<_> = flows.into_iter().map(|(d, a)| (start + chrono::Duration::days(d), a)).collect();
            let mut shuffled = flows.clone();
            shuffled.reverse();
            prop_assert_eq!(xirr(&flows, guess), xirr(&shuffled, guess));
            if let Ok(result) = xirr(&flows, guess) {
                // Nearer to −100 % the rate no longer determines 1 + r, so its present value is not comparable.
                for root in result.roots.iter().filter(|r| **r > -0.9999) {
                    let gross: f64 = xnpv(&flows.iter().map(|(d, a)| (*d, a.abs())).collect::<Vec<_>>(), *root).unwrap();
                    prop_assert!(xnpv(&flows, *root).unwrap().abs() <= 1e-8 * gross, "{:?}", result);
                }
                prop_assert!(result.roots.windows(2).all(|w| w[0] < w[1]));
            }
        }

        #[test]
        fn no_root_is_missed(flows in proptest::collection::vec(-100.0..100.0f64, 3..9)) {
            // Against the parity of a fine grid: signs seen at both ends of any grid cell must bracket a found root.
            let start: Date = "2010-01-01".parse().unwrap();
            let dated: Vec<_> = flows.iter().enumerate().map(|(i, a)| (start + chrono::Duration::days(365 * i as i64), *a)).collect();
            let roots = xirr(&dated, 0.1).map(|r| r.roots).unwrap_or_default();
            let grid: Vec<f64> = (0..4000).map(|i| -0.95 + i as f64 * 0.001).collect();
            for cell in grid.windows(2) {
                let (a, b) = (xnpv(&dated, cell[0]).unwrap(), xnpv(&dated, cell[1]).unwrap());
                if a * b < 0.0 {
                    let count = roots.iter().filter(|r| cell[0] - 1e-9 <= **r && **r <= cell[1] + 1e-9).count();
                    prop_assert!(count % 2 == 1, "cell {:?}, roots {:?}", cell, roots);
                }
            }
        }
    }
}
