//! The pattern language as its users meet it: files in, messages, plans, arguments and panels out.

mod catalogue;
mod explaining;
mod inputs;
mod offline;
mod panels;
mod robustness;
mod rules;
mod running;
mod shipped;
mod versions;

use pattern::{Diagnostic, Plan, Severity};

/// Check a file against the test catalogue.
fn check(file_name: &str, text: &str) -> (Option<Plan>, Vec<Diagnostic>) {
    match pattern::parse(file_name, text) {
        Ok(file) => pattern::check(&file, &catalogue::catalogue()),
        Err(found) => (None, found),
    }
}

/// The plan of a good file.
fn plan(file_name: &str, text: &str) -> Plan {
    let (plan, found) = check(file_name, text);
    plan.unwrap_or_else(|| panic!("{}", pattern::render_text(file_name, text, &found)))
}

/// Messages without notes.
fn serious(found: &[Diagnostic]) -> Vec<&Diagnostic> {
    found.iter().filter(|one| one.severity > Severity::Note).collect()
}
