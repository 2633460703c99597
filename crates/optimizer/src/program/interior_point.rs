//! Hands a program to clarabel's interior-point method and reads its answer back.
//!
//! Invariant: the residual of an answer is ours, computed from the program; clarabel's own verdict only decides whether
//! the point is worth looking at. One thread, no time limit: the same program gives the same bits.

use super::{Answer, Multipliers, Program, Row, Stop, conditions};
use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

/// Solves to `precision` where floating point lets it.
pub(super) fn solve(program: &Program, precision: f64) -> Result<Answer, Stop> {
    let rows: Vec<&Row> =
        program.equalities.iter().chain(&program.inequalities).chain(program.cones.iter().flatten()).collect();
    let bounds: Vec<f64> = rows.iter().map(|row| row.bound).collect();
    let mut cones = Vec::new();
    if !program.equalities.is_empty() {
        cones.push(SupportedConeT::ZeroConeT(program.equalities.len()));
    }
    if !program.inequalities.is_empty() {
        cones.push(SupportedConeT::NonnegativeConeT(program.inequalities.len()));
    }
    cones.extend(program.cones.iter().map(|rows| SupportedConeT::SecondOrderConeT(rows.len())));

    let settings = DefaultSettings::<f64> {
        verbose: false,
        max_iter: 200,
        max_threads: 1,
        tol_gap_abs: precision,
        tol_gap_rel: precision,
        tol_feas: precision,
        ..DefaultSettings::default()
    };
    let constraints = columns(&rows, program.variables());
    let mut solver = DefaultSolver::new(&hessian(program), &program.linear, &constraints, &bounds, &cones, settings)
        .map_err(|_| Stop::NotConverged(f64::INFINITY))?;
    solver.solve();

    let solution = &solver.solution;
    let (equalities, rest) = solution.z.split_at(program.equalities.len());
    let (inequalities, mut rest) = rest.split_at(program.inequalities.len());
    let mut multipliers =
        Multipliers { equalities: equalities.to_vec(), inequalities: inequalities.to_vec(), cones: Vec::new() };
    for rows in &program.cones {
        let (cone, remaining) = rest.split_at(rows.len());
        multipliers.cones.push(cone.to_vec());
        rest = remaining;
    }
    match solution.status {
        SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => Err(Stop::Infeasible(multipliers)),
        SolverStatus::DualInfeasible | SolverStatus::AlmostDualInfeasible => Err(Stop::Unbounded),
        _ => Ok(conditions::judged(program, solution.x.clone(), multipliers)),
    }
}

/// The upper triangle of P, column by column.
fn hessian(program: &Program) -> CscMatrix<f64> {
    let n = program.variables();
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for j in 0..n {
        let in_block = j < program.block_size && !program.block.is_empty();
        for i in 0..j {
            if in_block {
                let value = program.block[j * program.block_size + i];
                if value != 0.0 {
                    rows.push(i);
                    values.push(value);
                }
            }
        }
        let diagonal = program.diagonal[j] + if in_block { program.block[j * program.block_size + j] } else { 0.0 };
        if diagonal != 0.0 {
            rows.push(j);
            values.push(diagonal);
        }
        starts.push(rows.len());
    }
    CscMatrix::new(n, n, starts, rows, values)
}

fn columns(rows: &[&Row], variables: usize) -> CscMatrix<f64> {
    let mut starts = vec![0; variables + 1];
    for (variable, _) in rows.iter().flat_map(|row| &row.entries) {
        starts[variable + 1] += 1;
    }
    for j in 0..variables {
        starts[j + 1] += starts[j];
    }
    let count = starts[variables];
    let (mut places, mut indices, mut values) = (starts.clone(), vec![0; count], vec![0.0; count]);
    for (i, row) in rows.iter().enumerate() {
        for (variable, coefficient) in &row.entries {
            let place = &mut places[*variable];
            indices[*place] = i;
            values[*place] = *coefficient;
            *place += 1;
        }
    }
    CscMatrix::new(rows.len(), variables, starts, indices, values)
}
