//! A portfolio that an optimiser found, with the proof that it is optimal and what each constraint costs.

/// The answer of an optimiser.
#[derive(Debug, Clone, PartialEq)]
pub struct Portfolio {
    /// One weight per asset; below 1e-9 in size is 0.
    pub weights: Vec<f64>,
    /// Largest relative violation of the optimality conditions; ≤ 1e-8.
    pub kkt_residual: f64,
    /// The covariance was singular: among equals the least norm was chosen.
    pub ridge: bool,
    /// Every named constraint as it stands.
    pub constraints: Vec<ConstraintReport>,
    /// False if a search over which positions to hold ended before it had tried them all.
    pub optimality_proven: bool,
}

/// One constraint at the optimum.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintReport {
    /// Its name.
    pub name: String,
    /// What the portfolio has.
    pub value: f64,
    /// What it may or must have.
    pub limit: f64,
    /// Room left; 0 when binding.
    pub slack: f64,
    /// Whether there is no room left.
    pub binding: bool,
    /// Improvement of the objective per unit by which the limit is relaxed (for `sum`: per unit less of it).
    pub multiplier: f64,
}

impl Portfolio {
    /// Names of the constraints without room.
    pub fn binding(&self) -> impl Iterator<Item = &ConstraintReport> {
        self.constraints.iter().filter(|constraint| constraint.binding)
    }
}
