//! The full export: `dawsos-export/1`. Ids and ledger entries as stored, so that the same `ledger_commit` results.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use ledger::commit::{chain, genesis};
use ledger::entry::Entry;
use ledger::problem::Problem;
use ledger::wire::{entry_from_json, entry_to_json};

/// Name of the format.
pub const SCHEMA: &str = "dawsos-export/1";

/// A portfolio with all that its ledger refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The portfolio.
    pub portfolio: ExportedPortfolio,
    /// Its accounts: columns as stored, `id` and `name` at least.
    pub accounts: Vec<Map<String, Value>>,
    /// The securities that entries name: columns as stored, `id` and `name` at least.
    pub securities: Vec<Map<String, Value>>,
    /// The ledger, complete, from entry 1.
    pub entries: Vec<Entry>,
}

/// What an export says about the portfolio itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedPortfolio {
    /// Identity; part of the chain of commits.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Description.
    #[serde(default)]
    pub description: String,
    /// Head of the chain, hexadecimal; checked on reading.
    pub ledger_commit: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    schema: String,
    portfolio: ExportedPortfolio,
    accounts: Vec<Map<String, Value>>,
    securities: Vec<Map<String, Value>>,
    entries: Vec<Value>,
}

/// Head of the chain of an export's entries, hexadecimal.
pub fn ledger_commit(portfolio_id: Uuid, entries: &[Entry]) -> String {
    let start = genesis(portfolio_id);
    hex::encode(chain(&start, entries).last().unwrap_or(&start))
}

/// Writes an export. The commit in it is computed, not copied.
pub fn write(export: &Export) -> String {
    let portfolio = ExportedPortfolio {
        ledger_commit: ledger_commit(export.portfolio.id, &export.entries),
        ..export.portfolio.clone()
    };
    let document = json!({
        "schema": SCHEMA,
        "portfolio": portfolio,
        "accounts": export.accounts,
        "securities": export.securities,
        "entries": export.entries.iter().map(entry_to_json).collect::<Vec<_>>(),
    });
    let mut text = document.to_string();
    text.push('\n');
    text
}

/// Reads an export and checks that its entries give the commit that it states.
pub fn parse(bytes: &[u8]) -> Result<Export, Vec<Problem>> {
    let form: Form = serde_json::from_slice(bytes).map_err(|error| {
        let problem = Problem::new("bad_export", "", format!("not an export of DawsOS: {error}"));
        vec![problem.at_line(error.line() as u64)]
    })?;
    if form.schema != SCHEMA {
        let shown: String = form.schema.chars().take(40).collect();
        let problem = Problem::new("unknown_schema", "schema", format!("schema {shown:?} is not known"));
        return Err(vec![problem.with_try(format!("this version reads {SCHEMA}"))]);
    }
    let mut problems = Vec::new();
    for (list, name) in [(&form.accounts, "accounts"), (&form.securities, "securities")] {
        for (at, item) in list.iter().enumerate() {
            let id = item.get("id").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
            if id.is_none() || !item.get("name").is_some_and(Value::is_string) {
                let detail = format!("element {at} of {name} needs id and name");
                problems.push(Problem::new("bad_export", format!("{name}/{at}"), detail));
            }
        }
    }
    let mut entries = Vec::with_capacity(form.entries.len());
    for (at, value) in form.entries.into_iter().enumerate() {
        match entry_from_json(value) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
                problems.push(Problem::new("bad_export", format!("entries/{at}"), format!("{error}{cause}")));
            }
        }
    }
    if problems.is_empty() {
        let computed = ledger_commit(form.portfolio.id, &entries);
        if computed != form.portfolio.ledger_commit {
            let detail = format!("the entries give ledger commit {computed}, the export states another");
            let problem = Problem::new("commit_mismatch", "portfolio/ledger_commit", detail);
            problems.push(problem.with_try("the file was changed after it was written; use an unchanged one"));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Export { portfolio: form.portfolio, accounts: form.accounts, securities: form.securities, entries })
}
