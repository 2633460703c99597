//! A pricing pack: one day's content chained to the pack of the day before, as commits are.
//!
//! Invariant of a chain: each hash is that of its parts, each parent is the pack before it, dates ascend, one policy,
//! and no pack was known before its parent. So one hash pins the whole history behind it.

use crate::{DayContent, DisplayId, Hash};
use chrono::{DateTime, SecondsFormat, Utc};
use dates::Date;
use sha2::{Digest, Sha256};

/// A pricing pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// [`pack_hash`] of the parts below.
    pub hash: Hash,
    /// The name that people read; see [`DisplayId`].
    pub display_id: String,
    /// The policy under which it was built.
    pub policy_id: String,
    /// Day that the prices are for.
    pub date: Date,
    /// 0 for the first build, then one more for each restatement.
    pub revision: u32,
    /// Hash of the pack of the previous day; none for the first of a chain.
    pub parent_hash: Option<Hash>,
    /// Hash of the day content.
    pub content_hash: Hash,
    /// When the content was known; pins vintages of macro series and fundamentals as well. Microseconds count.
    pub known_at: DateTime<Utc>,
    /// Why it was built, for a restatement.
    pub reason: Option<String>,
}

/// Which pack a figure was computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRef {
    /// Hash of the pack.
    pub hash: Hash,
    /// The name that people read.
    pub display_id: String,
    /// Day of the pack.
    pub date: Date,
    /// Its revision.
    pub revision: u32,
    /// Its policy.
    pub policy_id: String,
    /// When its content was known.
    pub known_at: DateTime<Utc>,
}

impl Pack {
    /// Chains a day's content to the pack before it (`None` starts a chain).
    pub fn chained(
        parent: Option<&Pack>,
        content: &DayContent,
        policy_id: &str,
        revision: u32,
        known_at: DateTime<Utc>,
        reason: Option<String>,
    ) -> Result<Pack, ChainError> {
        let content_hash = content.hash();
        let parent_hash = parent.map(|p| p.hash);
        let pack = Pack {
            hash: pack_hash(parent_hash.as_ref(), &content_hash, policy_id, known_at),
            display_id: DisplayId { date: content.date(), revision, policy_id: policy_id.to_owned() }.to_string(),
            policy_id: policy_id.to_owned(),
            date: content.date(),
            revision,
            parent_hash,
            content_hash,
            known_at,
            reason,
        };
        check_link(parent, &pack)?;
        Ok(pack)
    }

    /// The reference that a result carries.
    pub fn reference(&self) -> PackRef {
        PackRef {
            hash: self.hash,
            display_id: self.display_id.clone(),
            date: self.date,
            revision: self.revision,
            policy_id: self.policy_id.clone(),
            known_at: self.known_at,
        }
    }
}

/// SHA-256(parent ‖ content ‖ policy ‖ known_at).
///
/// Parent: 32 bytes, zeros for the first pack of a chain. Content: 32 bytes. Policy: its id in UTF-8. Known at: UTC as
/// `YYYY-MM-DDTHH:MM:SS.ffffffZ` in ASCII (microseconds, as the database keeps them).
pub fn pack_hash(parent: Option<&Hash>, content: &Hash, policy_id: &str, known_at: DateTime<Utc>) -> Hash {
    Sha256::new()
        .chain_update(parent.unwrap_or(&[0; 32]))
        .chain_update(content)
        .chain_update(policy_id.as_bytes())
        .chain_update(known_at.to_rfc3339_opts(SecondsFormat::Micros, true).as_bytes())
        .finalize()
        .into()
}

/// How a chain of packs fails verification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The stored hash is not that of the parts.
    #[error("pricing pack {display_id} does not hash to its own hash")]
    WrongHash {
        /// The pack.
        display_id: String,
    },
    /// The display id contradicts date, revision or policy.
    #[error("pricing pack {display_id} should be named {expected}")]
    WrongName {
        /// The stored name.
        display_id: String,
        /// The name of its parts.
        expected: String,
    },
    /// The parent is not the pack before it.
    #[error("pricing pack {display_id} does not follow the pack before it")]
    WrongParent {
        /// The pack.
        display_id: String,
    },
    /// The dates do not ascend.
    #[error("pricing pack {display_id} is not after {previous}")]
    DatesDoNotAscend {
        /// The pack.
        display_id: String,
        /// Date of the pack before it.
        previous: Date,
    },
    /// Two policies in one chain.
    #[error("pricing pack {display_id} is of policy {found}, its chain of {expected}")]
    PolicyChanges {
        /// The pack.
        display_id: String,
        /// Policy of the chain.
        expected: String,
        /// Policy of the pack.
        found: String,
    },
    /// Known before its parent, which would let a figure see the future.
    #[error("pricing pack {display_id} was known before its parent")]
    KnownBeforeParent {
        /// The pack.
        display_id: String,
    },
    /// The content is not the one that the pack names.
    #[error("content of pricing pack {display_id} does not match its hash")]
    WrongContent {
        /// The pack.
        display_id: String,
    },
}

/// Verifies a whole chain, oldest first: the first pack has no parent.
pub fn verify_chain(packs: &[Pack]) -> Result<(), ChainError> {
    let mut parent = None;
    for pack in packs {
        check_link(parent, pack)?;
        parent = Some(pack);
    }
    Ok(())
}

/// Verifies that a content is the one that a pack names.
pub fn verify_content(pack: &Pack, content: &DayContent) -> Result<(), ChainError> {
    if content.date() == pack.date && content.hash() == pack.content_hash {
        Ok(())
    } else {
        Err(ChainError::WrongContent { display_id: pack.display_id.clone() })
    }
}

fn check_link(parent: Option<&Pack>, pack: &Pack) -> Result<(), ChainError> {
    let display_id = || pack.display_id.clone();
    let expected = pack_hash(pack.parent_hash.as_ref(), &pack.content_hash, &pack.policy_id, pack.known_at);
    if pack.hash != expected {
        return Err(ChainError::WrongHash { display_id: display_id() });
    }
    let name = DisplayId { date: pack.date, revision: pack.revision, policy_id: pack.policy_id.clone() }.to_string();
    if pack.display_id != name {
        return Err(ChainError::WrongName { display_id: display_id(), expected: name });
    }
    if pack.parent_hash != parent.map(|p| p.hash) {
        return Err(ChainError::WrongParent { display_id: display_id() });
    }
    let Some(parent) = parent else { return Ok(()) };
    if parent.policy_id != pack.policy_id {
        let (expected, found) = (parent.policy_id.clone(), pack.policy_id.clone());
        return Err(ChainError::PolicyChanges { display_id: display_id(), expected, found });
    }
    if pack.date <= parent.date {
        return Err(ChainError::DatesDoNotAscend { display_id: display_id(), previous: parent.date });
    }
    if pack.known_at < parent.known_at {
        return Err(ChainError::KnownBeforeParent { display_id: display_id() });
    }
    Ok(())
}
