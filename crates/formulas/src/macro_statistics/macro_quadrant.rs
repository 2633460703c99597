//! Growth–inflation quadrant: which of four climates the economy is in.
//!
//!   x_t = level_t / level_{t−lag} − 1      z_t against the previous W values of x (n − 1, the current one excluded)
//!   growth ≥ 0: inflation ≥ 0 reflation, < 0 goldilocks;  growth < 0: inflation ≥ 0 stagflation, < 0 deflation
//!   |z| < dead band on either axis: transition
//!   probability of a sign = Φ(z/se),  se = √(1/W + z²/(2(W − 1)))      of a quadrant: the product of its two signs
//!
//! Levels are real activity and prices with one value per period; the base of a growth rate must be positive. A point is
//! undefined until lag + W earlier levels exist and where the window has no dispersion. se is the sampling error of a
//! z-score with estimated mean and deviation; a label near an axis says so by a probability near one half.
//!
//! Ilmanen, A., Maloney, T. & Ross, A. (2014), "Exploring Macroeconomic Sensitivities", Journal of Portfolio
//! Management 40(3).

use super::trailing_zscore;
use crate::{Undefined, normal_probability};

/// A climate of growth and inflation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quadrant {
    /// Growth and inflation above their past.
    Reflation,
    /// Growth above, inflation below.
    Goldilocks,
    /// Growth below, inflation above.
    Stagflation,
    /// Both below.
    Deflation,
    /// Too near an axis to say.
    Transition,
}

impl Quadrant {
    /// The label of two z-scores.
    pub fn of(growth: f64, inflation: f64, dead_band: f64) -> Quadrant {
        if growth.abs() < dead_band || inflation.abs() < dead_band {
            return Quadrant::Transition;
        }
        match (growth >= 0.0, inflation >= 0.0) {
            (true, true) => Quadrant::Reflation,
            (true, false) => Quadrant::Goldilocks,
            (false, true) => Quadrant::Stagflation,
            (false, false) => Quadrant::Deflation,
        }
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Quadrant::Reflation => "reflation",
            Quadrant::Goldilocks => "goldilocks",
            Quadrant::Stagflation => "stagflation",
            Quadrant::Deflation => "deflation",
            Quadrant::Transition => "transition",
        }
    }
}

/// The quadrant of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct QuadrantPoint {
    /// z-score of growth.
    pub growth_z: Result<f64, Undefined>,
    /// z-score of inflation.
    pub inflation_z: Result<f64, Undefined>,
    /// The label, where both are defined.
    pub label: Option<Quadrant>,
    /// Probability that growth is above and inflation is above their past means.
    pub sign_probability: Option<(f64, f64)>,
}

/// The quadrant of every period of two series of levels of equal length.
pub fn macro_quadrant(
    growth_level: &[f64],
    price_level: &[f64],
    lag: usize,
    window: usize,
    dead_band: f64,
) -> Result<Vec<QuadrantPoint>, Undefined> {
    crate::moments::check_paired(growth_level, price_level)?;
    if growth_level.is_empty() {
        return Err(Undefined::InsufficientData { needed: lag + window + 1, found: 0 });
    }
    if lag == 0 || window < 2 {
        return Err(Undefined::InvalidInput { what: if lag == 0 { "yoy_lag" } else { "window" } });
    }
    if !(dead_band.is_finite() && dead_band >= 0.0) {
        return Err(Undefined::InvalidInput { what: "deadband" });
    }
    let (growth, inflation) = (year_over_year(growth_level, lag), year_over_year(price_level, lag));
    let point = |at| {
        let growth_z = trailing_zscore(&growth, at, window, window);
        let inflation_z = trailing_zscore(&inflation, at, window, window);
        let both = growth_z.as_ref().ok().copied().zip(inflation_z.as_ref().ok().copied());
        QuadrantPoint {
            label: both.map(|(growth, inflation)| Quadrant::of(growth, inflation, dead_band)),
            sign_probability: both.map(|(growth, inflation)| (above(growth, window), above(inflation, window))),
            growth_z,
            inflation_z,
        }
    };
    Ok((0..growth.len()).map(point).collect())
}

/// level_t / level_{t−lag} − 1; none where the base is missing or not positive.
pub fn year_over_year(levels: &[f64], lag: usize) -> Vec<Option<f64>> {
    let growth = |at: usize| {
        let base = levels[at.checked_sub(lag)?];
        let change = levels[at] / base - 1.0;
        (base > 0.0 && change.is_finite()).then_some(change)
    };
    (0..levels.len()).map(growth).collect()
}

fn above(z: f64, window: usize) -> f64 {
    let n = window as f64;
    normal_probability(z / (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt())
}

/// What the history of labels says about one of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelStatistics {
    /// Share of the labelled periods.
    pub base_rate: f64,
    /// Number of separate episodes.
    pub episodes: usize,
    /// Mean length of an episode in periods; none without an episode.
    pub mean_dwell: Option<f64>,
    /// Length of the episode that the last period belongs to; 0 if its label is another.
    pub current_dwell: usize,
}

