//! Where PostgreSQL is installed. Invariant: an existing data directory is only ever opened with its own major version.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// Oldest major version that the schema runs on.
const MAJOR_MIN: u32 = 14;
/// Where Debian keeps one directory per major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Directory of `postgres` and `initdb`.
    pub dir: PathBuf,
    /// Major version.
    pub major: u32,
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The programs in a directory, if `postgres` and `initdb` are there and the version can be read.
    fn at(dir: &Path) -> Option<Self> {
        if !dir.join("postgres").is_file() || !dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(dir.join("postgres")).arg("-V").env_clear().output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { dir: dir.to_owned(), major })
    }
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` or `18beta1` → the major version.
fn major_of(text: &str) -> Option<u32> {
    let version = text.split(')').nth(1)?.trim_start();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Finds PostgreSQL: `pg_bin` (the setting PG_BIN), Debian's directories newest first, `search_path` (PATH), `bundle`.
/// `needed` is the major version of an existing data directory.
pub fn find_binaries(
    pg_bin: Option<&Path>,
    search_path: Option<&std::ffi::OsStr>,
    bundle: Option<&Path>,
    needed: Option<u32>,
) -> Result<Binaries, Error> {
    let mut looked = Vec::new();
    let fits = |found: &Binaries| match needed {
        Some(major) => found.major == major,
        None => found.major >= MAJOR_MIN,
    };
    for dir in candidates(pg_bin, search_path, bundle) {
        if let Some(found) = Binaries::at(&dir).filter(fits) {
            return Ok(found);
        }
        looked.push(dir);
    }
    looked.dedup();
    Err(Error::NotInstalled { needed, looked })
}

fn candidates(pg_bin: Option<&Path>, search_path: Option<&std::ffi::OsStr>, bundle: Option<&Path>) -> Vec<PathBuf> {
    // A directory that was named explicitly is not silently replaced by another one.
    if let Some(dir) = pg_bin {
        return vec![dir.to_owned()];
    }
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    debian.sort_unstable_by_key(|(major, _)| std::cmp::Reverse(*major));
    let mut dirs: Vec<PathBuf> = debian.into_iter().map(|(_, dir)| dir).collect();
    if let Some(path) = search_path {
        let found = std::env::split_paths(path).filter(|dir| dir.join("postgres").is_file());
        // Programs on the PATH are often links to the real directory, where the libraries are found from.
        dirs.extend(found.map(|dir| match dir.join("postgres").canonicalize() {
            Ok(real) => real.parent().map_or(dir.clone(), Path::to_owned),
            Err(_) => dir,
        }));
    }
    if let Some(bundle) = bundle {
        dirs.push(bundle.join("bin"));
        dirs.push(bundle.join("native").join("bin"));
        dirs.push(bundle.to_owned());
    }
    if dirs.is_empty() {
        dirs.push(PathBuf::from(DEBIAN));
    }
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 18.4", Some(18)),
            ("command not found", None),
            ("", None),
        ] {
            assert_eq!(major_of(text), major, "{text:?}");
        }
    }

    #[test]
    fn says_what_to_run_when_nothing_is_found() {
        let nowhere = Path::new("/nonexistent/bin");
        let error = find_binaries(Some(nowhere), None, None, None).expect_err("nothing is there");
        let text = error.to_string();
        for part in ["/nonexistent/bin", "apt install postgresql", "make demo", "DATABASE_URL"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let error = find_binaries(Some(nowhere), None, None, Some(13)).expect_err("nothing is there");
        assert!(error.to_string().contains("apt install postgresql-13"), "{error}");
    }

    #[test]
    fn a_named_directory_is_not_replaced_by_another() {
        assert_eq!(
            candidates(Some(Path::new("/opt/pg/bin")), Some("/usr/bin".as_ref()), Some(Path::new("/bundle"))),
            [PathBuf::from("/opt/pg/bin")]
        );
    }
}
