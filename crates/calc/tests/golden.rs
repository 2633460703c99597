//! Every known answer of `golden/`; one of a function that is not there fails too.

use calc::{Table, TableError, Tables};
use std::path::PathBuf;
use std::sync::Arc;

struct Golden;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

impl Tables for Golden {
    fn table(&self, path: &str) -> Result<Arc<Table>, TableError> {
        let text = std::fs::read_to_string(folder().join(path)).map_err(|e| TableError(format!("{path}: {e}")))?;
        Table::from_csv(&text).map(Arc::new)
    }
}

/// Cases whose source carries no licence to redistribute its data.
const WITHOUT_DATA: &str = "bacon.json";

#[test]
fn known_answers_agree() {
    let mut failures = Vec::new();
    let mut passed = 0;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "json")) {
        if file.ends_with(WITHOUT_DATA) {
            continue;
        }
        let suite: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for case in calc::golden::run(&suite, &Golden, None).unwrap().cases {
            passed += usize::from(case.differences.is_empty());
            failures.extend(case.differences.iter().map(|difference| format!("{}: {difference}", case.id)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(passed > 0);
}
