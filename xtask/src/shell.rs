//! Running other programs, with their output shown and their failure named.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, in one line.
pub type Outcome<T = ()> = Result<T, String>;

/// The workspace root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Where cargo puts its output, whatever the environment says.
pub fn target_directory() -> Outcome<PathBuf> {
    let metadata = metadata()?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory".into())
}

/// `cargo metadata` of the workspace, dependencies included.
pub fn metadata() -> Outcome<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo metadata does not start: {error}"))?;
    if !output.status.success() {
        return Err("cargo metadata failed".into());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata is not JSON: {error}"))
}

/// Run a program in a folder below the root, output inherited.
pub fn run(folder: &str, program: &str, arguments: &[&str]) -> Outcome {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root().join(folder))
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {}` in {folder}/ failed with {status}", arguments.join(" ")))
    }
}
