//! The problem codes and the HTTP status that each one means (`api.md` §1, `capabilities.md` §1.5).

/// A problem code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub name: &'static str,
    /// Status when it is the answer to a request.
    pub status: u16,
    /// Short title for people.
    pub title: &'static str,
}

const fn code(name: &'static str, status: u16, title: &'static str) -> Code {
    Code { name, status, title }
}

/// All codes that can be the answer to a request.
pub const CODES: &[Code] = &[
    code("invalid_json", 400, "Not valid JSON"),
    code("invalid_parameter", 400, "A parameter is not valid"),
    code("unknown_parameter", 400, "Unknown parameter"),
    code("invalid_cursor", 400, "The cursor is not valid"),
    code("invalid_id", 400, "Not a valid id"),
    code("invalid_header", 400, "A header is not valid"),
    code("not_authenticated", 401, "Sign in first"),
    code("invalid_credentials", 401, "E-mail or password is wrong"),
    code("token_expired", 401, "The token has expired"),
    code("token_revoked", 401, "The token was revoked"),
    code("session_expired", 401, "The session has ended"),
    code("refresh_reused", 401, "The refresh token was used before"),
    code("forbidden", 403, "Not permitted"),
    code("csrf_failed", 403, "The request did not come from this site"),
    code("rights_denied", 403, "The data's licence does not permit this"),
    code("setup_closed", 403, "Set-up is closed"),
    code("not_found", 404, "Not found"),
    code("portfolio_not_found", 404, "No such portfolio"),
    code("account_not_found", 404, "No such account"),
    code("transaction_not_found", 404, "No such transaction"),
    code("security_not_found", 404, "No such security"),
    code("pattern_not_found", 404, "No such pattern"),
    code("pricing_pack_not_found", 404, "No such pricing pack"),
    code("execution_not_found", 404, "No such execution"),
    code("route_not_found", 404, "No such route"),
    code("method_not_allowed", 405, "Method not allowed"),
    code("not_acceptable", 406, "Not acceptable"),
    code("upload_too_slow", 408, "The upload took too long"),
    code("conflict", 409, "Conflict"),
    code("cancelled", 409, "The execution was cancelled"),
    code("already_exists", 409, "Already exists"),
    code("idempotency_in_progress", 409, "The same request is still running"),
    code("import_already_committed", 409, "The import was committed before"),
    code("in_use", 409, "Still in use"),
    code("portfolio_archived", 409, "The portfolio is archived"),
    code("last_admin", 409, "The last administrator must stay"),
    code("pattern_retired", 410, "The pattern was retired"),
    code("link_used", 410, "The link was used"),
    code("link_expired", 410, "The link has expired"),
    code("cursor_expired", 410, "The cursor has expired"),
    code("events_expired", 410, "The events are no longer kept"),
    code("execution_expired", 410, "The execution is no longer kept"),
    code("precondition_failed", 412, "Changed in the meantime"),
    code("payload_too_large", 413, "Too large"),
    code("unsupported_media_type", 415, "Media type not supported"),
    code("invalid_input", 422, "The input is not valid"),
    code("unknown_input", 422, "Unknown input"),
    code("portfolio_required", 422, "Name a portfolio"),
    code("oversell", 422, "More sold than held"),
    code("unknown_security", 422, "Unknown security"),
    code("ambiguous_symbol", 422, "The symbol is not unique"),
    code("unknown_currency", 422, "Unknown currency"),
    code("missing_fx", 422, "An exchange rate is missing"),
    code("import_rejected", 422, "The import has problems"),
    code("mapping_incomplete", 422, "The mapping is incomplete"),
    code("pattern_invalid", 422, "The pattern has errors"),
    code("weak_password", 422, "The password is too weak"),
    code("unsupported", 422, "Not supported"),
    code("account_locked", 423, "The account is locked for now"),
    code("precondition_required", 428, "A precondition is required"),
    code("rate_limited", 429, "Too many requests"),
    code("internal_error", 500, "Internal error"),
    code("outcome_unknown", 500, "The outcome is not known"),
    code("capability_unavailable", 501, "This build lacks a capability"),
    code("overloaded", 503, "Busy"),
    code("pricing_pack_warming", 503, "Prices are being prepared"),
    code("pricing_pack_failed", 503, "The pricing pack failed"),
    code("database_unavailable", 503, "The database is not available"),
    code("draining", 503, "The server is being restarted"),
    code("deadline_exceeded", 504, "Not finished in time"),
];

/// Status of a code; 500 for a code that nobody declared.
pub fn http_status(code: &str) -> u16 {
    CODES.iter().find(|known| known.name == code).map_or(500, |known| known.status)
}

/// Title of a code.
pub fn title(code: &str) -> &'static str {
    CODES.iter().find(|known| known.name == code).map_or("Internal error", |known| known.title)
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique() {
        let mut names: Vec<_> = super::CODES.iter().map(|code| code.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
