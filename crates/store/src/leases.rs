//! The async side of the governor: callers wait here until the state machine lets them through.
//! Invariant: every request ends in one guard or one error; a dropped waiter or guard gives its place back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{
    AdmissionDecision, AdmissionRequest, Class, Event, Governor, LeaseDecision, LeaseRequest, LeaseTicket, LeaseTimes,
    Limits, Rejection, Snapshot,
};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use crate::error::StoreError;

type Waiter = oneshot::Sender<Result<(), Rejection>>;

struct State {
    governor: Governor,
    leases: HashMap<u64, Waiter>,
    executions: HashMap<u64, Waiter>,
}

struct Shared {
    state: Mutex<State>,
    started: Instant,
    /// Told when the time of the next wake-up may have changed.
    changed: Notify,
    next_lease: AtomicU64,
    next_execution: AtomicU64,
}

/// Admission of executions and leases of connections, for async callers.
#[derive(Clone)]
pub struct Leases {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Leases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leases").finish_non_exhaustive()
    }
}

/// An execution that wants to begin.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Number of the execution, from [`Leases::next_execution`].
    pub execution: u64,
    /// For whom.
    pub user: Uuid,
    /// Agents whose leases its plan will ask for; empty: admitted at once.
    pub agents: Vec<String>,
    /// Connection time that the plan is expected to use in total.
    pub expected_lease: Duration,
    /// Time left until its answer must be there.
    pub deadline_in: Duration,
    /// Interactive or background.
    pub class: Class,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Lets the machine move on and tells the waiters; call after every change.
    fn settle(&self, state: &mut State) {
        for event in state.governor.advance(self.now()) {
            let (waiter, outcome) = match event {
                Event::LeaseGranted(id) => (state.leases.remove(&id), Ok(())),
                Event::LeaseRejected(id, why) => (state.leases.remove(&id), Err(why)),
                Event::ExecutionAdmitted(id) => (state.executions.remove(&id), Ok(())),
                Event::ExecutionRejected(id, why) => (state.executions.remove(&id), Err(why)),
            };
            if let Some(waiter) = waiter {
                // A receiver that is gone cancels by its own guard.
                let _ = waiter.send(outcome);
            }
        }
        self.changed.notify_one();
    }
}

impl Leases {
    /// Leases within `limits`. Must be called inside a tokio runtime.
    pub fn new(limits: Limits) -> Result<Self, StoreError> {
        let governor = Governor::new(limits).map_err(|e| StoreError::Configuration(e.to_string()))?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State { governor, leases: HashMap::new(), executions: HashMap::new() }),
            started: Instant::now(),
            changed: Notify::new(),
            next_lease: AtomicU64::new(1),
            next_execution: AtomicU64::new(1),
        });
        tokio::spawn(keep_time(Arc::downgrade(&shared)));
        Ok(Self { shared })
    }

    /// A number for a new execution, unique in this process and never 0.
    #[must_use]
    pub fn next_execution(&self) -> u64 {
        self.shared.next_execution.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until the execution may begin.
    pub async fn admit(&self, request: Admission) -> Result<AdmissionGuard, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let id = request.execution;
        // Made before the request, so that dropping this future anywhere gives the place back.
        let mut guard = {
            let mut state = self.shared.lock();
            let now = self.shared.now();
            let decision = state.governor.request_admission(
                now,
                AdmissionRequest {
                    execution: id,
                    user: request.user,
                    agents: request.agents,
                    expected_lease: request.expected_lease,
                    deadline: now + request.deadline_in,
                    class: request.class,
                },
            );
            let admitted = match decision {
                AdmissionDecision::Admitted => true,
                AdmissionDecision::Queued { .. } => {
                    state.executions.insert(id, sender);
                    false
                }
                AdmissionDecision::Rejected(why) => {
                    self.shared.settle(&mut state);
                    return Err(overloaded(why));
                }
            };
            self.shared.settle(&mut state);
            AdmissionGuard { shared: self.shared.clone(), id, admitted, over: false, waited: Duration::ZERO }
        };
        if !guard.admitted {
            let asked = Instant::now();
            match receiver.await {
                Ok(Ok(())) => guard.admitted = true,
                Ok(Err(why)) => {
                    guard.over = true;
                    return Err(overloaded(why));
                }
                Err(_) => return Err(gone()),
            }
            guard.waited = asked.elapsed();
        }
        Ok(guard)
    }

    /// Waits until the ticket's agent may use a connection.
    pub async fn acquire(&self, ticket: LeaseTicket) -> Result<LeaseGuard, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let id = self.shared.next_lease.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let mut guard = {
            let mut state = self.shared.lock();
            let now = self.shared.now();
            let deadline = now + ticket.deadline_in;
            let decision = state.governor.request_lease(
                now,
                LeaseRequest {
                    id,
                    agent: ticket.agent.to_string(),
                    user: ticket.user,
                    execution: ticket.execution,
                    deadline,
                },
            );
            let granted = match decision {
                LeaseDecision::Granted => true,
                LeaseDecision::Queued { .. } => {
                    state.leases.insert(id, sender);
                    false
                }
                LeaseDecision::Rejected(why) => {
                    self.shared.settle(&mut state);
                    return Err(overloaded(why));
                }
            };
            self.shared.settle(&mut state);
            LeaseGuard {
                shared: self.shared.clone(),
                id,
                granted,
                over: false,
                since: asked,
                deadline: asked + ticket.deadline_in,
                times: ticket.times,
            }
        };
        if !guard.granted {
            match receiver.await {
                Ok(Ok(())) => guard.granted = true,
                Ok(Err(why)) => {
                    guard.over = true;
                    guard.times.add_wait(asked.elapsed());
                    return Err(overloaded(why));
                }
                Err(_) => return Err(gone()),
            }
            guard.since = Instant::now();
            guard.times.add_wait(guard.since - asked);
        }
        Ok(guard)
    }

    /// State of the governor now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared.lock().governor.snapshot(self.shared.now())
    }
}

