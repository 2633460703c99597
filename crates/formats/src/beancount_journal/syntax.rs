//! The syntax of Beancount 3, as far as books need it: directives, postings with cost and price, metadata.
//!
//! Invariant: every line belongs to a directive, a comment, or is a problem with its line.

use std::collections::HashMap;

use dates::{Date, parse_date};
use ledger::Problem;
use money::Decimal;

use crate::movement::short;
use crate::number::{DecimalMark, parse_number};

/// A directive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Directive {
    pub line: u64,
    pub date: Option<Date>,
    pub raw: Vec<(String, String)>,
    pub what: What,
}

/// What a directive is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Transaction(Transaction),
    Commodity {
        name: String,
        metadata: HashMap<String, String>,
    },
    /// No transaction, for this reason.
    Other(&'static str),
    Problem(Problem),
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Transaction {
    pub payee: Option<String>,
    pub narration: String,
    pub tags: Vec<String>,
    pub metadata: HashMap<String, String>,
    pub postings: Vec<Posting>,
}

/// A posting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Posting {
    pub account: String,
    /// Amount and commodity; none where it was left out.
    pub units: Option<(Decimal, String)>,
    pub cost: Option<Cost>,
    /// Per unit.
    pub price: Option<(Decimal, String)>,
}

/// Cost of a lot.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cost {
    /// Total cost of the posting's units and its currency, where it is given.
    pub total: Option<Decimal>,
    pub currency: Option<String>,
    pub date: Option<Date>,
}

/// Reads a journal.
pub(crate) fn parse(text: &str) -> Vec<Directive> {
    let mut directives: Vec<Directive> = Vec::new();
    let mut tags: Vec<String> = Vec::new();
    let mut lines = text.lines().zip(1u64..).peekable();
    while let Some((line, number)) = lines.next() {
        let mut whole = line.to_owned();
        // A text may go on over several lines.
        while has_open_text(&whole) && lines.peek().is_some() && whole.len() < 10_000 {
            let Some((next, _)) = lines.next() else { break };
            whole.push('\n');
            whole.push_str(next);
        }
        let code = without_comment(&whole);
        if code.trim().is_empty() {
            continue;
        }
        if code.starts_with([' ', '\t']) {
            match directives.last_mut() {
                Some(directive) => continue_directive(directive, code.trim(), number),
                None => directives.push(lone(number, code.trim())),
            }
            continue;
        }
        match code.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["pushtag", tag, ..] => tags.push(tag.trim_start_matches('#').to_owned()),
            ["poptag", tag, ..] => tags.retain(|known| known != tag.trim_start_matches('#')),
            _ => {}
        }
        directives.push(directive(code.trim(), number, &tags));
    }
    directives
}

fn lone(line: u64, code: &str) -> Directive {
    let problem = Problem::new("malformed", "", format!("{:?} belongs to no directive", short(code)));
    Directive { line, date: None, raw: vec![("text".to_owned(), short(code))], what: What::Problem(problem) }
}

fn has_open_text(line: &str) -> bool {
    let mut is_open = false;
    let mut is_escaped = false;
    for char in line.chars() {
        match char {
            '\\' if is_open && !is_escaped => {
                is_escaped = true;
                continue;
            }
            '"' if !is_escaped => is_open = !is_open,
            ';' if !is_open => return false,
            _ => {}
        }
        is_escaped = false;
    }
    is_open
}

fn without_comment(line: &str) -> &str {
    let mut is_open = false;
    let mut is_escaped = false;
    for (at, char) in line.char_indices() {
        match char {
            '\\' if is_open && !is_escaped => {
                is_escaped = true;
                continue;
            }
            '"' if !is_escaped => is_open = !is_open,
            ';' if !is_open => return &line[..at],
            _ => {}
        }
        is_escaped = false;
    }
    // Headings of outlines.
    if line.starts_with('*') || line.starts_with('#') { "" } else { line }
}

