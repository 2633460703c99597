//! Phase likelihood: which phase of a cycle the indicators agree with, and how much of the evidence there is.
//!
//!   x = z-score of the indicator against the W values before it (n − 1, cut off at ±4), or its level
//!   d = distance of x to the phase's band [lo, hi] (0 inside), in units of the indicator's scale (1 for a z-score)
//!   g = 2^(−d/0.5)      ℓ(phase) = 6·Σ_present w·ln g / Σ_all w      likelihood = softmax(ℓ)
//!   prior_t = stay·p_{t−1} + (1 − stay)/(K − 1)·(1 − p_{t−1})      p_t ∝ prior_t·likelihood_t
//!   phase = largest p (ties: the lower number)      confidence = p(phase)·coverage
//!
//! The denominator of ℓ counts indicators that are missing too: a gap takes evidence away and never sharpens. Coverage
//! is the weight share of the indicators present, averaged over the phases. The filter starts uniform at the first
//! period with a coverage of 0.6; a later period below it keeps its probabilities but has no phase
//! (`insufficient_coverage`). Confidence is agreement of data with a definition, not the probability of a forecast.
//! Invariant: probabilities sum to 1, and an indicator that moves by two deviations moves them.
//!
//! Own definition. The filter is that of a hidden Markov chain: Hamilton, J. (1994), Time Series Analysis, ch. 22.

use super::trailing_zscore;
use crate::Undefined;
use std::collections::BTreeMap;

/// Values of an indicator by period number (a month, a year).
pub type SeriesOfPeriods = BTreeMap<i32, f64>;

/// What is compared with a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// The trailing z-score.
    ZScore,
    /// The level, with distances in units of `scale`.
    Level {
        /// Distance that counts as one.
        scale: f64,
    },
}

/// Where an indicator should lie in a phase; an open end has no bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The indicator.
    pub indicator: String,
    /// Lower bound.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
    /// Weight, > 0.
    pub weight: f64,
    /// A direction that the indicator must have besides.
    pub trend: Option<Trend>,
}

/// A direction over a number of periods, measured on the level in the indicator's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Periods over which the change is taken.
    pub periods: i32,
    /// Whether it must rise (else fall).
    pub rising: bool,
}

/// A phase and its bands.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Name.
    pub name: String,
    /// Bands.
    pub bands: Vec<Band>,
}

/// The definition of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseTable {
    /// Phases in their order.
    pub phases: Vec<Phase>,
    /// How each indicator is measured; a z-score where nothing is said.
    pub measures: BTreeMap<String, Measure>,
    /// Probability of staying in a phase for a period.
    pub stay: f64,
    /// Periods in the window of a z-score.
    pub window: usize,
    /// Least number of values in it.
    pub minimum: usize,
}

/// What one indicator says for one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The indicator.
    pub indicator: String,
    /// Its measure (z-score or level).
    pub value: f64,
    /// Distance to the band.
    pub distance: f64,
    /// w·ln g: 0 is full agreement, negative is against.
    pub support: f64,
}

/// Probabilities of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseState {
    /// The period.
    pub period: i32,
    /// Number of the phase, from 0, or why there is none.
    pub phase: Result<usize, Undefined>,
    /// p(phase)·coverage; of the largest p where there is no phase.
    pub confidence: f64,
    /// Weight share of the indicators present.
    pub coverage: f64,
    /// Filtered probabilities.
    pub probabilities: Vec<f64>,
    /// What the period alone says.
    pub likelihoods: Vec<f64>,
    /// Measures of the indicators present.
    pub measures: BTreeMap<String, f64>,
}

impl PhaseTable {
    /// What each indicator present in `measures` says for phase `number`; `changes` as for the state.
    pub fn evidence(
        &self,
        number: usize,
        state: &PhaseState,
        series: &BTreeMap<String, SeriesOfPeriods>,
    ) -> Vec<Evidence> {
        let Some(phase) = self.phases.get(number) else { return Vec::new() };
        let of = |band: &Band| {
            let distance = self.distance(band, state.period, &state.measures, series)?;
            let (indicator, value) = (band.indicator.clone(), *state.measures.get(&band.indicator)?);
            Some(Evidence { indicator, value, distance, support: band.weight * ln_agreement(distance) })
        };
        phase.bands.iter().filter_map(of).collect()
    }

