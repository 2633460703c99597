//! The table of problem codes that this build can answer with. Each has a page in `docs/errors/`; a test compares both.

use rust_embed::RustEmbed;

/// One problem code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Machine-readable name.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Title for people.
    pub title: &'static str,
    /// General advice.
    pub try_: &'static str,
}

macro_rules! codes {
    ($($status:literal $code:literal $title:literal $advice:literal)*) => {
        /// All codes, in order of status.
        pub const CODES: &[Code] = &[
            $(Code {
                code: $code,
                status: $status,
                title: $title,
                try_: $advice,
            }),*
        ];
    };
}

codes! {
    400 "invalid_json" "The body is not valid JSON" "send one JSON object in UTF-8"
    400 "invalid_parameter" "A query parameter has a wrong value" "correct the parameters listed under errors"
    400 "unknown_parameter" "A query parameter is not known" "remove or rename the parameters listed under errors"
    400 "invalid_cursor" "The cursor does not fit this request" "repeat the request without cursor"
    400 "invalid_id" "An id has the wrong form" "use an id that the API returned"
    400 "invalid_header" "A request header has a wrong value" "correct the header listed under errors"
    401 "not_authenticated" "Sign-in is required" "sign in, or send a bearer token"
    401 "invalid_credentials" "E-mail or password is wrong" "check both, or ask an administrator for a reset link"
    401 "token_expired" "The access token has expired" "get a new one with the refresh token"
    401 "token_revoked" "The token was revoked" "sign in again"
    401 "session_expired" "The session has ended" "sign in again"
    401 "refresh_reused" "The refresh token was used before" "sign in again; all tokens of this sign-in were revoked"
    403 "forbidden" "The permission is missing" "ask an administrator for the permission that detail names"
    403 "csrf_failed" "The request did not prove its origin" "send X-CSRF-Token from GET /api/auth/session, from a page of this server"
    403 "setup_closed" "Setup is closed" "sign in; an administrator exists already"
    404 "not_found" "Not found" "check the id"
    404 "portfolio_not_found" "Portfolio not found" "GET /api/portfolios lists the ones that you can see"
    404 "account_not_found" "Account not found" "GET /api/portfolios/{id}/accounts lists them"
    404 "transaction_not_found" "Transaction not found" "GET /api/transactions lists them"
    404 "security_not_found" "Security not found" "GET /api/securities/search finds securities"
    404 "pattern_not_found" "Pattern not found" "GET /api/patterns lists them"
    404 "pricing_pack_not_found" "Pricing pack not found" "GET /api/packs lists them"
    404 "execution_not_found" "Execution not found" "GET /api/executions lists your own"
    404 "route_not_found" "No such route" "GET /api/openapi.json describes all routes"
    405 "method_not_allowed" "The method is not allowed here" "use one of the methods in the Allow header"
    408 "upload_too_slow" "The body arrived too slowly" "send it again on a faster connection"
    413 "payload_too_large" "The body is too large" "send less at once"
    415 "unsupported_media_type" "The media type is not accepted" "send the media type that detail names"
    409 "conflict" "The state has changed in the meantime" "read the current state and decide again"
    409 "already_exists" "It exists already" "choose another name, or use the existing one"
    409 "idempotency_in_progress" "The same request is still running" "wait for it and send it again"
    409 "import_already_committed" "The import is committed already" "nothing: its transactions are in the ledger"
    409 "portfolio_archived" "The portfolio is archived" "set its status to active first"
    410 "pattern_retired" "The pattern was removed" "GET /api/patterns lists the patterns that can run"
    410 "link_used" "The link was used before" "ask for a new link"
    410 "link_expired" "The link has expired" "ask for a new link"
    410 "cursor_expired" "The cursor has expired" "repeat the request without cursor"
    410 "execution_expired" "The execution's data are no longer kept" "run the pattern again"
    412 "precondition_failed" "The record has changed" "read it again and repeat the change"
    422 "invalid_input" "The input is not valid" "correct the places listed under errors"
    422 "unknown_input" "An input is not known" "remove or rename the inputs listed under errors"
    422 "portfolio_required" "A portfolio is required" "send portfolio_id, or set a default portfolio in your profile"
    422 "oversell" "More sold than held" "record the missing purchase first"
    422 "ambiguous_symbol" "The symbol is not unique" "name the exchange (mic), the ISIN or the id"
    422 "unknown_currency" "The currency is not known" "use an ISO 4217 code"
    422 "missing_fx" "An exchange rate is missing" "send fx_rate with the entry"
    422 "import_rejected" "The import has errors" "see its preview, correct the file and upload it again"
    422 "mapping_incomplete" "The import is not fully mapped" "map the columns that detail names"
    422 "pattern_invalid" "The pattern is not valid" "correct the places listed under errors"
    422 "weak_password" "The password is too weak" "use 12 to 128 characters that are not a common password"
    423 "account_locked" "Too many failed sign-ins" "wait until the time in Retry-After"
    428 "precondition_required" "If-Match is required" "send If-Match with the ETag of the record"
    429 "rate_limited" "Too many requests" "wait until the time in Retry-After"
    500 "internal_error" "The server failed" "try again; if it stays, report the request_id"
    501 "capability_unavailable" "This build lacks a capability" "install a release that offers the capability that detail names"
    503 "overloaded" "The server is busy" "try again after the time in Retry-After"
    503 "pricing_pack_warming" "Prices are being prepared" "try again after the time in Retry-After, or leave require_fresh out"
    503 "pricing_pack_failed" "The prices of this day could not be built" "use another as_of, or leave require_fresh out"
    503 "database_unavailable" "The database is not reachable" "try again after the time in Retry-After"
    503 "draining" "The server is handing over" "send the request again"
    504 "deadline_exceeded" "The deadline passed" "try again, or allow more time with X-Deadline-Ms"
}

