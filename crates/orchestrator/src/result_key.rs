//! The content key of a result: the hash of everything that its bytes depend on.

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// BLAKE3 over plan, canonical inputs, pack, ledger commit, user scope, date and currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultKey(pub [u8; 32]);

impl ResultKey {
    /// Lower-case hex.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl std::fmt::Display for ResultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl Serialize for ResultKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

/// Parts of a key. Every part is written with its length, so that no two lists of parts give the same bytes.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher(blake3::Hasher);

impl KeyHasher {
    /// `domain` keeps keys of different kinds apart.
    pub(crate) fn new(domain: &str) -> Self {
        let mut hasher = KeyHasher(blake3::Hasher::new());
        hasher.part(domain.as_bytes());
        hasher
    }

    pub(crate) fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// A part that may be missing; missing differs from empty.
    pub(crate) fn optional(&mut self, part: Option<&str>) -> &mut Self {
        match part {
            Some(text) => {
                self.0.update(&[1]);
                self.part(text.as_bytes())
            }
            None => {
                self.0.update(&[0]);
                self
            }
        }
    }

    pub(crate) fn user(&mut self, user: Option<Uuid>) -> &mut Self {
        match user {
            Some(user) => self.part(user.as_bytes()),
            None => self.part(&[]),
        }
    }

    pub(crate) fn finish(&self) -> ResultKey {
        ResultKey(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_parts_do_not_run_into_each_other() {
        let key = |parts: &[&str]| {
            let mut hasher = KeyHasher::new("test");
            for part in parts {
                hasher.part(part.as_bytes());
            }
            hasher.finish()
        };
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a"]), key(&["a", ""]));
        assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
    }

    #[test]
    fn missing_differs_from_empty() {
        let key = |part: Option<&str>| KeyHasher::new("test").optional(part).finish();
        assert_ne!(key(None), key(Some("")));
    }
}
