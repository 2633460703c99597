//! `dawsos calc portfolio_case`: answers the questions of a case, or of every case of a file; no database.
//!
//! Exit codes: 0 answered, also where answers are absent · 2 the file cannot be read as a case: every problem with its
//! place, on standard error.

use std::io::Write;

use capability::{Failure, FailureDetail};
use portfolio_case::Problem;
use serde_json::Value;

use crate::problem::Stopped;

/// The name under which `calc` knows it.
pub(super) const NAME: &str = "portfolio_case";

/// What it tells, for `calc --list`.
pub(super) const SUMMARY: &str = "answers questions about a portfolio from the books and prices in one file";

/// Prints the answers, with the trail of each where it is to be explained.
pub(super) fn run(input: &Value, explain: bool, pretty: bool) -> Result<u8, Stopped> {
    let output = portfolio_case::answer(input, explain).map_err(|problems| stopped(&problems))?;
    let text = if pretty { format!("{output:#}") } else { output.to_string() };
    match writeln!(std::io::stdout(), "{text}") {
        // The reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
        done => Ok(done.map(|()| 0)?),
    }
}

fn stopped(problems: &[Problem]) -> Stopped {
    let first = problems.first().map_or_else(String::new, Problem::to_string);
    let mut failure = Failure::new("invalid_input", format!("the case cannot be read: {first}"));
    failure.errors = problems
        .iter()
        .map(|problem| FailureDetail {
            pointer: Some(problem.pointer.clone()),
            code: "invalid_input".to_owned(),
            detail: problem.message.clone(),
            try_: None,
            line: None,
            column: None,
        })
        .collect();
    Stopped::of(&failure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_problem_has_its_place() {
        let case = json!({ "id": "x", "transactions": [{ "date": "2024-13-01", "type": "BYU" }], "queries": [] });
        let stopped = stopped(&portfolio_case::answer(&case, false).unwrap_err());
        assert_eq!(stopped.exit_code, 2);
        let pointers: Vec<&str> =
            stopped.body["errors"].as_array().unwrap().iter().filter_map(|error| error["pointer"].as_str()).collect();
        assert_eq!(pointers, ["/transactions/0/date", "/transactions/0/type"]);
    }
}
