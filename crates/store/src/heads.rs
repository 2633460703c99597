//! The heads of portfolios, kept in memory so that a known result needs no round trip.
//! Invariant: a head is served from memory only while the listener is connected, and never after a
//! change that this process made or was told of.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use uuid::Uuid;

use crate::queries::portfolios::PortfolioHead;

/// Portfolios kept.
const CAPACITY: u64 = 20_000;

/// The cache by portfolio. Only the owner is served from it: whether a share still holds, the database decides.
pub(crate) struct Heads {
    cache: moka::sync::Cache<Uuid, PortfolioHead>,
    /// Raised by each change, so that a reading that began before it is not kept.
    epoch: AtomicU64,
    listening: AtomicBool,
}

impl Heads {
    pub(crate) fn new() -> Self {
        Self { cache: moka::sync::Cache::new(CAPACITY), epoch: AtomicU64::new(0), listening: AtomicBool::new(false) }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    pub(crate) fn get(&self, user: Uuid, portfolio: Uuid) -> Option<PortfolioHead> {
        if self.listening.load(Ordering::SeqCst) {
            self.cache.get(&portfolio).filter(|head| head.user_id == user)
        } else {
            None
        }
    }

    /// Keeps a head that its owner read after `epoch` was taken.
    pub(crate) fn put(&self, head: &PortfolioHead, epoch: u64) {
        if self.epoch() != epoch || !self.listening.load(Ordering::SeqCst) {
            return;
        }
        self.cache.insert(head.id, head.clone());
        if self.epoch() != epoch {
            self.cache.invalidate(&head.id);
        }
    }

    /// Drops the head of a portfolio.
    pub(crate) fn forget(&self, portfolio: Uuid) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(&portfolio);
    }

    /// The listener is away: nothing is served from memory.
    pub(crate) fn pause(&self) {
        self.listening.store(false, Ordering::SeqCst);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate_all();
    }

    /// The listener is there.
    pub(crate) fn resume(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.listening.store(true, Ordering::SeqCst);
    }
}
