//! Which entries are in force: voids and amendments close their targets, an amendment takes its target's place.
//!
//! Invariant: entries are numbered 1, 2, 3…; a target is an earlier entry and is closed once.

use std::sync::Arc;

use crate::book_error::BookError;
use crate::entry::{Action, Entry};
use crate::kind::Kind;

/// What became of each entry, by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub status: Vec<Status>,
    /// Index of the record that each entry stands for.
    pub root: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    InForce,
    /// By which void.
    VoidedBy(usize),
    /// By which amendment.
    AmendedBy(usize),
    /// A void has no content of its own.
    IsVoid,
}

impl Standing {
    pub fn of(entries: &[Arc<Entry>]) -> Result<Standing, BookError> {
        let mut standing =
            Standing { status: Vec::with_capacity(entries.len()), root: Vec::with_capacity(entries.len()) };
        for at in 0..entries.len() {
            standing.push(entries, at)?;
        }
        Ok(standing)
    }

    pub fn is_in_force(&self, at: usize) -> bool {
        self.status[at] == Status::InForce
    }

    /// Adds the entry at an index, which is the next one; gives the index of its target.
    pub fn push(&mut self, entries: &[Arc<Entry>], at: usize) -> Result<Option<usize>, BookError> {
        let entry = &entries[at];
        let (seq, expected) = (entry.seq, at as u64 + 1);
        if seq != expected {
            return Err(BookError::SequenceGap { expected, found: seq });
        }
        let target = match (entry.action, entry.target_seq) {
            (Action::Record, None) => {
                self.status.push(Status::InForce);
                self.root.push(at);
                return Ok(None);
            }
            (Action::Record, Some(_)) | (_, None) => return Err(BookError::WrongTarget { seq }),
            (_, Some(target)) => target,
        };
        let target_at = usize::try_from(target).ok().and_then(|target| target.checked_sub(1)).filter(|of| *of < at);
        let target_at = target_at.ok_or(BookError::UnknownTarget { seq, target })?;
        match self.status[target_at] {
            Status::InForce => {}
            Status::IsVoid => return Err(BookError::UnknownTarget { seq, target }),
            Status::VoidedBy(_) | Status::AmendedBy(_) => return Err(BookError::TargetClosed { seq, target }),
        }
        if entry.action == Action::Void {
            self.status[target_at] = Status::VoidedBy(at);
            self.status.push(Status::IsVoid);
            self.root.push(at);
        } else {
            let class = |kind: Kind| (kind.is_transaction(), kind == Kind::Setting);
            if class(entry.kind) != class(entries[target_at].kind) {
                return Err(BookError::ClassChanged { seq, target });
            }
            self.status[target_at] = Status::AmendedBy(at);
            self.status.push(Status::InForce);
            self.root.push(self.root[target_at]);
        }
        Ok(Some(target_at))
    }
}
