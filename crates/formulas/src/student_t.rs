//! Student's t distribution: how surprising a t-statistic is when the scatter had to be estimated too.
//!
//!   P(|T| > t) = I_x(ν/2, 1/2),  x = ν/(ν + t²)      I the regularised incomplete beta function
//!
//! ν: degrees of freedom, > 0. The tail keeps its relative precision however small it is. None for ν ≤ 0 and NaN.
//!
//! Abramowitz, M. & Stegun, I. (1964), 26.5.8 and 26.7.1. Lentz, W. (1976), Applied Optics 15(3).

/// Probability of a value further from zero than `t`, both sides, with `degrees` of freedom.
pub fn two_sided_probability(t: f64, degrees: f64) -> Option<f64> {
    if t.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        return None;
    }
    let square = t * t;
    if !square.is_finite() {
        return Some(0.0);
    }
    let (a, b) = (degrees / 2.0, 0.5);
    // Both x and 1 − x are formed without cancellation.
    let (x, rest) = (degrees / (degrees + square), square / (degrees + square));
    if x == 0.0 || rest == 0.0 {
        return Some(if rest == 0.0 { 1.0 } else { 0.0 });
    }
    let front = (libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * rest.ln()).exp();
    let probability = if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(x, a, b) / a
    } else {
        1.0 - front * continued_fraction(rest, b, a) / b
    };
    Some(probability.clamp(0.0, 1.0))
}

/// Lentz's evaluation of the continued fraction of the incomplete beta function.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut value) = (1.0, d);
    for m in 1..1000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            value *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // With one degree (Cauchy) half of the values lie within ±1; with two, P(|T| > t) = 1 − t/√(2 + t²).
        assert!((two_sided_probability(1.0, 1.0).unwrap() - 0.5).abs() < 1e-14);
        assert!((two_sided_probability(3.0, 2.0).unwrap() - (1.0 - 3.0 / 11.0_f64.sqrt())).abs() < 1e-14);
        // The table of critical values: 2.228 at 5 % with ten degrees.
        assert!((two_sided_probability(2.228_138_851_986_274, 10.0).unwrap() - 0.05).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert_eq!(two_sided_probability(0.0, 5.0), Some(1.0));
        assert_eq!(two_sided_probability(f64::INFINITY, 5.0), Some(0.0));
        assert_eq!(two_sided_probability(1.0, 0.0), None);
        assert_eq!(two_sided_probability(f64::NAN, 5.0), None);
        // With many degrees the normal tail, to relative precision.
        let (student, normal) =
            (two_sided_probability(8.0, 1e9).unwrap(), 2.0 * crate::normal::normal_probability(-8.0));
        assert!((student / normal - 1.0).abs() < 1e-5, "{student} {normal}");
    }

    proptest! {
        #[test]
        fn falls_with_the_distance(t in 0.0..30.0f64, step in 0.001..5.0f64, degrees in 1.0..500.0f64) {
            let (near, far) = (two_sided_probability(t, degrees).unwrap(), two_sided_probability(t + step, degrees).unwrap());
            prop_assert!(far <= near + 1e-14 && two_sided_probability(-t, degrees) == Some(near));
        }
    }
}