/// Advances the machine when a waiter's time comes, until the last owner is gone.
async fn keep_time(shared: std::sync::Weak<Shared>) {
    loop {
        let Some(strong) = shared.upgrade() else {
            return;
        };
        let wake = {
            let mut state = strong.lock();
            let wake = state.governor.next_wakeup();
            if wake.is_some_and(|at| at <= strong.now()) {
                strong.settle(&mut state);
                state.governor.next_wakeup()
            } else {
                wake
            }
        };
        // At most a second, after which it is seen whether the last `Leases` is gone.
        let wait = wake.map_or(Duration::from_secs(1), |at| {
            at.saturating_sub(strong.now()).clamp(Duration::from_millis(1), Duration::from_secs(1))
        });
        let changed = strong.changed.notified();
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn overloaded(why: Rejection) -> StoreError {
    StoreError::Overloaded { reason: why.reason.as_str().to_owned(), retry_after: why.retry_after }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the server is stopping".to_owned())
}

/// An admitted execution; dropping it ends the execution.
pub struct AdmissionGuard {
    shared: Arc<Shared>,
    id: u64,
    admitted: bool,
    over: bool,
    waited: Duration,
}

impl AdmissionGuard {
    /// Number of the execution.
    #[must_use]
    pub fn execution(&self) -> u64 {
        self.id
    }

    /// Time waited for admission.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl std::fmt::Debug for AdmissionGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdmissionGuard").field("execution", &self.id).finish_non_exhaustive()
    }
}

impl Drop for AdmissionGuard {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.shared.lock();
        let now = self.shared.now();
        state.executions.remove(&self.id);
        if self.admitted {
            state.governor.finish_execution(now, self.id);
        } else {
            state.governor.cancel_execution(now, self.id);
        }
        self.shared.settle(&mut state);
    }
}

/// A lease: the right to one connection; dropping it gives it back.
pub struct LeaseGuard {
    shared: Arc<Shared>,
    id: u64,
    granted: bool,
    over: bool,
    since: Instant,
    deadline: Instant,
    times: Arc<LeaseTimes>,
}

impl LeaseGuard {
    /// Time left until the step's deadline.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(crate) fn times(&self) -> &LeaseTimes {
        &self.times
    }
}

impl std::fmt::Debug for LeaseGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeaseGuard").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.shared.lock();
        let now = self.shared.now();
        state.leases.remove(&self.id);
        if self.granted {
            self.times.add_lease(self.since.elapsed());
            state.governor.release_lease(now, self.id);
        } else {
            state.governor.cancel_lease(now, self.id);
        }
        self.shared.settle(&mut state);
    }
}
