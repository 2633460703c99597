//! Deficit round robin over users: a user who asks for much waits behind users who ask for little.
//!
//! Each user has its own first-in-first-out line and a credit of connection time. A user at the front of the ring is
//! served while its credit covers the cost of its next entry; otherwise it is credited with one quantum and goes to the
//! back. Between two users who always have something waiting, the service received differs by at most one quantum plus
//! the dearest entry (M. Shreedhar, G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", 1996).

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

/// One waiting request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Number of the request.
    pub(crate) id: u64,
    /// What serving it costs; the unit is the quantum's.
    pub(crate) cost: u64,
    /// Bulkheads that it needs, one bit each.
    pub(crate) needs: u64,
}

#[derive(Debug, Default)]
struct Line {
    entries: VecDeque<Entry>,
    credit: u64,
    work: u64,
}

impl Line {
    fn next_index(&self, closed: u64) -> Option<usize> {
        self.entries.iter().position(|entry| entry.needs & closed == 0)
    }
}

/// Waiting requests of all users. Invariant: the ring holds exactly the users whose line is not empty.
#[derive(Debug, Default)]
pub(crate) struct FairQueue {
    lines: BTreeMap<Uuid, Line>,
    ring: VecDeque<Uuid>,
    length: usize,
}

impl FairQueue {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn push(&mut self, user: Uuid, entry: Entry) {
        let line = self.lines.entry(user).or_default();
        if line.entries.is_empty() {
            self.ring.push_back(user);
        }
        line.work = line.work.saturating_add(entry.cost);
        line.entries.push_back(entry);
        self.length += 1;
    }

    /// Takes the next entry whose needs avoid all `closed` bulkheads.
    pub(crate) fn pop(&mut self, closed: u64, quantum: u64) -> Option<Entry> {
        self.skip_rounds(closed, quantum)?;
        // After skipping, somebody is served within this and the next round, so the loop ends.
        for _ in 0..=self.ring.len().saturating_mul(2) {
            let user = *self.ring.front()?;
            let line = self.lines.get_mut(&user)?;
            match line.next_index(closed) {
                Some(index) if line.entries[index].cost <= line.credit => {
                    let entry = line.entries.remove(index)?;
                    line.credit -= entry.cost;
                    line.work = line.work.saturating_sub(entry.cost);
                    self.length -= 1;
                    if line.entries.is_empty() {
                        self.lines.remove(&user);
                        self.ring.pop_front();
                    }
                    return Some(entry);
                }
                Some(_) => line.credit = line.credit.saturating_add(quantum),
                None => {}
            }
            self.ring.rotate_left(1);
        }
        None
    }

    /// Credits the whole rounds in which nobody could be served, all at once. `None` if nobody is eligible.
    fn skip_rounds(&mut self, closed: u64, quantum: u64) -> Option<()> {
        let mut rounds: Option<u64> = None;
        for line in self.lines.values() {
            if let Some(index) = line.next_index(closed) {
                let lacking = line.entries[index].cost.saturating_sub(line.credit);
                let needed = lacking.div_ceil(quantum);
                rounds = Some(rounds.map_or(needed, |least| least.min(needed)));
            }
        }
        let skipped = rounds?.saturating_sub(1);
        if skipped > 0 {
            for line in self.lines.values_mut() {
                if line.next_index(closed).is_some() {
                    line.credit = line.credit.saturating_add(skipped.saturating_mul(quantum));
                }
            }
        }
        Some(())
    }

    /// Takes out one entry wherever it stands.
    pub(crate) fn remove(&mut self, user: Uuid, id: u64) -> Option<Entry> {
        let line = self.lines.get_mut(&user)?;
        let index = line.entries.iter().position(|entry| entry.id == id)?;
        let entry = line.entries.remove(index)?;
        line.work = line.work.saturating_sub(entry.cost);
        self.length -= 1;
        if line.entries.is_empty() {
            self.lines.remove(&user);
            self.ring.retain(|other| *other != user);
        }
        Some(entry)
    }

