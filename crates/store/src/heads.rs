//! The heads of portfolios, kept in memory so that a known result needs no round trip.
//! Invariant: a head is served from memory only while the listener is connected, and never after a
//! change that this process made or was told of.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use uuid::Uuid;

use crate::queries::portfolios::PortfolioHead;

/// Portfolios kept.
const CAPACITY: u64 = 20_000;
/// Counters that portfolios share by their id.
const EPOCHS: usize = 1_024;

/// The cache by portfolio. Only the owner is served from it: whether a share still holds, the database decides.
pub(crate) struct Heads {
    cache: moka::sync::Cache<Uuid, PortfolioHead>,
    /// Raised by each change, so that a reading that began before it is not kept.
    epochs: Vec<AtomicU64>,
    listening: AtomicBool,
}

impl Heads {
    pub(crate) fn new() -> Self {
        Self {
            cache: moka::sync::Cache::new(CAPACITY),
            epochs: (0..EPOCHS).map(|_| AtomicU64::new(0)).collect(),
            listening: AtomicBool::new(false),
        }
    }

    fn counter(&self, portfolio: Uuid) -> &AtomicU64 {
        // The last bytes of a UUIDv7 are random.
        let [.., high, low] = *portfolio.as_bytes();
        &self.epochs[usize::from(u16::from_be_bytes([high, low])) % EPOCHS]
    }

    pub(crate) fn epoch(&self, portfolio: Uuid) -> u64 {
        self.counter(portfolio).load(Ordering::SeqCst)
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
        if self.epoch(head.id) != epoch || !self.listening.load(Ordering::SeqCst) {
            return;
        }
        self.cache.insert(head.id, head.clone());
        if self.epoch(head.id) != epoch {
            self.cache.invalidate(&head.id);
        }
    }

    /// Drops the head of a portfolio.
    pub(crate) fn forget(&self, portfolio: Uuid) {
        self.counter(portfolio).fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(&portfolio);
    }

    /// The listener is away: nothing is served from memory.
    pub(crate) fn pause(&self) {
        self.listening.store(false, Ordering::SeqCst);
        self.raise_all();
        self.cache.invalidate_all();
    }

    /// The listener is there.
    pub(crate) fn resume(&self) {
        self.raise_all();
        self.listening.store(true, Ordering::SeqCst);
    }

    fn raise_all(&self) {
        for counter in &self.epochs {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }
}
