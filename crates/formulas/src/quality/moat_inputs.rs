//! Moat inputs: whether profitability is high, and stays so, as it does behind a durable advantage.
//!
//!   ROE: mean, sd/mean (n − 1), minimum, years above 15 %      gross margin: mean, sd (n − 1), slope per year (OLS)
//!
//! Fractions by fiscal year, oldest first, ten years by custom. A year of negative equity has no ROE: it is left out, and
//! return on invested capital serves instead. The slope runs over the years, gaps included, so that a missing year does
//! not steepen it. Undefined: a mean of no year, a deviation of one, a coefficient of variation around a mean of zero, a
//! slope of one year. What cannot be computed (brands, switching costs, networks) is judged by people and kept apart.
//!
//! Greenwald, B. & Kahn, J. (2005), Competition Demystified. Novy-Marx, R. (2013), "The Other Side of Value", JFE 108(1).

use crate::Undefined;
use crate::moments::{mean, standard_deviation, sum};

/// Level and stability of profitability.
#[derive(Debug, Clone, PartialEq)]
pub struct MoatInputs {
    /// Mean return on equity.
    pub roe_mean: Result<f64, Undefined>,
    /// Standard deviation.
    pub roe_std: Result<f64, Undefined>,
    /// Standard deviation over mean.
    pub roe_cv: Result<f64, Undefined>,
    /// Least.
    pub roe_min: Result<f64, Undefined>,
    /// Years above 15 %.
    pub years_roe_above_15pct: usize,
    /// Years with a return on equity.
    pub roe_years: usize,
    /// Mean gross margin.
    pub gross_margin_mean: Result<f64, Undefined>,
    /// Standard deviation.
    pub gross_margin_std: Result<f64, Undefined>,
    /// Change per year.
    pub gross_margin_trend_per_year: Result<f64, Undefined>,
}

/// The inputs from yearly returns on equity and gross margins; none where a year has no value.
pub fn moat_inputs(roe: &[Option<f64>], gross_margin: &[Option<f64>]) -> Result<MoatInputs, Undefined> {
    if roe.iter().chain(gross_margin).flatten().any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "ratio" });
    }
    let years: Vec<f64> = roe.iter().copied().flatten().collect();
    let margins: Vec<f64> = gross_margin.iter().copied().flatten().collect();
    let roe_mean = mean_of(&years);
    let roe_std = standard_deviation(&years, 1);
    let roe_cv = match (&roe_mean, &roe_std) {
        (Ok(mean), Ok(_)) if mean.abs() <= 1e-14 => Err(Undefined::ZeroDenominator { what: "mean return on equity" }),
        (Ok(mean), Ok(deviation)) => Ok(deviation / mean),
        (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
    };
    Ok(MoatInputs {
        roe_mean,
        roe_std,
        roe_cv,
        roe_min: years.iter().copied().reduce(f64::min).ok_or(Undefined::InsufficientData { needed: 1, found: 0 }),
        years_roe_above_15pct: years.iter().filter(|roe| **roe > 0.15).count(),
        roe_years: years.len(),
        gross_margin_mean: mean_of(&margins),
        gross_margin_std: standard_deviation(&margins, 1),
        gross_margin_trend_per_year: slope(gross_margin),
    })
}

fn mean_of(values: &[f64]) -> Result<f64, Undefined> {
    if values.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    Ok(mean(values))
}

fn slope(values: &[Option<f64>]) -> Result<f64, Undefined> {
    let points: Vec<(f64, f64)> =
        values.iter().enumerate().filter_map(|(year, value)| Some((year as f64, (*value)?))).collect();
    if points.len() < 2 {
        return Err(Undefined::InsufficientData { needed: 2, found: points.len() });
    }
    let n = points.len() as f64;
    let (x, y) = (sum(points.iter().map(|p| p.0)) / n, sum(points.iter().map(|p| p.1)) / n);
    let joint = sum(points.iter().map(|p| (p.0 - x) * (p.1 - y)));
    Ok(joint / sum(points.iter().map(|p| (p.0 - x) * (p.0 - x))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn worked_example() {
        let found = moat_inputs(&all(&[0.1, 0.2, 0.3]), &all(&[0.40, 0.42, 0.44])).unwrap();
        assert!((found.roe_mean.unwrap() - 0.2).abs() < 1e-15 && (found.roe_cv.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!((found.roe_min, found.years_roe_above_15pct), (Ok(0.1), 2));
        assert!((found.gross_margin_trend_per_year.unwrap() - 0.02).abs() < 1e-15);
        assert!((found.gross_margin_std.unwrap() - 0.02).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        let found = moat_inputs(&[None, Some(0.2)], &[Some(0.4), None, Some(0.5)]).unwrap();
        assert_eq!((found.roe_mean, found.roe_years), (Ok(0.2), 1));
        assert_eq!(found.roe_cv.unwrap_err().code(), "insufficient_data");
        // Two years apart.
        assert!((found.gross_margin_trend_per_year.unwrap() - 0.05).abs() < 1e-15);
        let nothing = moat_inputs(&[], &[]).unwrap();
        assert_eq!(nothing.roe_min.unwrap_err().code(), "insufficient_data");
        let around_zero = moat_inputs(&all(&[-0.1, 0.1]), &[]).unwrap();
        assert_eq!(around_zero.roe_cv.unwrap_err().code(), "zero_denominator");
        // Exactly 15 % is not above.
        assert_eq!(moat_inputs(&all(&[0.15]), &[]).unwrap().years_roe_above_15pct, 0);
        assert_eq!(moat_inputs(&all(&[f64::NAN]), &[]).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn the_order_of_years_matters_for_the_trend_alone(x in proptest::collection::vec(0.01..0.6f64, 2..12)) {
            let turned: Vec<f64> = x.iter().rev().copied().collect();
            let (a, b) = (moat_inputs(&all(&x), &all(&x)).unwrap(), moat_inputs(&all(&turned), &all(&turned)).unwrap());
            prop_assert!((a.roe_cv.unwrap() - b.roe_cv.unwrap()).abs() < 1e-9);
            prop_assert!((a.gross_margin_trend_per_year.unwrap() + b.gross_margin_trend_per_year.unwrap()).abs() < 1e-12);
        }
    }
}
