//! Cross-site requests: an unsafe request of a browser session must carry the session's token and come from our page.

use http::{HeaderMap, header};

use super::caller::{Caller, Kind};
use super::secret;
use crate::problem::Problem;

/// Refuses an unsafe request of a browser session that does not prove its origin. Tokens need no proof: a foreign page
/// cannot make a browser send them.
///
/// # Errors
/// `csrf_failed`.
pub fn check(caller: &Caller, headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    if caller.kind != Kind::Browser {
        return Ok(());
    }
    if !is_same_origin(headers, public_url) {
        return Err(Problem::new("csrf_failed", "the request does not come from a page of this server"));
    }
    let sent = headers.get("x-csrf-token").map(|v| v.as_bytes()).unwrap_or_default();
    let expected = secret::csrf_token(&caller.csrf_key, caller.session_id);
    if secret::equal(sent, expected.as_bytes()) {
        Ok(())
    } else {
        Err(Problem::new("csrf_failed", "X-CSRF-Token is missing or does not belong to this session"))
    }
}

/// Refuses a public unsafe request (such as sign-in) that another site makes a browser send.
///
/// # Errors
/// `csrf_failed`.
pub fn check_public(headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    let named = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    if !named || is_same_origin(headers, public_url) {
        Ok(())
    } else {
        Err(Problem::new("csrf_failed", "the request does not come from a page of this server"))
    }
}

fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let site = text("sec-fetch-site");
    let origin = text("origin");
    if site.is_some_and(|s| s != "same-origin") {
        return false;
    }
    match (site, origin) {
        (None, None) => false,
        (Some(_), None) => true,
        (_, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let public = public_url.trim_end_matches('/');
            (!public.is_empty() && origin == public) || (host.is_some() && host == text("host"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &'static str)], expected: bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("header value"));
        }
        assert_eq!(is_same_origin(&headers, "https://books.example.org"), expected, "{pairs:?}");
    }

    #[test]
    fn only_our_own_pages_are_same_origin() {
        check(&[], false);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "https://books.example.org")], false);
        check(&[("origin", "https://books.example.org")], true);
        check(&[("origin", "https://evil.example"), ("host", "books.example.org")], false);
        check(&[("origin", "http://127.0.0.1:5000"), ("host", "127.0.0.1:5000")], true);
        check(&[("origin", "null"), ("host", "127.0.0.1:5000")], false);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false);
    }
}
