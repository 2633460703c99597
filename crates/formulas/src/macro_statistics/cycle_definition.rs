//! Cycle definitions: the regimes and cycles of this build, as data.
//!
//! The file `data/cycles.toml` (part of the binary) holds for each cycle its phases with bands and weights, which
//! indicators are levels and in what scale, the window, and the weights of the displayed composite. A trend of −5 asks
//! that the indicator has fallen over five periods, one of 5 that it has risen. Invariant: an indicator of a band is
//! measured in one way in the whole cycle; weights are above zero.

use super::{Band, Measure, Phase, PhaseTable, Trend};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A regime or cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleDefinition {
    /// Name: `regime_v2`, `stdc`, `ltdc`, `empire`, `civil`.
    pub id: String,
    /// For people.
    pub label: String,
    /// Whose data it is about.
    pub area: String,
    /// Whether a period is a year, else a month.
    pub is_annual: bool,
    /// Phases, bands, window, persistence.
    pub table: PhaseTable,
    /// Unit in which each level is compared with its band.
    pub level_units: BTreeMap<String, String>,
    /// Indicator, weight and sign of the displayed composite; empty where there is none.
    pub composite: Vec<(String, f64, f64)>,
}

static CYCLES: LazyLock<Vec<CycleDefinition>> = LazyLock::new(|| {
    // Part of the binary, and a test reads it: it cannot fail for a user.
    let file: File =
        toml::from_str(include_str!("../../../../data/cycles.toml")).expect("the built-in cycles are sound");
    file.cycles.into_iter().map(CycleDefinition::from).collect()
});

impl CycleDefinition {
    /// All of this build.
    pub fn all() -> &'static [CycleDefinition] {
        &CYCLES
    }

    /// The one called `id`.
    pub fn named(id: &str) -> Option<&'static CycleDefinition> {
        CYCLES.iter().find(|cycle| cycle.id == id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "cycle")]
    cycles: Vec<CycleRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CycleRow {
    id: String,
    label: String,
    area: String,
    frequency: Frequency,
    window: usize,
    minimum: usize,
    stay: f64,
    #[serde(default)]
    levels: BTreeMap<String, LevelRow>,
    #[serde(default)]
    composite: Vec<CompositeRow>,
    phases: Vec<PhaseRow>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Frequency {
    Month,
    Year,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelRow {
    scale: f64,
    unit: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompositeRow {
    indicator: String,
    weight: f64,
    sign: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseRow {
    name: String,
    bands: BTreeMap<String, (Bound, Bound, f64)>,
    #[serde(default)]
    trends: BTreeMap<String, i32>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Bound {
    At(f64),
    Open(Open),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Open {
    Open,
}

impl Bound {
    fn value(self) -> Option<f64> {
        match self {
            Bound::At(value) => Some(value),
            Bound::Open(Open::Open) => None,
        }
    }
}

impl From<PhaseRow> for Phase {
    fn from(row: PhaseRow) -> Phase {
        let trend = |indicator: &str| {
            row.trends.get(indicator).map(|periods| Trend { periods: periods.abs(), rising: *periods > 0 })
        };
        let bands = row.bands.iter().map(|(indicator, (low, high, weight))| Band {
            trend: trend(indicator),
            indicator: indicator.clone(),
            low: low.value(),
            high: high.value(),
            weight: *weight,
        });
        Phase { bands: bands.collect(), name: row.name }
    }
}

impl From<CycleRow> for CycleDefinition {
    fn from(row: CycleRow) -> CycleDefinition {
        let measures = row.levels.iter().map(|(id, level)| (id.clone(), Measure::Level { scale: level.scale }));
        CycleDefinition {
            table: PhaseTable {
                measures: measures.collect(),
                phases: row.phases.into_iter().map(Phase::from).collect(),
                stay: row.stay,
                window: row.window,
                minimum: row.minimum,
            },
            level_units: row.levels.into_iter().map(|(id, level)| (id, level.unit)).collect(),
            composite: row.composite.into_iter().map(|c| (c.indicator, c.weight, c.sign)).collect(),
            is_annual: row.frequency == Frequency::Year,
            id: row.id,
            label: row.label,
            area: row.area,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macro_statistics::phase_likelihood;

    #[test]
    fn the_built_in_cycles_are_sound() {
        let shape: Vec<(&str, usize)> =
            CycleDefinition::all().iter().map(|cycle| (cycle.id.as_str(), cycle.table.phases.len())).collect();
        assert_eq!(shape, [("regime_v2", 5), ("stdc", 5), ("ltdc", 7), ("empire", 4), ("civil", 6)]);
        for cycle in CycleDefinition::all() {
            // A table that breaks a rule is refused before its series are looked at.
            let reason = phase_likelihood(&cycle.table, &BTreeMap::new()).unwrap_err();
            assert_eq!(reason.code(), "insufficient_coverage", "{}", cycle.id);
            let total: f64 = cycle.composite.iter().map(|(_, weight, _)| weight).sum();
            assert!(cycle.composite.is_empty() || (total - 1.0).abs() < 1e-9, "{}", cycle.id);
        }
        assert_eq!(CycleDefinition::named("stdc").unwrap().table.window, 120);
        assert!(CycleDefinition::named("other").is_none());
    }

    #[test]
    fn any_indicator_moves_the_probabilities() {
        // Every indicator of every monthly cycle, moved by two deviations (two scales) from a quiet state.
        for cycle in CycleDefinition::all() {
            let ids: Vec<&String> =
                cycle.table.phases.iter().flat_map(|p| &p.bands).map(|band| &band.indicator).collect();
            let quiet = |id: &str, at: i32| {
                let scale = match cycle.table.measures.get(id) {
                    Some(Measure::Level { scale }) => *scale,
                    _ => 1.0,
                };
                scale * f64::from(at % 2)
            };
            let series = |moved: Option<&str>| -> BTreeMap<String, super::super::SeriesOfPeriods> {
                let of = |id: &String| {
                    let extra = |at| if moved == Some(id) && at == 130 { 2.0 } else { 0.0 };
                    let scale =
                        if let Some(Measure::Level { scale }) = cycle.table.measures.get(id) { *scale } else { 0.5 };
                    (id.clone(), (0..=130).map(|at| (at, quiet(id, at) + scale * extra(at))).collect())
                };
                ids.iter().map(|id| of(id)).collect()
            };
            let last = |moved| phase_likelihood(&cycle.table, &series(moved)).unwrap().pop().unwrap().probabilities;
            let base = last(None);
            for id in &ids {
                assert_ne!(last(Some(id)), base, "{} of {}", id, cycle.id);
            }
        }
    }
}