fn directive(code: &str, line: u64, tags: &[String]) -> Directive {
    let mut raw = vec![("text".to_owned(), code.to_owned())];
    let (first, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let Ok(date) = parse_date(&first.replace('/', "-")) else {
        let what = match first {
            "option" | "plugin" => What::Other("is a setting of Beancount"),
            "pushtag" | "poptag" | "pushmeta" | "popmeta" => What::Other("labels other directives"),
            "include" => What::Problem(
                Problem::new("not_supported", "", "included files are not read")
                    .with_try("import the included files as well, or print the whole journal into one file"),
            ),
            _ => What::Problem(Problem::new("malformed", "", format!("{:?} is not a directive", short(code)))),
        };
        return Directive { line, date: None, raw, what };
    };
    let (word, rest) = rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    raw.truncate(1);
    let what = match word {
        "*" | "!" | "txn" => What::Transaction(transaction(rest, tags)),
        "commodity" => What::Commodity { name: rest.trim().to_owned(), metadata: HashMap::new() },
        "open" | "close" => What::Other("opens or closes an account"),
        "balance" => What::Other("asserts a balance, for reconciliation"),
        "price" => What::Other("is a price"),
        "note" | "document" | "event" | "query" | "custom" => What::Other("is a remark"),
        "pad" => What::Problem(
            Problem::new("needs_details", "", "the amount of a padding follows from a balance")
                .with_try("replace it by a transaction with the amount that Beancount prints"),
        ),
        _ => What::Problem(Problem::new("malformed", "", format!("{:?} is not a directive", short(word)))),
    };
    Directive { line, date: Some(date), raw, what }
}

fn transaction(rest: &str, tags: &[String]) -> Transaction {
    let (texts, rest) = texts(rest);
    let mut transaction = Transaction { tags: tags.to_vec(), ..Transaction::default() };
    match texts.as_slice() {
        [narration] => transaction.narration.clone_from(narration),
        [payee, narration, ..] => {
            transaction.payee = Some(payee.clone());
            transaction.narration.clone_from(narration);
        }
        [] => {}
    }
    transaction.tags.extend(rest.split_whitespace().filter_map(|word| word.strip_prefix('#')).map(str::to_owned));
    transaction
}

/// The quoted texts at the beginning, and what follows them.
fn texts(text: &str) -> (Vec<String>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(body) = rest.strip_prefix('"') {
        let mut content = String::new();
        let mut end = body.len();
        let mut is_escaped = false;
        for (at, char) in body.char_indices() {
            match char {
                '\\' if !is_escaped => {
                    is_escaped = true;
                    continue;
                }
                '"' if !is_escaped => {
                    end = at;
                    break;
                }
                _ => content.push(char),
            }
            is_escaped = false;
        }
        found.push(content);
        rest = body.get(end + 1..).unwrap_or_default().trim_start();
    }
    (found, rest)
}

/// Metadata or a posting.
fn continue_directive(directive: &mut Directive, code: &str, line: u64) {
    directive.raw.push((format!("line {line}"), code.to_owned()));
    let is_key = |key: &str| {
        key.starts_with(|char: char| char.is_ascii_lowercase())
            && key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
    };
    if let Some((key, value)) = code.split_once(':').filter(|(key, _)| is_key(key)) {
        let value = value.trim();
        let text = texts(value).0.into_iter().next().unwrap_or_else(|| value.to_owned());
        match &mut directive.what {
            // Metadata below a posting is about that posting.
            What::Transaction(transaction) if transaction.postings.is_empty() => {
                drop(transaction.metadata.insert(key.to_owned(), text))
            }
            What::Commodity { metadata, .. } => drop(metadata.insert(key.to_owned(), text)),
            _ => {}
        }
        return;
    }
    if code.starts_with(['#', '^']) {
        return;
    }
    if let What::Transaction(transaction) = &mut directive.what {
        match posting(code) {
            Ok(posting) => transaction.postings.push(posting),
            Err(problem) => directive.what = What::Problem(problem.at_line(line)),
        }
    }
}

fn posting(code: &str) -> Result<Posting, Problem> {
    let code = code.strip_prefix(['*', '!']).map_or(code, str::trim_start);
    let (account, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    if !account.contains(':') {
        return Err(Problem::new("malformed", "", format!("{:?} is not an account", short(account))));
    }
    let mut rest = rest.trim();
    let mut posting = Posting { account: account.to_owned(), units: None, cost: None, price: None };
    if rest.is_empty() {
        return Ok(posting);
    }
    let end = rest.find(['{', '@']).unwrap_or(rest.len());
    let units = amount(&rest[..end])?;
    rest = rest[end..].trim_start();
    if let Some(body) = rest.strip_prefix('{') {
        let (inner, after, is_total) = match body.strip_prefix('{') {
            Some(body) => body.split_once("}}").map(|(inner, after)| (inner, after, true)),
            None => body.split_once('}').map(|(inner, after)| (inner, after, false)),
        }
        .ok_or_else(|| Problem::new("malformed", "", "a cost is not closed"))?;
        posting.cost = Some(cost(inner, units.0, is_total)?);
        rest = after.trim_start();
    }
    if let Some(body) = rest.strip_prefix('@') {
        let (body, is_total) = body.strip_prefix('@').map_or((body, false), |body| (body, true));
        let (value, currency) = amount(body)?;
        let each = if is_total { value.abs().checked_div(units.0.abs()).unwrap_or(value) } else { value };
        posting.price = Some((each, currency));
    }
    posting.units = Some(units);
    Ok(posting)
}

fn amount(text: &str) -> Result<(Decimal, String), Problem> {
    let malformed = || {
        Problem::new("bad_number", "", format!("{:?} is not an amount", short(text)))
            .with_try("write the number and the currency: 12.50 USD")
    };
    let (number, commodity) = text.trim().rsplit_once(char::is_whitespace).ok_or_else(malformed)?;
    let number = parse_number(number.trim(), DecimalMark::Point).map_err(|_| malformed())?;
    Ok((number, commodity.to_owned()))
}

/// `518.73 USD, 2014-02-03, "lot-1"`; `{}` matches any lot; `502.12 # 9.95 USD` adds a total to the cost per unit.
fn cost(text: &str, units: Decimal, is_total: bool) -> Result<Cost, Problem> {
    let mut cost = Cost::default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "*") {
        if part.starts_with('"') {
            continue;
        }
        if let Ok(date) = parse_date(part) {
            cost.date = Some(date);
            continue;
        }
        if !part.contains(char::is_whitespace) && part.chars().all(|char| char.is_ascii_uppercase()) {
            cost.currency = Some(part.to_owned());
            continue;
        }
        let (per_unit, extra) =
            part.split_once('#').map_or((part, None), |(per_unit, extra)| (per_unit.trim(), Some(extra)));
        let overflow = || Problem::new("out_of_range", "", "the cost is beyond what books hold");
        match extra {
            None => {
                let (value, currency) = amount(per_unit)?;
                cost.total =
                    Some(if is_total { value } else { value.checked_mul(units.abs()).ok_or_else(overflow)? });
                cost.currency = Some(currency);
            }
            Some(extra) => {
                let (extra, currency) = amount(extra)?;
                let each = if per_unit.is_empty() {
                    Decimal::ZERO
                } else {
                    parse_number(per_unit, DecimalMark::Point)
                        .map_err(|error| Problem::new("bad_number", "", error.to_string()))?
                };
                cost.total = each.checked_mul(units.abs()).and_then(|total| total.checked_add(extra));
                cost.currency = Some(currency);
            }
        }
    }
    Ok(cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_postings_with_cost_and_price() {
        let journal = "; comment\noption \"title\" \"x\"\n2024-01-02 * \"Payee\" \"A \\\"quoted\\\" ; text\" #tag ^link\n  id: \"7\"\n  ! Assets:B:HOOL  10 HOOL {518.73 USD, 2014-02-03, \"lot-1\"} @ 520 USD ; c\n  Assets:B:X  -2 X {{20 EUR}} @@ 30 EUR\n  Expenses:Fees  1,234.50 USD\n  Assets:B:Cash\n";
        let directives = parse(journal);
        assert_eq!(directives.len(), 2);
        assert_eq!(directives[1].line, 3);
        let What::Transaction(transaction) = &directives[1].what else { panic!("a transaction") };
        assert_eq!(
            (transaction.payee.as_deref(), transaction.narration.as_str()),
            (Some("Payee"), "A \"quoted\" ; text")
        );
        assert_eq!((transaction.tags.as_slice(), transaction.metadata["id"].as_str()), (&["tag".to_owned()][..], "7"));
        let cost = transaction.postings[0].cost.clone().expect("a cost");
        assert_eq!(
            (cost.total.map(|total| total.normalize().to_string()), cost.currency.as_deref()),
            (Some("5187.3".to_owned()), Some("USD"))
        );
        assert_eq!(transaction.postings[1].price, Some((Decimal::from(15), "EUR".to_owned())));
        assert_eq!(
            transaction.postings[2].units.as_ref().map(|units| units.0.normalize().to_string()).as_deref(),
            Some("1234.5")
        );
        assert_eq!(transaction.postings[3].units, None);
    }

    #[test]
    fn what_is_no_directive_is_a_problem_with_its_line() {
        for (journal, line) in [
            ("what is this\n", 1),
            ("\n  Assets:A 1 USD\n", 2),
            ("2024-01-02 pad A:B C:D\n", 1),
            ("include \"x\"\n", 1),
        ] {
            let directives = parse(journal);
            assert!(matches!(directives[0].what, What::Problem(_)), "{journal}");
            assert_eq!(directives[0].line, line);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9a-zA-Z:{}@#^\"\\\\; \n*!.,-]{0,120}") {
            let _ = parse(&text);
            let _ = parse(&format!("2024-01-02 * \"x\"\n  Assets:A  {text}\n"));
        }
    }
}
