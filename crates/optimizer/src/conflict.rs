//! Which constraints contradict each other when no portfolio satisfies them all.
//!
//! The solver's proof of infeasibility (Farkas) weighs rows; those with weight are suspects. Each suspect is left out in
//! turn and stays out while the rest is still contradictory (deletion filter), so what remains is irreducible: leaving out
//! any one of it makes room. Limits of many single assets are tried as one family.
//!
//! Chinneck, J. (2008), Feasibility and Infeasibility in Optimization.

use crate::constraints::Constraints;
use crate::formulation::{Formulation, Kind, Place, name};
use crate::program::{Multipliers, Program};

/// More suspects of one kind than this are tried together.
const FAMILY: usize = 24;

/// Names of the constraints in conflict; none if they can all be satisfied together.
pub(crate) fn of(formulation: &Formulation<'_>, proof: &Multipliers) -> Vec<String> {
    // A fractional problem adds rows of its own; contradictions are those of the plain constraints.
    let Ok(plain) = Formulation::new(formulation.constraints, formulation.risk()) else { return Vec::new() };
    let weight = |place: Place| match place {
        Place::Equality(i) => proof.equalities.get(i).map_or(0.0, |z| z.abs()),
        Place::Inequality(i) => proof.inequalities.get(i).map_or(0.0, |z| z.abs()),
        Place::Cone(i) => proof.cones.get(i).and_then(|z| z.first()).map_or(0.0, |z| z.abs()),
    };
    let rules = plain.rules.len();
    let largest = plain.rules.iter().map(|rule| weight(rule.place)).fold(0.0, f64::max);
    let mut suspects: Vec<bool> =
        plain.rules.iter().map(|rule| largest > 0.0 && weight(rule.place) > 1e-7 * largest).collect();
    let contradictory = |kept: &[bool]| subset(&plain, kept).is_feasible() == Some(false);
    if !contradictory(&suspects) {
        suspects = vec![true; rules];
        match subset(&plain, &suspects).is_feasible() {
            Some(false) => {}
            // The constraints agree with each other: what contradicts them is the objective's own condition.
            Some(true) => return Vec::new(),
            None => return named(plain.constraints, &plain.rules.iter().map(|rule| rule.kind).collect::<Vec<_>>()),
        }
    }
    for unit in units(&plain, &suspects) {
        let mut fewer = suspects.clone();
        unit.iter().for_each(|rule| fewer[*rule] = false);
        if contradictory(&fewer) {
            suspects = fewer;
        }
    }
    let kinds: Vec<Kind> =
        plain.rules.iter().zip(&suspects).filter(|(_, kept)| **kept).map(|(rule, _)| rule.kind).collect();
    named(plain.constraints, &kinds)
}

/// The program with only the kept constraints.
fn subset(formulation: &Formulation<'_>, kept: &[bool]) -> Program {
    let mut program = formulation.program.clone();
    let (mut equalities, mut inequalities, mut cones) =
        (vec![true; program.equalities.len()], vec![true; program.inequalities.len()], vec![true; program.cones.len()]);
    for (rule, _) in formulation.rules.iter().zip(kept).filter(|(_, kept)| !**kept) {
        match rule.place {
            Place::Equality(i) => equalities[i] = false,
            Place::Inequality(i) => inequalities[i] = false,
            Place::Cone(i) => cones[i] = false,
        }
    }
    retain(&mut program.equalities, &equalities);
    retain(&mut program.inequalities, &inequalities);
    retain(&mut program.cones, &cones);
    program
}

fn retain<T>(rows: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    rows.retain(|_| kept.next().copied().unwrap_or(true));
}

/// Suspects to try together: limits of single assets first, so that they are named only if nothing else explains it.
fn units(formulation: &Formulation<'_>, suspects: &[bool]) -> Vec<Vec<usize>> {
    let of_kind = |wanted: fn(Kind) -> bool| -> Vec<usize> {
        (0..suspects.len()).filter(|i| suspects[*i] && wanted(formulation.rules[*i].kind)).collect()
    };
    let lower = of_kind(|kind| matches!(kind, Kind::Lower(_)));
    let upper = of_kind(|kind| matches!(kind, Kind::Upper(_)));
    let others = of_kind(|kind| !matches!(kind, Kind::Lower(_) | Kind::Upper(_)));
    let mut units = Vec::new();
    for family in [lower, upper] {
        if family.len() > FAMILY {
            units.push(family);
        } else {
            units.extend(family.into_iter().map(|rule| vec![rule]));
        }
    }
    units.extend(others.into_iter().map(|rule| vec![rule]));
    units
}

/// Names, a limit that all assets share only once.
fn named(constraints: &Constraints, kinds: &[Kind]) -> Vec<String> {
    let n = constraints.n();
    let count = |wanted: fn(Kind) -> bool| kinds.iter().filter(|kind| wanted(**kind)).count();
    let all_lower = 1 < n && count(|kind| matches!(kind, Kind::Lower(_))) == n;
    let all_upper = 1 < n && count(|kind| matches!(kind, Kind::Upper(_))) == n;
    let mut names: Vec<String> = Vec::new();
    for kind in kinds {
        let name = match kind {
            Kind::Lower(_) if all_lower => {
                if constraints.lower.iter().all(|lower| *lower == 0.0) {
                    "long_only".into()
                } else {
                    "min_weight".into()
                }
            }
            Kind::Upper(_) if all_upper => "max_weight".into(),
            kind => name(constraints, *kind),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