    fn scale(&self, indicator: &str) -> f64 {
        match self.measures.get(indicator) {
            Some(Measure::Level { scale }) => *scale,
            _ => 1.0,
        }
    }

    /// Distance to a band; none when the indicator, or the past that its trend needs, is missing.
    fn distance(
        &self,
        band: &Band,
        period: i32,
        measures: &BTreeMap<String, f64>,
        series: &BTreeMap<String, SeriesOfPeriods>,
    ) -> Option<f64> {
        let x = *measures.get(&band.indicator)?;
        let scale = self.scale(&band.indicator);
        let below = band.low.map_or(0.0, |low| low - x);
        let above = band.high.map_or(0.0, |high| x - high);
        let distance = below.max(above).max(0.0) / scale;
        let Some(trend) = band.trend else { return Some(distance) };
        let values = series.get(&band.indicator)?;
        let change = values.get(&period)? - values.get(&(period - trend.periods))?;
        let wrong = if trend.rising { -change } else { change };
        Some(distance.max(wrong.max(0.0) / scale))
    }

    fn check(&self) -> Result<(), Undefined> {
        let bands = || self.phases.iter().flat_map(|phase| &phase.bands);
        let sound = |band: &Band| {
            let bounds = [band.low, band.high].into_iter().flatten().all(f64::is_finite);
            let ordered = band.low.zip(band.high).is_none_or(|(low, high)| low <= high);
            bounds && ordered && band.weight.is_finite() && band.weight > 0.0
        };
        let scales = self.measures.values().all(|measure| match measure {
            Measure::ZScore => true,
            Measure::Level { scale } => scale.is_finite() && *scale > 0.0,
        });
        if self.phases.len() < 2
            || self.phases.iter().any(|phase| phase.bands.is_empty())
            || !bands().all(sound)
            || !scales
        {
            return Err(Undefined::InvalidInput { what: "table" });
        }
        if !(0.0..=1.0).contains(&self.stay) {
            return Err(Undefined::InvalidInput { what: "stay" });
        }
        if self.window < 2 || self.minimum < 2 {
            return Err(Undefined::InvalidInput { what: if self.window < 2 { "window" } else { "minimum" } });
        }
        Ok(())
    }
}

/// Least coverage with which a phase is named.
const COVERAGE_MIN: f64 = 0.6;
/// Where z-scores are cut off.
const CLIP: f64 = 4.0;

/// The states of all periods from the first with enough coverage to the last of any series.
pub fn phase_likelihood(
    table: &PhaseTable,
    series: &BTreeMap<String, SeriesOfPeriods>,
) -> Result<Vec<PhaseState>, Undefined> {
    table.check()?;
    if series.values().flat_map(BTreeMap::values).any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "series" });
    }
    let used = || table.phases.iter().flat_map(|phase| &phase.bands).filter_map(|band| series.get(&band.indicator));
    let first = used().filter_map(|values| values.keys().next()).min();
    let last = used().filter_map(|values| values.keys().next_back()).max();
    let (Some(first), Some(last)) = (first, last) else {
        return Err(Undefined::InsufficientCoverage { needed: COVERAGE_MIN });
    };
    if last.checked_sub(*first).is_none_or(|span| span > 100_000) {
        return Err(Undefined::InvalidInput { what: "series" });
    }
    let k = table.phases.len();
    let mut before = vec![1.0 / k as f64; k];
    let mut states: Vec<PhaseState> = Vec::new();
    for period in *first..=*last {
        let measures = measured(table, series, period, *first);
        let (likelihoods, coverage) = likelihoods(table, series, period, &measures);
        if states.is_empty() && coverage < COVERAGE_MIN - 1e-12 {
            continue;
        }
        let switch = (1.0 - table.stay) / (k - 1) as f64;
        let prior = before.iter().map(|p| table.stay * p + switch * (1.0 - p));
        let joint: Vec<f64> = prior.zip(&likelihoods).map(|(prior, likelihood)| prior * likelihood).collect();
        let total: f64 = joint.iter().sum();
        before = joint.iter().map(|joint| joint / total).collect();
        let winner = (1..k).fold(0, |best, at| if before[at] > before[best] { at } else { best });
        let covered = coverage >= COVERAGE_MIN - 1e-12;
        states.push(PhaseState {
            period,
            phase: if covered { Ok(winner) } else { Err(Undefined::InsufficientCoverage { needed: COVERAGE_MIN }) },
            confidence: before[winner] * coverage,
            coverage,
            probabilities: before.clone(),
            likelihoods,
            measures,
        });
    }
    if states.is_empty() {
        return Err(Undefined::InsufficientCoverage { needed: COVERAGE_MIN });
    }
    Ok(states)
}

