//! Settings: `config.default.toml`, then the user's file, then the environment, then flags; later ones win.
//!
//! Invariant: every key of the default file is a field here and the other way round (a test compares), an unknown key is
//! an error that names the nearest known one, and no other crate reads the environment.

mod environment;
mod secrets;

pub use secrets::{keep_secret, read_or_make};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The text of the default settings; also shown by `dawsos config`.
pub const DEFAULT: &str = include_str!("../../config.default.toml");

/// All settings. Field meanings stand beside the keys in `config.default.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Settings {
    pub server: Server,
    pub database: Database,
    pub data: Data,
    pub auth: Auth,
    pub rate_limits: RateLimits,
    pub memory: Memory,
    pub log: Log,
}

/// Listening and uploads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub public_url: String,
    pub cors_origins: Vec<String>,
    pub upload_max_bytes: u64,
    pub metrics_token: String,
}

/// PostgreSQL and the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Database {
    pub url: String,
    pub pool_min_size: u32,
    pub pool_max_size: u32,
    pub command_timeout_s: u64,
    pub idle_lifetime_s: u64,
    pub prepared: bool,
}

/// Folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Data {
    pub directory: String,
    pub patterns_directory: String,
}

/// Tokens and secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Auth {
    pub jwt_secret: String,
    pub jwt_algorithm: String,
    pub jwt_expiration_hours: u32,
    pub secret_key: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("jwt_algorithm", &self.jwt_algorithm)
            .field("jwt_expiration_hours", &self.jwt_expiration_hours)
            .finish_non_exhaustive()
    }
}

/// Requests a minute; 0 switches a limit off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RateLimits {
    pub anonymous_per_minute: u32,
    pub login_per_minute: u32,
    pub reads_per_minute: u32,
    pub executions_per_minute: u32,
    pub imports_per_minute: u32,
}

/// Bounds of the process's caches, in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Memory {
    pub results_bytes: u64,
    pub market_bytes: u64,
}

/// Log output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Log {
    pub level: String,
    pub format: String,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("settings file {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The file is not TOML, or a value has the wrong type.
    #[error("settings file {path}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, column and what is wrong.
        reason: String,
    },
    /// A key that no setting has.
    #[error("settings file {path}: there is no setting `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// The file.
        path: String,
        /// What stands in the file.
        key: String,
        /// The nearest known key.
        nearest: String,
    },
    /// A value that cannot work.
    #[error("setting `{key}`: {reason}")]
    Invalid {
        /// Key in the form `section.name`, or the environment variable.
        key: String,
        /// What it must be.
        reason: String,
    },
}

impl Settings {
    /// The defaults alone.
    pub fn defaults() -> Settings {
        toml::from_str(DEFAULT).expect("config.default.toml matches the structs: a test proves it")
    }

