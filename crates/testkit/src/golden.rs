//! Where the golden data lies. Invariant: tests read it and never write it.

use std::path::{Path, PathBuf};

/// A path below the root of the repository.
#[must_use]
pub fn repository(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A file of the demo set, such as `prices_daily.csv`.
#[must_use]
pub fn demo(file: impl AsRef<Path>) -> PathBuf {
    repository("demo").join(file)
}

/// The expected figures of the demo portfolio.
#[must_use]
pub fn demo_expected() -> serde_json::Value {
    let path = demo("expected.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
