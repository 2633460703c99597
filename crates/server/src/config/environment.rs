//! Environment variables and the settings they stand for; the one list of them.

use super::SettingsError;

/// (variable, section, key). The type is the one that the default has.
const VARIABLES: &[(&str, &str, &str)] = &[
    ("HOST", "server", "host"),
    ("PORT", "server", "port"),
    ("DAWSOS_PUBLIC_URL", "server", "public_url"),
    ("DAWSOS_CORS_ORIGINS", "server", "cors_origins"),
    ("DAWSOS_UPLOAD_MAX_BYTES", "server", "upload_max_bytes"),
    ("DAWSOS_METRICS_TOKEN", "server", "metrics_token"),
    ("DATABASE_URL", "database", "url"),
    ("DB_POOL_MIN_SIZE", "database", "pool_min_size"),
    ("DB_POOL_MAX_SIZE", "database", "pool_max_size"),
    ("DB_COMMAND_TIMEOUT_S", "database", "command_timeout_s"),
    ("DB_IDLE_LIFETIME_S", "database", "idle_lifetime_s"),
    ("DB_PREPARED", "database", "prepared"),
    ("DAWSOS_DATA_DIR", "data", "directory"),
    ("DAWSOS_PATTERNS_DIR", "data", "patterns_directory"),
    ("AUTH_JWT_SECRET", "auth", "jwt_secret"),
    ("JWT_ALGORITHM", "auth", "jwt_algorithm"),
    ("JWT_EXPIRATION_HOURS", "auth", "jwt_expiration_hours"),
    ("DAWSOS_SECRET_KEY", "auth", "secret_key"),
    ("RATE_LIMIT_ANONYMOUS", "rate_limits", "anonymous_per_minute"),
    ("RATE_LIMIT_LOGIN", "rate_limits", "login_per_minute"),
    ("RATE_LIMIT_READS", "rate_limits", "reads_per_minute"),
    ("RATE_LIMIT_EXECUTIONS", "rate_limits", "executions_per_minute"),
    ("RATE_LIMIT_IMPORTS", "rate_limits", "imports_per_minute"),
    ("DAWSOS_RESULTS_BYTES", "memory", "results_bytes"),
    ("DAWSOS_MARKET_BYTES", "memory", "market_bytes"),
    ("DAWSOS_LOG", "log", "level"),
    ("DAWSOS_LOG_FORMAT", "log", "format"),
];

/// Put the variables that are set over `merged`.
pub(super) fn overlay(
    merged: &mut toml::Table,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), SettingsError> {
    for (name, section, key) in VARIABLES {
        let Some(text) = variable(name).filter(|text| !text.is_empty()) else { continue };
        let place = &mut merged[*section][*key];
        *place = typed(place, text).map_err(|reason| SettingsError::Invalid { key: (*name).into(), reason })?;
    }
    Ok(())
}

/// The text as a value of the same type as the default.
fn typed(default: &toml::Value, text: String) -> Result<toml::Value, String> {
    match default {
        toml::Value::Integer(_) => text
            .parse::<i64>()
            .ok()
            .filter(|number| *number >= 0)
            .map(toml::Value::Integer)
            .ok_or_else(|| format!("must be a whole number, not `{text}`")),
        toml::Value::Boolean(_) => {
            text.parse::<bool>().map(toml::Value::Boolean).map_err(|_| format!("must be true or false, not `{text}`"))
        }
        toml::Value::Array(_) => {
            Ok(toml::Value::Array(text.split(',').map(|word| toml::Value::String(word.trim().into())).collect()))
        }
        _ => Ok(toml::Value::String(text)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_variable_is_named_in_the_default_file() {
        for (name, ..) in super::VARIABLES {
            assert!(super::super::DEFAULT.contains(name), "config.default.toml does not mention {name}");
        }
    }
}