/// Measures of all indicators that have one in `period`.
fn measured(
    table: &PhaseTable,
    series: &BTreeMap<String, SeriesOfPeriods>,
    period: i32,
    first: i32,
) -> BTreeMap<String, f64> {
    let mut measures = BTreeMap::new();
    for band in table.phases.iter().flat_map(|phase| &phase.bands) {
        let Some(values) = series.get(&band.indicator) else { continue };
        if measures.contains_key(&band.indicator) {
            continue;
        }
        let measure = match table.measures.get(&band.indicator) {
            Some(Measure::Level { .. }) => values.get(&period).copied(),
            _ => {
                let from = first.max(period - table.window as i32);
                let window: Vec<Option<f64>> = (from..=period).map(|period| values.get(&period).copied()).collect();
                let z = trailing_zscore(&window, window.len() - 1, table.window, table.minimum);
                z.ok().map(|z| z.clamp(-CLIP, CLIP))
            }
        };
        if let Some(measure) = measure {
            measures.insert(band.indicator.clone(), measure);
        }
    }
    measures
}

/// Softmax of the phases' scores, and the coverage.
fn likelihoods(
    table: &PhaseTable,
    series: &BTreeMap<String, SeriesOfPeriods>,
    period: i32,
    measures: &BTreeMap<String, f64>,
) -> (Vec<f64>, f64) {
    let (mut scores, mut coverage) = (Vec::new(), 0.0);
    for phase in &table.phases {
        let (mut score, mut present, mut total) = (0.0, 0.0, 0.0);
        for band in &phase.bands {
            total += band.weight;
            if let Some(distance) = table.distance(band, period, measures, series) {
                present += band.weight;
                score += band.weight * ln_agreement(distance);
            }
        }
        scores.push(6.0 * score / total);
        coverage += present / total / table.phases.len() as f64;
    }
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // A floor far below every sensible score keeps the filter able to leave a phase.
    let weights: Vec<f64> = scores.iter().map(|score| (score - largest).max(-600.0).exp()).collect();
    let total: f64 = weights.iter().sum();
    (weights.iter().map(|weight| weight / total).collect(), coverage)
}