    /// Cost that is served before a new entry of `user` with `cost`: all of its own line, and of each other line as much
    /// as a fair share lets go first.
    pub(crate) fn work_ahead(&self, user: Uuid, cost: u64) -> u64 {
        let own = self.lines.get(&user).map_or(0, |line| line.work);
        let share = own.saturating_add(cost);
        self.lines
            .iter()
            .filter(|(other, _)| **other != user)
            .map(|(_, line)| line.work.min(share))
            .fold(own, u64::saturating_add)
    }

    /// Cost of everything that waits.
    pub(crate) fn total_work(&self) -> u64 {
        self.lines.values().map(|line| line.work).fold(0, u64::saturating_add)
    }

    /// Takes out everything, in the order of the ring and of each line.
    pub(crate) fn drain(&mut self) -> Vec<(Uuid, Entry)> {
        let mut all = Vec::with_capacity(self.length);
        for user in std::mem::take(&mut self.ring) {
            if let Some(line) = self.lines.remove(&user) {
                all.extend(line.entries.into_iter().map(|entry| (user, entry)));
            }
        }
        self.length = 0;
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn entry(id: u64, cost: u64) -> Entry {
        Entry { id, cost, needs: 1 }
    }

    #[test]
    fn one_user_is_served_first_in_first_out() {
        let mut queue = FairQueue::default();
        for id in 1..=4 {
            queue.push(user(1), entry(id, 7));
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop(0, 10)).map(|e| e.id).collect();
        assert_eq!(order, [1, 2, 3, 4]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_flood_of_one_user_does_not_delay_another() {
        let mut queue = FairQueue::default();
        for id in 1..=100 {
            queue.push(user(1), entry(id, 10));
        }
        queue.push(user(2), entry(900, 10));
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop(0, 10)).map(|e| e.id).collect();
        assert!(order.iter().position(|id| *id == 900).is_some_and(|at| at <= 2), "{order:?}");
    }

    #[test]
    fn dear_requests_are_served_in_proportion_to_their_cost() {
        let mut queue = FairQueue::default();
        for id in 0..100 {
            queue.push(user(1), entry(id, 50));
            queue.push(user(2), entry(1000 + id, 10));
        }
        let first: Vec<u64> = (0..60).filter_map(|_| queue.pop(0, 10)).map(|e| e.id).collect();
        let dear = first.iter().filter(|id| **id < 1000).count() as u64 * 50;
        let cheap = first.iter().filter(|id| **id >= 1000).count() as u64 * 10;
        assert!(dear.abs_diff(cheap) <= 60, "dear {dear}, cheap {cheap}");
    }

    #[test]
    fn a_request_that_cannot_run_does_not_block_the_one_behind_it() {
        let mut queue = FairQueue::default();
        queue.push(user(1), Entry { id: 1, cost: 5, needs: 0b01 });
        queue.push(user(1), Entry { id: 2, cost: 5, needs: 0b10 });
        assert_eq!(queue.pop(0b01, 10).map(|e| e.id), Some(2));
        assert!(queue.pop(0b01, 10).is_none());
        assert_eq!(queue.pop(0, 10).map(|e| e.id), Some(1));
    }

    #[test]
    fn a_very_dear_request_takes_no_longer_to_pick() {
        let mut queue = FairQueue::default();
        queue.push(user(1), entry(1, u64::MAX / 4));
        assert_eq!(queue.pop(0, 1).map(|e| e.id), Some(1));
    }

    #[test]
    fn work_ahead_counts_a_fair_share_of_the_others() {
        let mut queue = FairQueue::default();
        queue.push(user(1), entry(1, 1000));
        queue.push(user(2), entry(2, 5));
        assert_eq!(queue.work_ahead(user(3), 10), 10 + 5);
        assert_eq!(queue.work_ahead(user(2), 10), 5 + 15);
        assert!(queue.remove(user(1), 1).is_some());
        assert_eq!(queue.work_ahead(user(3), 10), 5);
    }
}
