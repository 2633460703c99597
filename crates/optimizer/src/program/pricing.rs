//! Pricing: solve a large program on the few variables that matter and prove that the others stay at zero.
//!
//!   reduced cost of a variable left out: c_j = (Px + q + A'z)_j ≥ 0 for all of them ⇒ the small optimum is the whole one
//!
//! Long-only portfolios hold few of many assets, so a program of 500 variables is mostly a program of 50. Variables with
//! x ≥ 0 are left out at first, those with a negative reduced cost come in, until none is left. Exact: the multiplier of
//! each bound left out is its reduced cost.
//!
//! Dantzig, G. & Wolfe, P. (1960), "Decomposition Principle for Linear Programs" (column generation).

use super::{Answer, Multipliers, Program, Row, Stop, conditions};

/// Below this the whole program is as cheap.
const WORTHWHILE: usize = 60;
const FIRST: usize = 40;
/// Reduced costs above this are zero for all that matters.
const NEGATIVE: f64 = -1e-10;

/// The answer, or nothing when the program is not of this kind.
pub(super) fn solve(program: &Program) -> Option<Result<Answer, Stop>> {
    let n = program.block_size;
    if n < WORTHWHILE || program.promise.len() != n {
        return None;
    }
    let bounds = bounds_at_zero(program)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| program.promise[*a].total_cmp(&program.promise[*b]).then(a.cmp(b)));
    let mut chosen = vec![false; program.variables()];
    chosen[n..].iter_mut().for_each(|chosen| *chosen = true);
    let mut count = FIRST.max(n / 12);
    order.iter().take(count).for_each(|j| chosen[*j] = true);
    loop {
        if 4 * count > 3 * n {
            return None;
        }
        let small = Small::of(program, &chosen, &bounds);
        let answer = match small.program.solve_whole() {
            Ok(answer) => small.whole(program, &answer, &bounds),
            // Too few variables to be feasible, or too few to be sure: let more in.
            Err(Stop::Infeasible(_)) => {
                count = (2 * count).min(n);
                order.iter().take(count).for_each(|j| chosen[*j] = true);
                count = chosen[..n].iter().filter(|chosen| **chosen).count();
                continue;
            }
            Err(Stop::Unbounded | Stop::NotConverged(_)) => return None,
        };
        let mut missing: Vec<usize> =
            (0..n).filter(|j| !chosen[*j] && answer.multipliers.inequalities[bounds[*j]] < NEGATIVE).collect();
        if missing.is_empty() {
            return (answer.residual <= super::TOLERANCE).then_some(Ok(answer));
        }
        missing.sort_by(|a, b| {
            let cost = |j: &usize| answer.multipliers.inequalities[bounds[*j]];
            cost(a).total_cmp(&cost(b)).then(a.cmp(b))
        });
        // Variables that fell to zero may stay: taking them out again could make the rounds turn in a circle.
        missing.iter().take(FIRST.max(count / 2)).for_each(|j| chosen[*j] = true);
        count = chosen[..n].iter().filter(|chosen| **chosen).count();
    }
}

/// The row −x_j ≤ 0 of each variable of the block, if each has one.
fn bounds_at_zero(program: &Program) -> Option<Vec<usize>> {
    let mut bounds = vec![usize::MAX; program.block_size];
    for (i, row) in program.inequalities.iter().enumerate() {
        if let [(variable, coefficient)] = row.entries.as_slice()
            && *variable < program.block_size
            && *coefficient == -1.0
            && row.bound == 0.0
        {
            bounds[*variable] = i;
        }
    }
    bounds.iter().all(|bound| *bound != usize::MAX).then_some(bounds)
}

struct Small {
    program: Program,
    variables: Vec<usize>,
    inequalities: Vec<usize>,
}

impl Small {
    fn of(program: &Program, chosen: &[bool], bounds: &[usize]) -> Small {
        let n = program.block_size;
        let variables: Vec<usize> = (0..program.variables()).filter(|j| chosen[*j]).collect();
        let mut position = vec![usize::MAX; program.variables()];
        variables.iter().enumerate().for_each(|(place, j)| position[*j] = place);
        let block_size = variables.iter().take_while(|j| **j < n).count();
        let cut = |row: &Row| Row {
            entries: row
                .entries
                .iter()
                .filter(|(variable, _)| chosen[*variable])
                .map(|(variable, coefficient)| (position[*variable], *coefficient))
                .collect(),
            bound: row.bound,
        };
        let left_out: std::collections::BTreeSet<usize> = (0..n).filter(|j| !chosen[*j]).map(|j| bounds[j]).collect();
        let inequalities: Vec<usize> = (0..program.inequalities.len())
            .filter(|i| !left_out.contains(i))
            // A row of which nothing is left and that holds anyway says nothing.
            .filter(|i| {
                let row = &program.inequalities[*i];
                row.bound < 0.0 || row.entries.iter().any(|(variable, _)| chosen[*variable])
            })
            .collect();
        let block = if program.block.is_empty() {
            Vec::new()
        } else {
            let kept = &variables[..block_size];
            kept.iter().flat_map(|i| kept.iter().map(move |j| program.block[i * n + j])).collect()
        };
        let small = Program {
            block_size,
            block,
            diagonal: variables.iter().map(|j| program.diagonal[*j]).collect(),
            linear: variables.iter().map(|j| program.linear[*j]).collect(),
            equalities: program.equalities.iter().map(cut).collect(),
            inequalities: inequalities.iter().map(|i| cut(&program.inequalities[*i])).collect(),
            cones: program.cones.iter().map(|rows| rows.iter().map(cut).collect()).collect(),
            promise: Vec::new(),
        };
        Small { program: small, variables, inequalities }
    }

    /// The answer for all variables; those left out are at zero with their reduced cost as multiplier.
    fn whole(&self, program: &Program, answer: &Answer, bounds: &[usize]) -> Answer {
        let mut x = vec![0.0; program.variables()];
        self.variables.iter().zip(&answer.x).for_each(|(j, value)| x[*j] = *value);
        let mut inequalities = vec![0.0; program.inequalities.len()];
        self.inequalities.iter().zip(&answer.multipliers.inequalities).for_each(|(i, z)| inequalities[*i] = *z);
        let mut multipliers = Multipliers { inequalities, ..answer.multipliers.clone() };
        let (gradient, _) = conditions::gradient(program, &x, &multipliers);
        let mut kept = vec![false; program.variables()];
        self.variables.iter().for_each(|j| kept[*j] = true);
        for (j, bound) in bounds.iter().enumerate().filter(|(j, _)| !kept[*j]) {
            multipliers.inequalities[*bound] = gradient[j];
        }
        conditions::judged(program, x, multipliers)
    }
}
