//! A data directory of its own for each test, and the binary run on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A data directory that is stopped and removed at the end.
pub struct Rig {
    folder: PathBuf,
}

impl Rig {
    /// An empty data directory.
    pub fn empty(name: &str) -> Rig {
        let folder = std::env::temp_dir().join(format!("dawsos-it-{name}-{}", std::process::id()));
        let _gone = std::fs::remove_dir_all(&folder);
        Rig { folder }
    }

    /// With the demo's data.
    pub fn demo(name: &str) -> Rig {
        let rig = Rig::empty(name);
        let prepared = rig.run(&["demo", "--prepare-only"]);
        assert!(prepared.status.success(), "{}", text(&prepared.stderr));
        rig
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command, not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dawsos"));
        command.args(arguments).arg("--data-dir").arg(&self.folder).stdin(Stdio::null()).env("DAWSOS_LOG", "warn");
        command
    }

    /// Run to the end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary starts")
    }

    /// Run, expect success, give standard output.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Run with JSON output.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let out = self.good(arguments);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // A killed command leaves the cluster running; the next one in order adopts it and stops it.
        let _stopped = self.run(&["packs", "list", "--limit", "1"]);
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Path of a file of the demo.
pub fn demo_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(name)
}