/// ln 2^(−d/0.5).
fn ln_agreement(distance: f64) -> f64 {
    -2.0 * std::f64::consts::LN_2 * distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn band(indicator: &str, low: Option<f64>, high: Option<f64>, weight: f64) -> Band {
        Band { indicator: indicator.to_owned(), low, high, weight, trend: None }
    }

    /// Two phases: A wants x ≥ 1 (weight 2) and y ≤ 0; B wants x ≤ 0 (weight 2) and y ≥ 0. Levels of scale 1.
    fn table() -> PhaseTable {
        let phase = |name: &str, bands| Phase { name: name.to_owned(), bands };
        PhaseTable {
            phases: vec![
                phase("A", vec![band("x", Some(1.0), None, 2.0), band("y", None, Some(0.0), 1.0)]),
                phase("B", vec![band("x", None, Some(0.0), 2.0), band("y", Some(0.0), None, 1.0)]),
            ],
            measures: ["x", "y"].map(|id| (id.to_owned(), Measure::Level { scale: 1.0 })).into(),
            stay: 0.8,
            window: 12,
            minimum: 6,
        }
    }

    fn series(x: &[f64], y: &[f64]) -> BTreeMap<String, SeriesOfPeriods> {
        let of = |values: &[f64]| values.iter().enumerate().map(|(at, value)| (at as i32, *value)).collect();
        [("x".to_owned(), of(x)), ("y".to_owned(), of(y))].into()
    }

    #[test]
    fn worked_example() {
        // x = 2, y = 0: A agrees (ℓ = 0); B is 2 away in x: ℓ = 6·2·(−4·ln 2)/3 = −16·ln 2: odds 2^16.
        let states = phase_likelihood(&table(), &series(&[2.0, 0.5], &[0.0, 0.0])).unwrap();
        let odds = 2.0_f64.powi(16);
        assert!((states[0].probabilities[0] - odds / (1.0 + odds)).abs() < 1e-12);
        assert_eq!((states[0].phase.clone(), states[0].coverage), (Ok(0), 1.0));
        // x = 0.5 is equally far from both: the prior decides, 0.8·p + 0.2·(1 − p).
        let prior = 0.8 * states[0].probabilities[0] + 0.2 * (1.0 - states[0].probabilities[0]);
        assert!((states[1].probabilities[0] - prior).abs() < 1e-12);
        let evidence = table().evidence(1, &states[0], &series(&[2.0, 0.5], &[0.0, 0.0]));
        assert_eq!((evidence[0].distance, evidence[1].distance), (2.0, 0.0));
        assert!((evidence[0].support + 8.0 * std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn a_missing_indicator_removes_evidence() {
        // x alone covers 2/3: −16·ln 2 stays over the whole weight.
        let states = phase_likelihood(&table(), &series(&[2.0], &[])).unwrap();
        assert!((states[0].coverage - 2.0 / 3.0).abs() < 1e-15);
        let odds = 2.0_f64.powi(16);
        assert!((states[0].confidence - odds / (1.0 + odds) * 2.0 / 3.0).abs() < 1e-12);
        // y alone covers a third: no phase, and with nothing at all the same reason.
        for empty in [series(&[], &[1.0]), series(&[], &[])] {
            assert_eq!(phase_likelihood(&table(), &empty).unwrap_err().code(), "insufficient_coverage");
        }
        let gap = [("x".to_owned(), [(0, 2.0), (2, 2.0)].into()), ("y".to_owned(), [(1, 0.0)].into())].into();
        let states = phase_likelihood(&table(), &gap).unwrap();
        assert_eq!(states[1].phase.as_ref().unwrap_err().code(), "insufficient_coverage");
        assert_eq!(states[2].phase, Ok(0));
    }

    #[test]
    fn z_scores_use_the_window_before() {
        let mut table = table();
        table.measures.clear();
        let x: Vec<f64> = (0..8).map(|at| f64::from(at % 2)).chain([40.0]).collect();
        let states = phase_likelihood(&table, &series(&x, &x)).unwrap();
        assert_eq!(states[0].period, 6);
        // Cut off at 4.
        assert_eq!(states[2].measures["x"], 4.0);
    }

    #[test]
    fn a_trend_must_hold_besides() {
        let mut table = table();
        table.phases[0].bands[0].trend = Some(Trend { periods: 2, rising: true });
        // x above 1 all the time, but falling by 3 over two periods: as far as three away.
        let states = phase_likelihood(&table, &series(&[5.0, 4.0, 2.0], &[0.0; 3])).unwrap();
        let of = |at: usize| table.evidence(0, &states[at], &series(&[5.0, 4.0, 2.0], &[0.0; 3]));
        assert_eq!(of(states.len() - 1)[0].distance, 3.0);
    }

    #[test]
    fn edges() {
        let one = series(&[1.0], &[1.0]);
        let code = |table: &PhaseTable| phase_likelihood(table, &one).unwrap_err().code();
        assert_eq!(code(&PhaseTable { phases: vec![], ..table() }), "invalid_input");
        assert_eq!(code(&PhaseTable { stay: 1.5, ..table() }), "invalid_input");
        assert_eq!(code(&PhaseTable { window: 0, ..table() }), "invalid_input");
        let mut crossed = table();
        crossed.phases[0].bands[0] = band("x", Some(1.0), Some(0.0), 1.0);
        assert_eq!(code(&crossed), "invalid_input");
        assert_eq!(phase_likelihood(&table(), &series(&[f64::NAN], &[])).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_move(
            x in proptest::collection::vec(-3.0..3.0f64, 1..30), y in proptest::collection::vec(-3.0..3.0f64, 30),
        ) {
            let states = phase_likelihood(&table(), &series(&x, &y[..x.len()])).unwrap();
            for state in &states {
                prop_assert!((state.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                prop_assert!(state.confidence <= 1.0 && state.probabilities.iter().all(|p| p.is_finite()));
            }
            let mut moved = x.clone();
            *moved.last_mut().unwrap() += 2.0;
            let after = phase_likelihood(&table(), &series(&moved, &y[..x.len()])).unwrap();
            prop_assert!(after.last().unwrap().probabilities != states.last().unwrap().probabilities);
        }
    }
}
