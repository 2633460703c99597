//! Convex programs: minimise ½x'Px + q'x under linear rows and second-order cones.
//!
//!   equalities a'x = b      inequalities a'x ≤ b      cones (b₀ − a₀'x) ≥ ‖(b_k − a_k'x)_k≥1‖
//!
//! Invariant: an [`Answer`] satisfies the optimality conditions to [`TOLERANCE`]; anything else is a [`Stop`].
//! Interior point by clarabel, then the active set is solved exactly where there is no cone (`polish`), and large problems
//! with many variables at zero are solved on the few that are not (`pricing`).
//!
//! Nocedal, J. & Wright, S. (2006), Numerical Optimization, ch. 16. Goulart, P. & Chen, Y. (2024), Clarabel.

mod conditions;
mod interior_point;
mod polish;
mod pricing;

/// Largest violation of the optimality conditions that counts as solved.
pub(crate) const TOLERANCE: f64 = 1e-8;

/// One linear form with its bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// (variable, coefficient), each variable once.
    pub(crate) entries: Vec<(usize, f64)>,
    /// The right-hand side.
    pub(crate) bound: f64,
}

impl Row {
    pub(crate) fn value(&self, x: &[f64]) -> f64 {
        self.entries.iter().map(|(variable, coefficient)| coefficient * x[*variable]).sum()
    }
}

/// A program. Variables 0..`block_size` may have a dense Hessian block, all may have a diagonal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) block_size: usize,
    /// Rows of the dense block; empty if there is none.
    pub(crate) block: Vec<f64>,
    pub(crate) diagonal: Vec<f64>,
    pub(crate) linear: Vec<f64>,
    pub(crate) equalities: Vec<Row>,
    pub(crate) inequalities: Vec<Row>,
    pub(crate) cones: Vec<Vec<Row>>,
    /// For each variable of the block, smaller is likelier to be above zero at the optimum; empty if unknown.
    pub(crate) promise: Vec<f64>,
}

/// An optimum with its multipliers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) x: Vec<f64>,
    pub(crate) multipliers: Multipliers,
    /// Largest relative violation of stationarity, feasibility or complementarity.
    pub(crate) residual: f64,
}

/// One multiplier per row; ≥ 0 for inequalities, in the cone for cones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Multipliers {
    pub(crate) equalities: Vec<f64>,
    pub(crate) inequalities: Vec<f64>,
    pub(crate) cones: Vec<Vec<f64>>,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// No feasible point; the multipliers prove it.
    Infeasible(Multipliers),
    /// The objective falls for ever.
    Unbounded,
    /// The best residual reached is too large.
    NotConverged(f64),
}

impl Program {
    /// A program of `block_size` variables and nothing else.
    pub(crate) fn new(block_size: usize) -> Program {
        Program { block_size, diagonal: vec![0.0; block_size], linear: vec![0.0; block_size], ..Program::default() }
    }

    /// Number of variables.
    pub(crate) fn variables(&self) -> usize {
        self.linear.len()
    }

    /// Adds `count` variables; returns the first.
    pub(crate) fn add_variables(&mut self, count: usize) -> usize {
        let first = self.variables();
        self.linear.resize(first + count, 0.0);
        self.diagonal.resize(first + count, 0.0);
        first
    }

    /// Px.
    pub(crate) fn hessian_times(&self, x: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = self.diagonal.iter().zip(x).map(|(d, x)| d * x).collect();
        if !self.block.is_empty() {
            let n = self.block_size;
            for (row, value) in self.block.chunks_exact(n).zip(product.iter_mut()) {
                *value += crate::symmetric::dot(row, &x[..n]);
            }
        }
        product
    }

    /// Solves the program.
    pub(crate) fn solve(&self) -> Result<Answer, Stop> {
        match pricing::solve(self) {
            Some(answer) => answer,
            None => self.solve_whole(),
        }
    }

    /// Solves with all variables at once.
    fn solve_whole(&self) -> Result<Answer, Stop> {
        let mut best = f64::INFINITY;
        // The second attempt asks the interior point for less and leaves the rest to the polish.
        for precision in [1e-10, 1e-8] {
            let mut answer = interior_point::solve(self, precision)?;
            if self.cones.is_empty()
                && let Some(polished) = polish::polish(self, &answer)
                && polished.residual <= answer.residual.max(1e-9)
            {
                answer = polished;
            }
            if answer.residual <= TOLERANCE {
                return Ok(answer);
            }
            best = best.min(answer.residual);
        }
        Err(Stop::NotConverged(best))
    }

    /// Whether any point satisfies the rows, whatever the objective; `None` if the solver cannot tell.
    pub(crate) fn is_feasible(&self) -> Option<bool> {
        let constraints = Program {
            block: Vec::new(),
            diagonal: vec![0.0; self.variables()],
            linear: vec![0.0; self.variables()],
            ..self.clone()
        };
        match interior_point::solve(&constraints, 1e-8) {
            Ok(answer) if answer.residual <= 1e-6 => Some(true),
            Ok(_) | Err(Stop::Unbounded | Stop::NotConverged(_)) => None,
            Err(Stop::Infeasible(_)) => Some(false),
        }
    }
}
