//! Polish: from an interior point near the optimum to the optimum itself, by solving the active rows as equations.
//!
//!   P x + q + A_a'z_a = 0,  A_a x = b_a      a: equalities and the inequalities whose multiplier exceeds their slack
//!
//! Variables held by a bound are taken out first. A row that turns out violated joins the active set, one whose multiplier
//! turns negative leaves it, a few times over. Zeros become exact and residuals fall to rounding. Only for programs without
//! cones and with a moderate number of equations; the caller keeps the better of the two points.
//!
//! Stellato, B. et al. (2020), "OSQP", Mathematical Programming Computation 12 (solution polishing).

use super::{Answer, Multipliers, Program, conditions};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// More equations than this cost more than they are worth.
const EQUATIONS_MAX: usize = 700;
/// Keeps the system solvable when active rows repeat each other; refinement removes its effect.
const REGULARISATION: f64 = 1e-9;

/// A better point, if the active set can be solved.
pub(super) fn polish(program: &Program, start: &Answer) -> Option<Answer> {
    let mut active: Vec<bool> = program
        .inequalities
        .iter()
        .zip(&start.multipliers.inequalities)
        .map(|(row, z)| *z > row.bound - row.value(&start.x))
        .collect();
    let mut best: Option<Answer> = None;
    for _ in 0..8 {
        let answer = solve_active(program, &active)?;
        let mut changed = false;
        for (i, row) in program.inequalities.iter().enumerate() {
            let wrong = if active[i] {
                answer.multipliers.inequalities[i] < -1e-11
            } else {
                row.bound - row.value(&answer.x) < -1e-11
            };
            if wrong {
                active[i] = !active[i];
                changed = true;
            }
        }
        if best.as_ref().is_none_or(|best| answer.residual < best.residual) {
            best = Some(answer);
        }
        if !changed {
            break;
        }
    }
    best
}

fn solve_active(program: &Program, active: &[bool]) -> Option<Answer> {
    let n = program.variables();
    let mut held: Vec<Option<f64>> = vec![None; n];
    let mut others: Vec<usize> = Vec::new();
    for (i, row) in program.inequalities.iter().enumerate().filter(|(i, _)| active[*i]) {
        match row.entries.as_slice() {
            [(variable, coefficient)] => held[*variable] = Some(row.bound / coefficient),
            _ => others.push(i),
        }
    }
    let free: Vec<usize> = (0..n).filter(|j| held[*j].is_none()).collect();
    let rows: Vec<&super::Row> =
        program.equalities.iter().chain(others.iter().map(|i| &program.inequalities[*i])).collect();
    let size = free.len() + rows.len();
    if size == 0 || size > EQUATIONS_MAX {
        return None;
    }
    let mut position = vec![usize::MAX; n];
    free.iter().enumerate().for_each(|(place, j)| position[*j] = place);
    let mut x: Vec<f64> = held.iter().map(|value| value.unwrap_or(0.0)).collect();

    let mut matrix = Mat::<f64>::zeros(size, size);
    let block = if program.block.is_empty() { 0 } else { program.block_size };
    for (a, i) in free.iter().enumerate() {
        if *i < block {
            let row = &program.block[i * block..(i + 1) * block];
            free.iter().enumerate().filter(|(_, j)| **j < block).for_each(|(b, j)| matrix[(a, b)] = row[*j]);
        }
        matrix[(a, a)] += program.diagonal[*i];
    }
    let mut right = vec![0.0; size];
    let curvature = program.hessian_times(&x);
    free.iter().enumerate().for_each(|(a, i)| right[a] = -program.linear[*i] - curvature[*i]);
    for (k, row) in rows.iter().enumerate() {
        let k = free.len() + k;
        right[k] = row.bound - row.value(&x);
        for (variable, coefficient) in row.entries.iter().filter(|(variable, _)| held[*variable].is_none()) {
            matrix[(k, position[*variable])] = *coefficient;
            matrix[(position[*variable], k)] = *coefficient;
        }
    }
    let solution = refined(&matrix, free.len(), &right)?;

    free.iter().enumerate().for_each(|(a, i)| x[*i] = solution[a]);
    let mut multipliers = Multipliers {
        equalities: solution[free.len()..free.len() + program.equalities.len()].to_vec(),
        inequalities: vec![0.0; program.inequalities.len()],
        cones: Vec::new(),
    };
    for (k, i) in others.iter().enumerate() {
        multipliers.inequalities[*i] = solution[free.len() + program.equalities.len() + k];
    }
    // What holds a variable at its bound takes up the rest of the gradient there.
    let (gradient, _) = conditions::gradient(program, &x, &multipliers);
    let mut taken = vec![false; n];
    for (i, row) in program.inequalities.iter().enumerate().filter(|(i, _)| active[*i]) {
        if let [(variable, coefficient)] = row.entries.as_slice() {
            let multiplier = -gradient[*variable] / coefficient;
            if !taken[*variable] && (multiplier >= 0.0 || !has_opposite(program, active, i)) {
                multipliers.inequalities[i] = multiplier;
                taken[*variable] = true;
            }
        }
    }
    Some(conditions::judged(program, x, multipliers))
}

/// Whether the variable that row `i` holds is held from the other side too.
fn has_opposite(program: &Program, active: &[bool], i: usize) -> bool {
    let held = |row: &super::Row| match row.entries.as_slice() {
        [(variable, coefficient)] => Some((*variable, coefficient.signum())),
        _ => None,
    };
    let Some((variable, sign)) = held(&program.inequalities[i]) else { return false };
    program
        .inequalities
        .iter()
        .enumerate()
        .any(|(j, row)| active[j] && held(row).is_some_and(|(other, turn)| other == variable && turn != sign))
}

/// Solution of the symmetric indefinite system by a regularised factor and refinement against the true matrix.
fn refined(matrix: &Mat<f64>, free: usize, right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    let mut regular = matrix.clone();
    (0..size).for_each(|i| regular[(i, i)] += if i < free { REGULARISATION } else { -REGULARISATION });
    let factor = regular.lblt(Side::Lower);
    let right = Mat::from_fn(size, 1, |i, _| right[i]);
    let mut solution = factor.solve(&right);
    let mut last = f64::INFINITY;
    for _ in 0..20 {
        let missing = &right - matrix * &solution;
        let size_of_missing = (0..size).map(|i| missing[(i, 0)].abs()).fold(0.0, f64::max);
        if !size_of_missing.is_finite() {
            return None;
        }
        if size_of_missing < 1e-15 || size_of_missing >= last {
            break;
        }
        last = size_of_missing;
        solution += factor.solve(&missing);
    }
    let solution: Vec<f64> = (0..size).map(|i| solution[(i, 0)]).collect();
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}
