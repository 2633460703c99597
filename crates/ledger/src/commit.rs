//! The chain of commits: one hash that pins the whole ledger up to an entry.
//!
//!   commit₀ = SHA-256("dawsos-ledger-v1" ‖ portfolio id)      commitₙ = SHA-256(commitₙ₋₁ ‖ RFC 8785 JSON of entry n)

use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::entry::Entry;
use crate::wire::entry_to_json;

/// A SHA-256.
pub type Commit = [u8; 32];

/// Where a chain of commits breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainError {
    /// Not as many commits as entries.
    #[error("{entries} entries but {commits} commits")]
    Length {
        /// Number of entries.
        entries: usize,
        /// Number of commits.
        commits: usize,
    },
    /// Sequence numbers are not 1, 2, 3…
    #[error("entry {found} stands where entry {expected} should")]
    Gap {
        /// The number expected.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The stored commit is not the hash of the entry and the commit before it.
    #[error("the commit of entry {seq} is {stored}, computed {computed}")]
    Broken {
        /// The first entry whose commit differs.
        seq: u64,
        /// Commit as stored, hexadecimal.
        stored: String,
        /// Commit as computed, hexadecimal.
        computed: String,
    },
}

/// The commit of an empty ledger.
pub fn genesis(portfolio_id: Uuid) -> Commit {
    let mut hash = Sha256::new();
    hash.update(b"dawsos-ledger-v1");
    hash.update(portfolio_id.as_bytes());
    hash.finalize().into()
}

/// The commit after an entry.
pub fn commit(previous: &Commit, entry: &Entry) -> Commit {
    let canonical = canonical_json::canonical(&entry_to_json(entry));
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(&canonical);
    hash.finalize().into()
}

/// The commits after each of the entries, which follow `previous`.
pub fn chain(previous: &Commit, entries: &[Entry]) -> Vec<Commit> {
    let steps = entries.iter().scan(*previous, |head, entry| {
        *head = commit(head, entry);
        Some(*head)
    });
    steps.collect()
}

/// Checks a whole ledger from its first entry; gives the head.
pub fn verify_chain(portfolio_id: Uuid, entries: &[Entry], commits: &[Commit]) -> Result<Commit, ChainError> {
    if entries.len() != commits.len() {
        return Err(ChainError::Length { entries: entries.len(), commits: commits.len() });
    }
    let mut head = genesis(portfolio_id);
    for (expected, (entry, stored)) in (1..).zip(entries.iter().zip(commits)) {
        if entry.seq != expected {
            return Err(ChainError::Gap { expected, found: entry.seq });
        }
        head = commit(&head, entry);
        if head != *stored {
            let (stored, computed) = (hex::encode(stored), hex::encode(head));
            return Err(ChainError::Broken { seq: entry.seq, stored, computed });
        }
    }
    Ok(head)
}
