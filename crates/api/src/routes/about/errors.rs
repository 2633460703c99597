//! `GET /docs/errors/{code}`: the page of a problem code, from the binary.

use http::StatusCode;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::nearest;
use crate::http::reply::{Outcome, Reply};
use crate::problem::{Problem, codes};

/// Sends the page of a code.
#[derive(Debug)]
pub struct ErrorPage;

impl Endpoint for ErrorPage {
    type Query = ();
    type Body = ();
    type Answer = String;
    const SUMMARY: &'static str = "What a problem code means and what to try.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let name = cx.path_text("code");
        let Some(text) = codes::page(name) else {
            let known: Vec<String> = codes::pages().collect();
            let detail = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("there is no problem code {name:?}; did you mean {near}?"),
                None => format!("there is no problem code {name:?}"),
            };
            return Err(Problem::new("not_found", detail));
        };
        Ok(Reply::raw(StatusCode::OK, "text/html; charset=utf-8", page(name, &text)))
    }
}

/// The page as HTML: headings, paragraphs and code spans are all that these pages use.
fn page(title: &str, markdown: &str) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><main>"
    );
    for block in markdown.split("\n\n").map(str::trim).filter(|b| !b.is_empty()) {
        let (tag, text) = match block.strip_prefix("## ") {
            Some(text) => ("h2", text),
            None => match block.strip_prefix("# ") {
                Some(text) => ("h1", text),
                None => ("p", block),
            },
        };
        html.push_str(&format!("<{tag}>{}</{tag}>", spans(text)));
    }
    html.push_str("</main></body></html>");
    html
}

fn spans(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::with_capacity(escaped.len());
    for (index, part) in escaped.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(part),
            _ => out.push_str(&format!("<code>{part}</code>")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_html_with_escaped_text() {
        let html = page("x", "# x\n\nUse `a < b` & go.\n\n## What to try\n\nMore.");
        assert!(
            html.contains("<h1>x</h1><p>Use <code>a &lt; b</code> &amp; go.</p><h2>What to try</h2><p>More.</p>"),
            "{html}"
        );
    }
}