/// Base rate and dwell times of `label`; an unlabelled period ends an episode.
pub fn label_statistics(labels: &[Option<Quadrant>], label: Quadrant) -> Result<LabelStatistics, Undefined> {
    let labelled = labels.iter().flatten().count();
    if labelled == 0 {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    let is_it = |at: usize| labels[at] == Some(label);
    let count = (0..labels.len()).filter(|at| is_it(*at)).count();
    let episodes = (0..labels.len()).filter(|at| is_it(*at) && (*at == 0 || !is_it(*at - 1))).count();
    Ok(LabelStatistics {
        base_rate: count as f64 / labelled as f64,
        episodes,
        mean_dwell: (episodes > 0).then(|| count as f64 / episodes as f64),
        current_dwell: (0..labels.len()).rev().take_while(|at| is_it(*at)).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // Growth 1, 2, 3, then 4 %: z = 2. Inflation 3, 2, 1, then 1 %: z = −1.
        let levels = |rates: [f64; 4]| -> Vec<f64> {
            [1.0]
                .into_iter()
                .chain(rates.into_iter().scan(1.0, |level, r| {
                    *level *= 1.0 + r;
                    Some(*level)
                }))
                .collect()
        };
        let found =
            macro_quadrant(&levels([0.01, 0.02, 0.03, 0.04]), &levels([0.03, 0.02, 0.01, 0.01]), 1, 3, 0.5).unwrap();
        assert!((found[4].growth_z.as_ref().unwrap() - 2.0).abs() < 1e-9);
        assert!((found[4].inflation_z.as_ref().unwrap() + 1.0).abs() < 1e-9);
        assert_eq!(found[4].label, Some(Quadrant::Goldilocks));
        let (up, hot) = found[4].sign_probability.unwrap();
        assert!(0.9 < up && hot < 0.1);
        assert_eq!(found[3].label, None);
        assert_eq!(found[3].growth_z.as_ref().unwrap_err().code(), "insufficient_data");
    }

    #[test]
    fn labels() {
        let of = |g, i| Quadrant::of(g, i, 0.25).name();
        assert_eq!(of(1.0, 1.0), "reflation");
        assert_eq!(of(1.0, -1.0), "goldilocks");
        assert_eq!(of(-1.0, 1.0), "stagflation");
        assert_eq!(of(-1.0, -1.0), "deflation");
        assert_eq!(of(0.24, 3.0), "transition");
        assert_eq!(of(-1.0, -0.2), "transition");
        // The band's edge and, without a band, zero count as above.
        assert_eq!(of(0.25, 0.25), "reflation");
        assert_eq!(Quadrant::of(0.0, 0.0, 0.0).name(), "reflation");
    }

    #[test]
    fn edges() {
        let code = |g: &[f64], p: &[f64], lag, window| macro_quadrant(g, p, lag, window, 0.0).unwrap_err().code();
        assert_eq!(code(&[1.0], &[1.0, 2.0], 1, 2), "invalid_input");
        assert_eq!(code(&[], &[], 1, 2), "insufficient_data");
        assert_eq!(code(&[1.0], &[1.0], 0, 2), "invalid_input");
        assert_eq!(code(&[1.0], &[1.0], 1, 1), "invalid_input");
        let flat = macro_quadrant(&[1.0; 8], &[1.0; 8], 1, 3, 0.0).unwrap();
        assert_eq!(flat[7].growth_z.as_ref().unwrap_err().code(), "zero_denominator");
        assert_eq!(year_over_year(&[0.0, 1.0, 2.0], 1), [None, None, Some(1.0)]);
    }

    #[test]
    fn dwell_times() {
        use Quadrant::{Deflation as D, Reflation as R};
        let labels = [None, Some(R), Some(R), Some(D), Some(R), Some(R), Some(R)];
        let found = label_statistics(&labels, R).unwrap();
        assert_eq!((found.episodes, found.mean_dwell, found.current_dwell), (2, Some(2.5), 3));
        assert!((found.base_rate - 5.0 / 6.0).abs() < 1e-15);
        let other = label_statistics(&labels, Quadrant::Goldilocks).unwrap();
        assert_eq!((other.episodes, other.mean_dwell, other.current_dwell), (0, None, 0));
        assert_eq!(label_statistics(&[None], R).unwrap_err().code(), "insufficient_data");
    }

    proptest! {
        #[test]
        fn index_bases_do_not_matter(
            r in proptest::collection::vec(-0.05..0.05f64, 12..40), k in 0.01..1_000.0f64,
        ) {
            let levels: Vec<f64> = r.iter().scan(1.0, |level, r| { *level *= 1.0 + r; Some(*level) }).collect();
            let scaled: Vec<f64> = levels.iter().map(|level| level * k).collect();
            let plain = macro_quadrant(&levels, &levels, 2, 6, 0.25).unwrap();
            let other = macro_quadrant(&scaled, &scaled, 2, 6, 0.25).unwrap();
            for (a, b) in plain.iter().zip(&other) {
                if let (Ok(a), Ok(b)) = (&a.growth_z, &b.growth_z) {
                    prop_assert!((a - b).abs() < 1e-6 * (1.0 + a.abs()));
                }
            }
        }
    }
}
