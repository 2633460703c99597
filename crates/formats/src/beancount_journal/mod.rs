//! Beancount journals: the syntax, and what its transactions book.

pub(crate) mod booking;
pub(crate) mod syntax;

use std::collections::HashMap;

use crate::movement::{Content, Line, SecurityNames};
use syntax::{Directive, What};

/// Whether a text is such a journal: some line is a dated directive of it.
pub(crate) fn is_such(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["*", "!", "txn", "open", "close", "commodity", "balance", "pad", "price", "note", "event", "document"];
    let is_directive = |line: &str| {
        let mut words = line.split_whitespace();
        let is_dated = words.next().is_some_and(|word| dates::parse_date(word).is_ok());
        is_dated && words.next().is_some_and(|word| WORDS.contains(&word))
    };
    text.lines().take(500).any(is_directive)
}

/// Reads all directives.
pub(crate) fn read(text: &str) -> Vec<Line> {
    let directives = syntax::parse(text);
    let commodities = commodities_of(&directives);
    directives
        .into_iter()
        .map(|directive| {
            let content = match &directive.what {
                What::Transaction(transaction) => booking::content(directive.date, transaction, &commodities),
                What::Other(why) => Content::Ignored((*why).to_owned()),
                What::Problem(problem) => Content::Problems(vec![problem.clone()]),
                What::Commodity { .. } => Content::Ignored("describes a commodity".to_owned()),
            };
            Line { line: directive.line, raw: directive.raw, content }
        })
        .collect()
}

/// What the journal says about its commodities.
fn commodities_of(directives: &[Directive]) -> HashMap<String, SecurityNames> {
    let described = directives.iter().filter_map(|directive| match &directive.what {
        What::Commodity { name, metadata } => {
            let get = |key: &str| metadata.get(key).cloned();
            let names = SecurityNames {
                isin: get("isin"),
                figi: get("figi"),
                symbol: get("symbol").or_else(|| get("ticker")).or_else(|| Some(name.clone())),
                mic: get("mic"),
                cusip: get("cusip"),
                name: get("name"),
                ..SecurityNames::default()
            };
            Some((name.clone(), names))
        }
        _ => None,
    });
    described.collect()
}
