//! Why entries are refused, with a pointer to each of them.

use capability::{Failure, FailureDetail};
use ledger::{BookError, Problem};

use super::desk::Desk;

/// The failure of several problems; its code is that of the first which a client tells apart.
pub(crate) fn refusal(code: &str, message: impl Into<String>, errors: Vec<FailureDetail>) -> Failure {
    const TOLD_APART: [&str; 5] =
        ["oversell", "missing_fx", "unknown_security", "ambiguous_symbol", "unknown_currency"];
    let own = errors.iter().map(|error| error.code.as_str()).find(|code| TOLD_APART.contains(code));
    let first = errors.first().and_then(|error| error.pointer.clone());
    let code = if code == "invalid_input" { own.unwrap_or(code) } else { code };
    let failure = Failure::new(code, message).with_errors(errors);
    match first {
        Some(pointer) => failure.at(pointer),
        None => failure,
    }
}

/// A ledger's problem below a pointer.
pub(crate) fn detail_of(problem: Problem, below: &str) -> FailureDetail {
    let field = problem.field;
    FailureDetail {
        pointer: Some(if field.is_empty() { below.to_owned() } else { format!("{below}/{field}") }),
        line: problem.line,
        column: None,
        code: problem.code.to_owned(),
        detail: problem.detail,
        try_: problem.try_,
    }
}

/// Why entries make no book. `place` gives the pointer (or line) of an entry by its position among those asked for.
pub(crate) fn of_book_error(
    desk: &Desk,
    opening: usize,
    error: &BookError,
    place: &dyn Fn(usize) -> FailureDetail,
) -> Failure {
    let first_new = desk.head.seq + opening as u64 + 1;
    let at = |seq: Option<u64>| -> FailureDetail {
        match seq.and_then(|seq| seq.checked_sub(first_new)) {
            Some(position) => place(usize::try_from(position).unwrap_or(usize::MAX)),
            None => FailureDetail::default(),
        }
    };
    let existing = |seq: u64| if seq < first_new { format!(" (recorded before, entry {seq})") } else { String::new() };
    let errors = match error {
        BookError::Oversell { all, .. } => all
            .iter()
            .map(|sale| {
                let detail = format!(
                    "sale of {} {} on {}, {} are open{}",
                    sale.asked.normalize(),
                    desk.symbol(sale.security_id),
                    sale.on,
                    sale.open.normalize(),
                    existing(sale.seq)
                );
                let place = at(Some(sale.seq));
                let pointer = place.pointer.as_ref().map(|pointer| format!("{pointer}/quantity"));
                let advice = "record the missing purchase first";
                FailureDetail { pointer, code: "oversell".into(), detail, try_: Some(advice.into()), ..place }
            })
            .collect(),
        error => vec![FailureDetail { code: error.code().to_owned(), detail: error.to_string(), ..at(error.seq()) }],
    };
    let message = errors.first().map_or_else(|| error.to_string(), |first: &FailureDetail| first.detail.clone());
    match error {
        BookError::TargetClosed { .. } => refusal("conflict", "the transaction was voided or amended before", errors),
        BookError::DuplicateExternalId { .. } => refusal("already_exists", message, errors),
        _ => refusal("invalid_input", message, errors),
    }
}
