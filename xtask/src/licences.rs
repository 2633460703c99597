//! No copyleft dependency: each package of the lock file must offer one of the permissive licences below.
//!
//! A small check on `cargo metadata` instead of a separate tool that takes minutes to build (decision 0002).

use crate::shell::{Outcome, metadata};

const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Fails with each package whose licence expression cannot be met by permissive licences alone.
pub fn run() -> Outcome {
    let metadata = metadata()?;
    let empty = Vec::new();
    let problems: Vec<String> = metadata["packages"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .filter_map(|package| {
            let licence = package["license"].as_str().unwrap_or("");
            (!is_permissive(licence)).then(|| {
                format!(
                    "{} {} has licence `{licence}`",
                    package["name"].as_str().unwrap_or("?"),
                    package["version"].as_str().unwrap_or("?")
                )
            })
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Evaluates the SPDX forms in use: `A OR B`, `A AND B`, the old `A/B`, and one level of parentheses.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        && !inner.contains('(')
    {
        return is_permissive(inner);
    }
    if let Some(parts) = split_outside(expression, " AND ") {
        return parts.iter().all(|part| is_permissive(part));
    }
    if let Some(parts) = split_outside(expression, " OR ") {
        return parts.iter().any(|part| is_permissive(part));
    }
    PERMISSIVE.contains(&expression)
}

/// Split at a word that stands outside parentheses; `None` when it does not occur there.
fn split_outside<'a>(expression: &'a str, word: &str) -> Option<Vec<&'a str>> {
    let (mut depth, mut from, mut parts) = (0i32, 0usize, Vec::new());
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && expression[at..].starts_with(word) => {
                parts.push(&expression[from..at]);
                from = at + word.len();
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(&expression[from..]);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::is_permissive;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        for (expression, expected) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0", false),
            ("MIT AND GPL-2.0", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("MIT/Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("AGPL-3.0-only", false),
            ("MPL-2.0", false),
            ("", false),
        ] {
            assert_eq!(is_permissive(expression), expected, "{expression}");
        }
    }
}
