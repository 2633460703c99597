//! Optimality (Karush–Kuhn–Tucker) conditions and by how much a point violates them.
//!
//!   Px + q + A'z = 0      x feasible      z in the dual cone      s'z = 0, s = b − Ax
//!
//! Each violation is divided by 1 + the size of the terms that should cancel, so the largest of the four compares between
//! problems. Computed from the program alone, not from what a solver claims.

use super::{Answer, Multipliers, Program};

/// The point with its residual.
pub(super) fn judged(program: &Program, x: Vec<f64>, multipliers: Multipliers) -> Answer {
    let residual = residual(program, &x, &multipliers);
    Answer { x, multipliers, residual: if residual.is_finite() { residual } else { f64::INFINITY } }
}

/// Px + q + A'z.
pub(super) fn gradient(program: &Program, x: &[f64], multipliers: &Multipliers) -> (Vec<f64>, f64) {
    let curvature = program.hessian_times(x);
    let mut forces = vec![0.0; x.len()];
    let rows = program.equalities.iter().zip(&multipliers.equalities);
    let rows = rows.chain(program.inequalities.iter().zip(&multipliers.inequalities));
    let cones = program.cones.iter().zip(&multipliers.cones).flat_map(|(rows, z)| rows.iter().zip(z));
    for (row, z) in rows.chain(cones) {
        row.entries.iter().for_each(|(variable, coefficient)| forces[*variable] += coefficient * z);
    }
    let size = largest(&curvature).max(largest(&program.linear)).max(largest(&forces));
    let sum = curvature.iter().zip(&program.linear).zip(&forces).map(|((p, q), a)| p + q + a).collect();
    (sum, size)
}

fn residual(program: &Program, x: &[f64], multipliers: &Multipliers) -> f64 {
    let (gradient, size) = gradient(program, x, multipliers);
    let stationarity = largest(&gradient) / (1.0 + size);

    let (mut infeasibility, mut dual_infeasibility) = (0.0_f64, 0.0_f64);
    let (mut complementarity, mut bounds, mut activity) = (0.0_f64, 0.0_f64, 0.0_f64);
    for row in &program.equalities {
        let value = row.value(x);
        infeasibility = infeasibility.max((row.bound - value).abs());
        bounds = bounds.max(row.bound.abs()).max(value.abs());
    }
    for (row, z) in program.inequalities.iter().zip(&multipliers.inequalities) {
        let value = row.value(x);
        let slack = row.bound - value;
        infeasibility = infeasibility.max(-slack);
        dual_infeasibility = dual_infeasibility.max(-z);
        complementarity += (slack * z).abs();
        bounds = bounds.max(row.bound.abs()).max(value.abs());
        activity = activity.max(z.abs());
    }
    for (rows, z) in program.cones.iter().zip(&multipliers.cones) {
        let slack: Vec<f64> = rows.iter().map(|row| row.bound - row.value(x)).collect();
        infeasibility = infeasibility.max(outside_cone(&slack));
        dual_infeasibility = dual_infeasibility.max(outside_cone(z));
        complementarity += slack.iter().zip(z).map(|(s, z)| s * z).sum::<f64>().abs();
        bounds = bounds.max(largest(&slack));
        activity = activity.max(largest(z));
    }
    let objective = objective(program, x);
    stationarity
        .max(infeasibility / (1.0 + bounds))
        .max(dual_infeasibility / (1.0 + activity))
        .max(complementarity / (1.0 + objective.abs()))
}

/// ½x'Px + q'x.
pub(super) fn objective(program: &Program, x: &[f64]) -> f64 {
    let curvature = program.hessian_times(x);
    curvature.iter().zip(x).map(|(p, x)| 0.5 * p * x).sum::<f64>()
        + program.linear.iter().zip(x).map(|(q, x)| q * x).sum::<f64>()
}

fn outside_cone(point: &[f64]) -> f64 {
    match point.split_first() {
        Some((first, rest)) => rest.iter().map(|value| value * value).sum::<f64>().sqrt() - first,
        None => 0.0,
    }
}

pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}
