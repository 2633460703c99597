//! Expanding-window percentile: where a value stands among all values up to its day, and the mean of several such.
//!
//!   percentile = (values below + half of the values equal, itself included) / n, from the sample's start to t
//!   aggregate = mean of the percentiles; its range: the least and greatest mean with one of them left out
//!
//! Between 0 and 1; the start of the sample belongs beside the number, because few debt cycles fit into any sample. A
//! wide leave-one-out range says that one indicator makes the aggregate. Undefined for no value; the range needs two.

use crate::Undefined;
use crate::moments::mean;

/// Mean of percentiles and how it depends on each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PercentileAggregate {
    /// Equal-weight mean.
    pub mean: f64,
    /// Least and greatest mean without one of them; none for a single indicator.
    pub leave_one_out: Option<(f64, f64)>,
}

/// Percentile of the last of `values` among all of them.
pub fn expanding_percentile(values: &[f64]) -> Result<f64, Undefined> {
    let Some(last) = values.last() else {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    };
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "value" });
    }
    let below = values.iter().filter(|value| *value < last).count() as f64;
    let equal = values.iter().filter(|value| *value == last).count() as f64;
    Ok((below + equal / 2.0) / values.len() as f64)
}

/// Mean of `percentiles` with its leave-one-out range.
pub fn percentile_aggregate(percentiles: &[f64]) -> Result<PercentileAggregate, Undefined> {
    if percentiles.is_empty() {
        return Err(Undefined::InsufficientData { needed: 1, found: 0 });
    }
    if percentiles.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(Undefined::InvalidInput { what: "percentile" });
    }
    let without = |skipped: usize| {
        let rest: Vec<f64> = percentiles.iter().enumerate().filter(|(at, _)| *at != skipped).map(|(_, p)| *p).collect();
        mean(&rest)
    };
    let leave_one_out = (percentiles.len() > 1).then(|| {
        let means = (0..percentiles.len()).map(without);
        means.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)))
    });
    Ok(PercentileAggregate { mean: mean(percentiles), leave_one_out })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        assert_eq!(expanding_percentile(&[1.0, 5.0, 2.0, 3.0]), Ok(0.625));
        assert_eq!(expanding_percentile(&[2.0, 2.0]), Ok(0.5));
        let found = percentile_aggregate(&[0.2, 0.4, 0.9]).unwrap();
        assert!((found.mean - 0.5).abs() < 1e-15);
        let (low, high) = found.leave_one_out.unwrap();
        assert!((low - 0.3).abs() < 1e-15 && (high - 0.65).abs() < 1e-15);
    }

    #[test]
    fn edges() {
        assert_eq!(expanding_percentile(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(expanding_percentile(&[f64::NAN, 1.0]).unwrap_err().code(), "invalid_input");
        assert_eq!(percentile_aggregate(&[]).unwrap_err().code(), "insufficient_data");
        assert_eq!(percentile_aggregate(&[2.0]).unwrap_err().code(), "invalid_input");
        assert_eq!(percentile_aggregate(&[0.5]).unwrap().leave_one_out, None);
    }

    proptest! {
        #[test]
        fn order_statistics_do_not_see_units(x in proptest::collection::vec(-5.0..5.0f64, 1..50)) {
            let p = expanding_percentile(&x).unwrap();
            let moved: Vec<f64> = x.iter().map(|x| (x / 10.0).exp()).collect();
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert_eq!(p, expanding_percentile(&moved).unwrap());
        }
    }
}