    /// Defaults, then `file` (which must exist if named), then the environment given as a lookup.
    pub fn load(file: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
        let mut merged: toml::Table = DEFAULT.parse().expect("config.default.toml is TOML: a test proves it");
        if let Some(path) = file {
            overlay(&mut merged, path)?;
        }
        environment::overlay(&mut merged, variable)?;
        let settings: Settings = merged.try_into().map_err(|error: toml::de::Error| SettingsError::Malformed {
            path: file.map(|path| path.display().to_string()).unwrap_or_else(|| "environment".into()),
            reason: error.message().to_string(),
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// What the types cannot say.
    fn check(&self) -> Result<(), SettingsError> {
        let invalid = |key: &str, reason: String| Err(SettingsError::Invalid { key: key.into(), reason });
        if self.auth.jwt_algorithm != "HS256" {
            return invalid("auth.jwt_algorithm", format!("only HS256 is supported, not {}", self.auth.jwt_algorithm));
        }
        if !self.auth.jwt_secret.is_empty() && self.auth.jwt_secret.len() < 32 {
            return invalid("auth.jwt_secret", format!("needs at least 32 bytes, has {}", self.auth.jwt_secret.len()));
        }
        if !(1..=8760).contains(&self.auth.jwt_expiration_hours) {
            return invalid("auth.jwt_expiration_hours", "must lie between 1 and 8760".into());
        }
        if self.database.pool_min_size < 1 || self.database.pool_max_size < self.database.pool_min_size {
            return invalid(
                "database.pool_max_size",
                format!("must be at least pool_min_size ({}) and that at least 1", self.database.pool_min_size),
            );
        }
        if !["text", "json"].contains(&self.log.format.as_str()) {
            return invalid("log.format", format!("must be text or json, not {}", self.log.format));
        }
        Ok(())
    }

    /// The data directory: as set, else `/var/lib/dawsos` for root (its parent must be open to the cluster's user), else XDG's.
    pub fn data_directory(&self, variable: impl Fn(&str) -> Option<String>, is_root: bool) -> PathBuf {
        if !self.data.directory.is_empty() {
            return PathBuf::from(&self.data.directory);
        }
        if is_root {
            return PathBuf::from("/var/lib/dawsos");
        }
        if let Some(base) = variable("XDG_DATA_HOME").filter(|base| !base.is_empty()) {
            return PathBuf::from(base).join("dawsos");
        }
        PathBuf::from(variable("HOME").unwrap_or_else(|| "/var/tmp".into())).join(".local/share/dawsos")
    }
}

/// Lay a user's file over the defaults, refusing keys that the defaults do not have.
fn overlay(merged: &mut toml::Table, path: &Path) -> Result<(), SettingsError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| SettingsError::Unreadable { path: shown.clone(), reason: error.to_string() })?;
    let file: toml::Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Malformed {
        path: shown.clone(),
        reason: error.to_string(),
    })?;
    for (section, value) in file {
        let Some(known) = merged.get_mut(&section).and_then(|known| known.as_table_mut()) else {
            let nearest = nearest(&section, merged.keys());
            return Err(SettingsError::UnknownKey { path: shown, key: section, nearest });
        };
        let toml::Value::Table(values) = value else {
            return Err(SettingsError::Malformed { path: shown, reason: format!("[{section}] must be a table") });
        };
        for (key, value) in values {
            if !known.contains_key(&key) {
                let nearest = format!("{section}.{}", nearest(&key, known.keys()));
                return Err(SettingsError::UnknownKey { path: shown, key: format!("{section}.{key}"), nearest });
            }
            known.insert(key, value);
        }
    }
    Ok(())
}

fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a String>) -> String {
    known.min_by_key(|candidate| strsim::damerau_levenshtein(word, candidate)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_default_file_and_the_structs_have_the_same_keys() {
        let table: toml::Table = DEFAULT.parse().unwrap();
        let structs = toml::Table::try_from(Settings::defaults()).unwrap();
        assert_eq!(table, structs);
    }

    #[test]
    fn every_setting_is_explained() {
        let mut explained = false;
        for line in DEFAULT.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(explained || line.contains("_per_minute"), "no comment above `{line}`");
                explained = false;
            }
            explained |= line.starts_with('#');
        }
    }

    #[test]
    fn file_beats_default_and_environment_beats_file() {
        let user = file("[server]\nport = 6000\nhost = \"0.0.0.0\"\n");
        let settings = Settings::load(Some(user.path()), |name| (name == "PORT").then(|| "7000".to_string())).unwrap();
        assert_eq!((settings.server.port, settings.server.host.as_str()), (7000, "0.0.0.0"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let user = file("[database]\npool_max_sise = 3\n");
        let error = Settings::load(Some(user.path()), none).unwrap_err();
        assert!(
            matches!(&error, SettingsError::UnknownKey { key, nearest, .. } if key == "database.pool_max_sise" && nearest == "database.pool_max_size"),
            "{error}"
        );
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        for (variable, value, key) in [
            ("JWT_ALGORITHM", "none", "auth.jwt_algorithm"),
            ("AUTH_JWT_SECRET", "short", "auth.jwt_secret"),
            ("DB_POOL_MAX_SIZE", "2", "database.pool_max_size"),
            ("DAWSOS_LOG_FORMAT", "xml", "log.format"),
            ("PORT", "many", "PORT"),
            ("DB_PREPARED", "maybe", "DB_PREPARED"),
        ] {
            let error = Settings::load(None, |name| (name == variable).then(|| value.to_string())).unwrap_err();
            assert!(matches!(&error, SettingsError::Invalid { key: found, .. } if found == key), "{variable}: {error}");
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let settings = Settings::load(None, |name| (name == "AUTH_JWT_SECRET").then(|| "s".repeat(40))).unwrap();
        assert!(!format!("{settings:?}").contains("ssss"));
    }
}
