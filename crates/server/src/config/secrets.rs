//! Secrets that the installation makes for itself: random, kept in the data directory, readable by the owner alone.

use rand::RngExt;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The secret in `path`, made (64 hex digits of 32 random bytes) when the file is not there.
pub fn read_or_make(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            }
            Ok(text.trim().to_string())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = hex::encode(rand::rng().random::<[u8; 32]>());
            keep_secret(path, &secret)?;
            // Another process may have been first: what lies on disk counts.
            std::fs::read_to_string(path).map(|text| text.trim().to_string())
        }
        Err(error) => Err(error),
    }
}

/// Write a secret unless the file exists, mode 0600.
pub fn keep_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => file.write_all(secret.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt.key");
        let first = read_or_make(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(read_or_make(&path).unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
