//! Water-filling: share out an amount so that the largest shortfalls are filled first, down to one common level.
//!
//!   x_i = min(max(s_i − λ, 0), room_i),  Σ x_i = amount      s_i shortfalls, λ the level
//!
//! The result is as near to no shortfall as the amount allows: it minimises Σ (s_i − x_i)². λ may be below zero when the
//! amount exceeds all shortfalls. Undefined when the rooms cannot take the amount.

use crate::Failure;

/// What each gets of `amount` ≥ 0, at most its `room` (∞ for none).
pub fn water_fill(shortfalls: &[f64], rooms: &[f64], amount: f64) -> Result<Vec<f64>, Failure> {
    let at = |level: f64| -> Vec<f64> {
        shortfalls.iter().zip(rooms).map(|(s, room)| (s - level).max(0.0).min(*room)).collect()
    };
    if amount <= 0.0 {
        return Ok(vec![0.0; shortfalls.len()]);
    }
    let capacity: f64 = rooms.iter().sum();
    if shortfalls.is_empty() || capacity < amount * (1.0 - 1e-12) {
        return Err(Failure::Infeasible { conflict: vec!["bands".into(), "cash flow".into()] });
    }
    // The total is linear between levels at which somebody starts to get or is full.
    let mut levels: Vec<f64> = shortfalls.to_vec();
    levels.extend(shortfalls.iter().zip(rooms).map(|(s, room)| s - room).filter(|level| level.is_finite()));
    levels.sort_by(|a, b| b.total_cmp(a));
    let mut upper = levels[0];
    let mut lower = None;
    for level in &levels {
        if at(*level).iter().sum::<f64>() >= amount {
            lower = Some(*level);
            break;
        }
        upper = *level;
    }
    let total = at(upper).iter().sum::<f64>();
    let takers = shortfalls.iter().zip(rooms).filter(|(s, room)| **s >= upper && upper > **s - **room).count();
    let level = if takers > 0 { upper - (amount - total) / takers as f64 } else { lower.unwrap_or(upper) };
    Ok(at(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        // 30 to shortfalls of 30, 20 and −5: down to the level of 10.
        let free = [f64::INFINITY; 3];
        assert_eq!(water_fill(&[30.0, 20.0, -5.0], &free, 30.0).unwrap(), [20.0, 10.0, 0.0]);
        assert_eq!(water_fill(&[30.0, 20.0, -5.0], &free, 5.0).unwrap(), [5.0, 0.0, 0.0]);
        assert_eq!(water_fill(&[30.0, 20.0, -5.0], &[12.0, 40.0, 40.0], 30.0).unwrap(), [12.0, 18.0, 0.0]);
        assert!(water_fill(&[30.0], &[10.0], 11.0).is_err());
    }

    proptest! {
        #[test]
        fn the_amount_is_shared_out_and_nobody_below_the_level_gets_any(
            raw in proptest::collection::vec((-100.0..100.0f64, 0.0..80.0f64), 1..20), share in 0.0..1.0f64,
        ) {
            let (shortfalls, rooms): (Vec<f64>, Vec<f64>) = raw.into_iter().unzip();
            let amount = share * rooms.iter().sum::<f64>();
            let given = water_fill(&shortfalls, &rooms, amount).unwrap();
            prop_assert!((given.iter().sum::<f64>() - amount).abs() < 1e-9 * (1.0 + amount));
            for i in 0..given.len() {
                prop_assert!(0.0 <= given[i] && given[i] <= rooms[i] + 1e-9);
                for j in 0..given.len() {
                    // Whoever got something is left no shorter than one who could have taken more.
                    if given[i] > 1e-9 && given[j] < rooms[j] - 1e-9 {
                        prop_assert!(shortfalls[i] - given[i] >= shortfalls[j] - given[j] - 1e-7);
                    }
                }
            }
        }
    }
}
