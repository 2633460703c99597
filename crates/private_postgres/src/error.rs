//! Why there is no cluster. Invariant: each text says what to run or to change.

use std::fmt;
use std::path::PathBuf;

/// A failure to find, make, start or reach the private cluster.
#[derive(Debug)]
pub enum Error {
    /// No PostgreSQL of a usable version is installed.
    NotInstalled {
        /// Major version that an existing data directory needs.
        needed: Option<u32>,
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// Another server works on this data directory.
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// What the other server wrote into the lock file (its process id).
        holder: String,
    },
    /// The account that PostgreSQL must run as cannot reach a file.
    Unreachable {
        /// What it cannot reach.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// A program of PostgreSQL ended with an error.
    Failed {
        /// Which program.
        program: String,
        /// What it said last.
        output: String,
    },
    /// The cluster did not become ready in time.
    NotReady {
        /// Its log.
        log: PathBuf,
    },
    /// The path of the data directory is not usable.
    BadPath {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file operation failed.
    Io {
        /// What was done with which file.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled { needed, looked } => {
                match needed {
                    Some(major) => write!(f, "this data directory needs PostgreSQL {major}, which is not installed")?,
                    None => write!(f, "no PostgreSQL 14 or newer is installed")?,
                }
                write!(f, " (looked in")?;
                for path in looked {
                    write!(f, " {}", path.display())?;
                }
                let package = needed.map(|major| format!("-{major}")).unwrap_or_default();
                write!(
                    f,
                    "): run `apt install postgresql{package}` or `make demo`, set PG_BIN to the directory of `postgres` \
                     and `initdb`, or set DATABASE_URL to an existing server"
                )
            }
            Self::InUse { dir, holder } => write!(
                f,
                "another server (process {holder}) works on {}: stop it, or choose another DAWSOS_DATA_DIR",
                dir.display()
            ),
            Self::Unreachable { path, account } => write!(
                f,
                "PostgreSQL does not run as root, and account {account} cannot reach {}: run `chmod o+x` on its parent \
                 directories, or choose a DAWSOS_DATA_DIR such as /var/lib/dawsos, or start the server as an ordinary user",
                path.display()
            ),
            Self::Failed { program, output } => write!(f, "{program} failed: {output}"),
            Self::NotReady { log } => write!(f, "PostgreSQL did not become ready; see {}", log.display()),
            Self::BadPath { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Names the file of a failed operation.
pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}
