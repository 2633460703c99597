//! Does the version number say as much as the change (PAT0033, `patterns.md` §5)?
//!
//! Patch: text or layout. Minor: a new optional input, output or panel. Major: an output or input removed, a type or range
//! narrowed, a default changed, a new input that must be given.

use crate::diagnostic::Diagnostic;
use crate::file::PatternFile;
use crate::json::Span;
use crate::plan::{InputDeclaration, InputType, Plan};

/// Compare a new version of a pattern with the one that served before; a message when its number is too low.
pub fn check_version(previous: &Plan, next: &Plan, file: &PatternFile) -> Option<Diagnostic> {
    if previous.text_hash == next.text_hash {
        return None;
    }
    let (step, why) = change(previous, next);
    let (before, now) = (numbers(&previous.version)?, numbers(&next.version)?);
    let least = match step {
        Step::Major => (before.0.saturating_add(1), 0, 0),
        Step::Minor => (before.0, before.1.saturating_add(1), 0),
        Step::Patch => (before.0, before.1, before.2.saturating_add(1)),
    };
    if now >= least {
        return None;
    }
    let least = format!("{}.{}.{}", least.0, least.1, least.2);
    let start = Span { line: 1, column: 1, end_column: 2 };
    let span = file.root.get("version").map_or(start, |node| node.span);
    let message = format!("{} follows {}, although {why}: at least {least}", next.version, previous.version);
    Some(Diagnostic::new("PAT0033", file.format, span, message, Some(least)))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Patch,
    Minor,
    Major,
}

fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The greatest change and its reason.
fn change(previous: &Plan, next: &Plan) -> (Step, String) {
    let mut found = (Step::Patch, "the file changed".to_owned());
    let mut note = |step: Step, why: String| {
        if step > found.0 {
            found = (step, why);
        }
    };
    for old in &previous.outputs {
        if !next.outputs.iter().any(|output| output.name == old.name) {
            note(Step::Major, format!("output `{}` is gone", old.name));
        }
    }
    for new in &next.outputs {
        if !previous.outputs.iter().any(|output| output.name == new.name) {
            note(Step::Minor, format!("output `{}` is new", new.name));
        }
    }
    for old in &previous.inputs {
        match next.inputs.iter().find(|input| input.name == old.name) {
            None => note(Step::Major, format!("input `{}` is gone", old.name)),
            Some(new) => {
                if let Some(why) = narrowing(old, new) {
                    note(Step::Major, format!("input `{}` {why}", old.name));
                }
            }
        }
    }
    for new in &next.inputs {
        if !previous.inputs.iter().any(|input| input.name == new.name) {
            let (step, word) = if new.required { (Step::Major, "new and required") } else { (Step::Minor, "new") };
            note(step, format!("input `{}` is {word}", new.name));
        }
    }
    for new in &next.panels {
        if !previous.panels.iter().any(|panel| panel.id == new.id) {
            note(Step::Minor, format!("panel `{}` is new", new.id));
        }
    }
    found
}

/// How an input takes less than before, or something else.
fn narrowing(old: &InputDeclaration, new: &InputDeclaration) -> Option<&'static str> {
    let is_wider = matches!(
        (old.ty, new.ty),
        (InputType::Integer, InputType::Number) | (InputType::Uuid | InputType::SecurityId, InputType::Text)
    );
    if old.ty != new.ty && !is_wider {
        return Some("has another type");
    }
    if new.required && !old.required {
        return Some("must be given now");
    }
    if old.default != new.default {
        return Some("has another default");
    }
    let has_lost_a_word = !new.allowed.is_empty()
        && (old.allowed.is_empty() || old.allowed.iter().any(|word| !new.allowed.contains(word)));
    let is_raised = new.minimum.is_some_and(|least| old.minimum.is_none_or(|before| least > before));
    let is_lowered = new.maximum.is_some_and(|most| old.maximum.is_none_or(|before| most < before));
    (has_lost_a_word || is_raised || is_lowered).then_some("takes less than before")
}
