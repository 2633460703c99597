//! Equal requests in flight share one computation.
//!
//! The computation runs in a task of its own, so it survives the caller who began it as long as anybody waits for it;
//! when the last waiter goes, it is cancelled. Invariant: at most one computation per key is joinable at any time.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::events::{Event, EventLog};

/// Computations in flight by key.
#[derive(Debug)]
pub(crate) struct Flights<K, V> {
    inner: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

#[derive(Debug)]
struct Flight<V> {
    /// Tells this flight from a later one with the same key.
    number: u64,
    waiters: usize,
    result: watch::Receiver<Option<V>>,
    events: Arc<EventLog>,
    task: Option<AbortHandle>,
}

/// One waiter's share of a flight. Dropping it leaves the flight; the last one to leave cancels it.
#[derive(Debug)]
pub(crate) struct Seat<K: Eq + Hash + Clone, V> {
    flights: Arc<Mutex<HashMap<K, Flight<V>>>>,
    key: K,
    number: u64,
    result: watch::Receiver<Option<V>>,
    /// What happens in the computation.
    pub(crate) events: Arc<EventLog>,
    /// True if another request had begun it.
    pub(crate) is_joined: bool,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Flights { inner: Arc::default() }
    }
}

impl<K, V> Flights<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the flight of `key`, or begins it with what `begin` returns.
    pub(crate) fn join<F>(&self, key: K, number: u64, begin: impl FnOnce(Arc<EventLog>) -> F) -> Seat<K, V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut flights = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get_mut(&key) {
            flight.waiters += 1;
            return Seat {
                flights: self.inner.clone(),
                key,
                number: flight.number,
                result: flight.result.clone(),
                events: flight.events.clone(),
                is_joined: true,
            };
        }
        let events = Arc::new(EventLog::default());
        let (sender, result) = watch::channel(None);
        let computation = begin(events.clone());
        let inner = self.inner.clone();
        let landing = key.clone();
        let flight = Flight { number, waiters: 1, result: result.clone(), events: events.clone(), task: None };
        flights.insert(key.clone(), flight);
        // The task needs the lock to land, so it cannot land before its handle is stored.
        let task = tokio::spawn(async move {
            let value = computation.await;
            sender.send_replace(Some(value));
            forget(&inner, &landing, number);
        });
        if let Some(flight) = flights.get_mut(&key) {
            flight.task = Some(task.abort_handle());
        }
        Seat { flights: self.inner.clone(), key, number, result, events, is_joined: false }
    }

    /// Computations in flight.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

fn forget<K: Eq + Hash, V>(flights: &Mutex<HashMap<K, Flight<V>>>, key: &K, number: u64) {
    let mut flights = flights.lock().unwrap_or_else(PoisonError::into_inner);
    if flights.get(key).is_some_and(|flight| flight.number == number) {
        flights.remove(key);
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Seat<K, V> {
    /// What the computation came to; `None` if it ended without a result (it was cancelled or it panicked).
    pub(crate) async fn result(&mut self) -> Option<V> {
        match self.result.wait_for(Option::is_some).await {
            Ok(value) => value.clone(),
            Err(_) => None,
        }
    }
}

impl<K: Eq + Hash + Clone, V> Drop for Seat<K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(flight) = flights.get_mut(&self.key).filter(|flight| flight.number == self.number) else {
            return;
        };
        flight.waiters -= 1;
        let is_abandoned = flight.waiters == 0;
        if is_abandoned && let Some(flight) = flights.remove(&self.key) {
            if let Some(task) = flight.task {
                task.abort();
            }
            flight.events.push(Event::Cancelled {});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn equal_keys_share_one_computation() {
        let flights: Flights<u8, u32> = Flights::default();
        let begun = Arc::new(AtomicU32::new(0));
        let (go, wait) = oneshot::channel::<()>();
        let counter = begun.clone();
        let mut first = flights.join(1, 1, |_| async move {
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = wait.await;
            42
        });
        let mut second = flights.join(1, 2, |_| async { 0 });
        assert_eq!((first.is_joined, second.is_joined), (false, true));
        go.send(()).expect("the computation waits");
        assert_eq!((first.result().await, second.result().await), (Some(42), Some(42)));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        drop((first, second));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn the_computation_outlives_who_began_it_and_ends_with_the_last_waiter() {
        let flights: Flights<u8, u32> = Flights::default();
        let (go, wait) = oneshot::channel::<()>();
        let first = flights.join(1, 1, |_| async move {
            let _ = wait.await;
            7
        });
        let mut second = flights.join(1, 2, |_| async { 0 });
        drop(first);
        go.send(()).expect("it still runs");
        assert_eq!(second.result().await, Some(7));

        let (mut abandoned, wait) = oneshot::channel::<()>();
        let only = flights.join(2, 3, |_| async move {
            let _ = wait.await;
            0
        });
        let events = only.events.clone();
        drop(only);
        // The receiver inside the computation is dropped: it was cancelled.
        abandoned.closed().await;
        assert!(events.is_ended());
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn a_computation_that_panics_leaves_no_waiter_hanging() {
        let flights: Flights<u8, u32> = Flights::default();
        let mut seat = flights.join(1, 1, |_| async { panic!("a bug") });
        assert_eq!(seat.result().await, None);
        drop(seat);
        assert_eq!(flights.len(), 0);
    }
}
