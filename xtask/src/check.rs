//! The list of CI's steps, in the order in which they fail fastest.

use crate::shell::{Outcome, run};
use std::time::Instant;

type Step = (&'static str, fn() -> Outcome);

const STEPS: &[Step] = &[
    ("format", || run(".", env!("CARGO"), &["fmt", "--all", "--check"])),
    ("diagram", crate::diagram::run),
    ("licences", crate::licences::run),
    ("docs", crate::formula_pages::verify),
    ("lints", || {
        run(".", env!("CARGO"), &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
    }),
    ("web-install", || run("web", "npm", &["ci", "--no-audit", "--no-fund"])),
    ("web-lint", || run("web", "npm", &["run", "--silent", "lint"])),
    ("web-types", || run("web", "npm", &["run", "--silent", "typecheck"])),
    ("web-tests", || run("web", "npm", &["test", "--silent"])),
    ("web-build", || run("web", "npm", &["run", "--silent", "build"])),
    ("web-size", || run("web", "npm", &["run", "--silent", "size"])),
    ("patterns", || {
        run(".", env!("CARGO"), &["run", "--quiet", "--locked", "-p", "server", "--", "patterns", "check", "patterns"])
    }),
    ("tests", || run(".", env!("CARGO"), &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])),
    // The same two-user matrix with the handlers' own checks taken out: PostgreSQL alone must give 404 and no row.
    ("isolation", || {
        let arguments = ["nextest", "run", "-p", "api", "--locked", "--features", "no_handler_checks", "isolation"];
        run(".", env!("CARGO"), &arguments)
    }),
    ("journeys", crate::e2e::run),
];

/// Run every step but the skipped ones; stop at the first that fails.
pub fn all(skip: &[String]) -> Outcome {
    if let Some(unknown) = skip.iter().find(|name| !STEPS.iter().any(|(step, _)| step == name)) {
        let known: Vec<_> = STEPS.iter().map(|(step, _)| *step).collect();
        return Err(format!("no step is called `{unknown}`; the steps are {}", known.join(", ")));
    }
    let begin = Instant::now();
    for (name, step) in STEPS.iter().filter(|(name, _)| !skip.iter().any(|skipped| skipped == name)) {
        let started = Instant::now();
        println!("── {name}");
        step().map_err(|problem| format!("step `{name}`: {problem}"))?;
        println!("── {name} passed in {:.1} s", started.elapsed().as_secs_f64());
    }
    println!("all steps passed in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}
