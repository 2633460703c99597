//! Everything automated: `cargo xtask check` runs what CI runs, `cargo xtask docs` rewrites generated pages.
//!
//! Each step is a function that returns the problems it found; a step that can fail in CI fails here first.

mod check;
mod diagram;
mod e2e;
mod formula_pages;
mod licences;
mod shell;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// DawsOS automation.
#[derive(Parser)]
#[command(name = "xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything that CI runs: format, lints, diagram, licences, docs, web, tests, journeys in the browser.
    Check {
        /// Leave out the steps whose names are given, for quick rounds at home.
        #[arg(long, value_delimiter = ',')]
        skip: Vec<String>,
    },
    /// Compare the crates' dependencies with the diagram in ARCHITECTURE.md.
    Diagram,
    /// Refuse dependencies whose licence is not permissive.
    Licences,
    /// Rewrite `docs/formulas/` from the headers of the formula files.
    Docs,
    /// Start the demo on a free port and walk through it in Chromium.
    E2e,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Check { skip } => check::all(&skip),
        Task::Diagram => diagram::run(),
        Task::Licences => licences::run(),
        Task::Docs => formula_pages::write(),
        Task::E2e => e2e::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