/// The pages of `docs/errors/`, built in, so that they can be read offline. Rules of the pattern checker have theirs here
/// as well.
#[derive(RustEmbed)]
#[folder = "../../docs/errors"]
struct Pages;

/// The page of a code or rule, in Markdown.
#[must_use]
pub fn page(code: &str) -> Option<String> {
    if !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let file = Pages::get(&format!("{code}.md"))?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// Names of all pages.
pub fn pages() -> impl Iterator<Item = String> {
    Pages::iter().filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
}

/// The row of a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|row| row.code == code)
}

/// The row of `internal_error`.
#[must_use]
pub fn internal() -> &'static Code {
    const INTERNAL: &Code = match find_const("internal_error") {
        Some(code) => code,
        None => panic!("internal_error is in the table"),
    };
    INTERNAL
}

const fn find_const(name: &str) -> Option<&'static Code> {
    let mut at = 0;
    while at < CODES.len() {
        if equal(CODES[at].code.as_bytes(), name.as_bytes()) {
            return Some(&CODES[at]);
        }
        at += 1;
    }
    None
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_have_pages_that_say_what_happened_and_what_to_try() {
        let mut seen = std::collections::BTreeSet::new();
        for code in CODES {
            assert!(seen.insert(code.code), "{} is listed twice", code.code);
            assert!(400 <= code.status && code.status <= 504, "{}", code.code);
            let page = page(code.code).unwrap_or_else(|| panic!("docs/errors/{}.md is missing", code.code));
            assert!(page.starts_with(&format!("# {}", code.code)), "{}", code.code);
            assert!(page.contains("## What happened"), "{}", code.code);
            assert!(page.contains("## What to try"), "{}", code.code);
        }
    }

    #[test]
    fn the_internal_row_is_a_500() {
        assert_eq!(internal().status, 500);
    }

    #[test]
    fn every_page_of_a_request_problem_belongs_to_a_code() {
        for name in pages().filter(|name| !name.starts_with("PAT") && name != "README") {
            assert!(find(&name).is_some(), "{name} documents no code of this build");
        }
    }
}
