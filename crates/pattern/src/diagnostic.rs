//! Messages of the checker: rule, severity, position, words, suggestion; and how they are printed.

use crate::json::Span;
use serde::Serialize;
use serde_json::{Value, json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Useless or misleading.
    Warning,
    /// Cannot run.
    Error,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A rule and its severity in format 1 and format 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `PAT0001`…
    pub id: &'static str,
    /// In format 1.
    pub format_1: Severity,
    /// In format 2.
    pub format_2: Severity,
    /// What it says, shortly.
    pub meaning: &'static str,
}

const fn rule(id: &'static str, format_1: Severity, format_2: Severity, meaning: &'static str) -> Rule {
    Rule { id, format_1, format_2, meaning }
}

use Severity::{Error as E, Note as N, Warning as W};

/// All rules of `patterns.md` §6.3.
pub const RULES: &[Rule] = &[
    rule("PAT0001", E, E, "not valid JSON, wrong encoding, duplicate key, over size limits"),
    rule("PAT0002", E, E, "id missing, malformed, unequal to the file name, or taken"),
    rule("PAT0003", E, E, "required key missing"),
    rule("PAT0004", W, E, "unknown key"),
    rule("PAT0005", E, E, "wrong JSON type for a key"),
    rule("PAT0006", E, E, "malformed version or date"),
    rule("PAT0007", E, E, "unknown input type, or default, enum or bounds do not fit it"),
    rule("PAT0008", E, E, "duplicate or reserved step name"),
    rule("PAT0009", E, E, "malformed reference"),
    rule("PAT0010", E, E, "argument unknown to the capability"),
    rule("PAT0011", E, E, "argument type does not fit"),
    rule("PAT0012", E, E, "unknown capability"),
    rule("PAT0013", E, E, "required argument missing"),
    rule("PAT0014", E, E, "reference to an undeclared input or step"),
    rule("PAT0015", E, E, "reference to a field that the result cannot have"),
    rule("PAT0016", E, E, "condition: syntax or type"),
    rule("PAT0017", E, E, "cycle"),
    rule("PAT0018", W, N, "use before definition in file order"),
    rule("PAT0019", E, E, "output names nothing"),
    rule("PAT0020", E, E, "output schema contradicts the capability's schema"),
    rule("PAT0021", W, E, "input never read"),
    rule("PAT0022", W, E, "step result never used"),
    rule("PAT0023", W, E, "panel without presentation, or presentation without panel"),
    rule("PAT0024", W, E, "row template outside a row scope, or field not in the element type"),
    rule("PAT0025", W, E, "format does not fit the type"),
    rule("PAT0026", E, E, "unknown panel type or format"),
    rule("PAT0027", E, E, "right unknown, or needed and not required"),
    rule("PAT0028", W, E, "constant fallback: would show invented data, ignored"),
    rule("PAT0029", E, E, "effect step without order to its causes, or retry or cache on an effect that happens once"),
    rule("PAT0030", W, W, "deadline below the predicted critical path, or a timeout above it"),
    rule("PAT0031", W, E, "constant condition, unreachable step"),
    rule("PAT0032", W, E, "export allows what the registry never can"),
    rule("PAT0033", W, E, "version number too low for the change"),
    rule("PAT0034", N, W, "alias, or redundant argument"),
    rule("PAT0035", W, E, "literal percent or amount in data: constants in a panel must be typed"),
    rule("PAT0036", N, N, "identical steps merged"),
];

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Rule id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Column after the last.
    pub end_column: u32,
    /// What is wrong, naming the thing.
    pub message: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// A message of a rule for a file of a format.
    pub(crate) fn new(
        rule_id: &'static str,
        format: u8,
        span: Span,
        message: String,
        suggestion: Option<String>,
    ) -> Diagnostic {
        let severity = RULES
            .iter()
            .find(|rule| rule.id == rule_id)
            .map_or(Severity::Error, |rule| if format >= 2 { rule.format_2 } else { rule.format_1 });
        Diagnostic {
            rule: rule_id,
            severity,
            line: span.line,
            column: span.column,
            end_column: span.end_column.max(span.column + 1),
            message,
            suggestion,
        }
    }
}

/// `file:line:column RULE text`, the source line with carets, the suggestion, the page.
pub fn render_text(file: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    for found in diagnostics {
        out.push_str(&format!(
            "{file}:{}:{} {} {}: {}\n",
            found.line,
            found.column,
            found.severity.word(),
            found.rule,
            found.message
        ));
        if let Some(line) = lines.get(found.line.saturating_sub(1) as usize) {
            let shown: String = line.chars().take(200).map(|c| if c == '\t' { ' ' } else { c }).collect();
            let width = (found.end_column - found.column).clamp(1, 80) as usize;
            out.push_str(&format!(
                "    {shown}\n    {}{}\n",
                " ".repeat((found.column - 1).min(200) as usize),
                "^".repeat(width)
            ));
        }
        if let Some(suggestion) = &found.suggestion {
            out.push_str(&format!("    did you mean \"{suggestion}\"?\n"));
        }
        out.push_str(&format!("    see docs/errors/{}.md\n", found.rule));
    }
    out
}

/// One object per file: `{"file", "diagnostics"}`.
pub fn render_json(files: &[(String, Vec<Diagnostic>)]) -> Value {
    json!(files.iter().map(|(file, found)| json!({ "file": file, "diagnostics": found })).collect::<Vec<_>>())
}

/// SARIF 2.1.0, for code hosts.
pub fn render_sarif(files: &[(String, Vec<Diagnostic>)]) -> Value {
    let rules: Vec<Value> =
        RULES.iter().map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.meaning } })).collect();
    let results: Vec<Value> = files
        .iter()
        .flat_map(|(file, found)| found.iter().map(move |one| (file, one)))
        .map(|(file, one)| {
            json!({
                "ruleId": one.rule,
                "level": one.severity.word(),
                "message": { "text": one.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": file },
                    "region": { "startLine": one.line, "startColumn": one.column, "endColumn": one.end_column },
                } }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": { "name": "dawsos patterns check", "rules": rules } }, "results": results }],
    })
}
