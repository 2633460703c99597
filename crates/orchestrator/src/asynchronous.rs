//! Executions whose caller does not wait: their events, their answer, and the way to cancel them.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::answer::Answer;
use crate::deps::Settings;
use crate::events::{Event, EventLog, EventStream};
use crate::execute::{Orchestrator, Prepared};
use crate::problem::Problem;
use crate::request::Request;

/// Asynchronous executions, running and lately ended.
pub(crate) struct Registry {
    known: moka::sync::Cache<Uuid, Arc<Asynchronous>>,
}

struct Asynchronous {
    user: Uuid,
    prepared: Prepared,
    log: Mutex<Option<Arc<EventLog>>>,
    outcome: Mutex<Option<Result<Answer, Problem>>>,
    task: Mutex<Option<AbortHandle>>,
}

/// An execution that was begun.
#[derive(Debug)]
pub struct Started {
    /// Its id.
    pub execution_id: Uuid,
    /// Its events from the first on.
    pub events: EventStream,
}

/// Where an asynchronous execution stands.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It runs or waits.
    Running,
    /// It ended.
    Ended(Box<Result<Answer, Problem>>),
}

impl Registry {
    pub(crate) fn new(settings: &Settings) -> Self {
        let known = moka::sync::Cache::builder()
            .max_capacity(settings.events_kept_executions)
            .time_to_live(settings.events_kept)
            .build();
        Registry { known }
    }

    fn find(&self, user: Uuid, execution_id: Uuid) -> Result<Arc<Asynchronous>, Problem> {
        self.known
            .get(&execution_id)
            .filter(|execution| execution.user == user)
            .ok_or_else(|| Problem::new("execution_not_found", format!("no execution {execution_id} is known here")))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Orchestrator {
    /// Begins an execution and returns as soon as pattern, inputs and context are fixed. It runs to its end even if
    /// nobody watches, unless it is cancelled.
    pub async fn execute_async(&self, request: Request) -> Result<Started, Problem> {
        let prepared = self.prepare(request).await?;
        let execution_id = prepared.execution_id();
        let execution = Arc::new(Asynchronous {
            user: prepared.user,
            prepared: prepared.clone(),
            log: Mutex::new(None),
            outcome: Mutex::new(None),
            task: Mutex::new(None),
        });
        self.inner.asynchronous.known.insert(execution_id, execution.clone());
        let (ready, begun) = tokio::sync::oneshot::channel();
        let orchestrator = self.clone();
        let running = execution.clone();
        let task = tokio::spawn(async move {
            let outcome = orchestrator
                .run(&prepared, true, |log| {
                    *locked(&running.log) = Some(log.clone());
                    let _ = ready.send(log);
                })
                .await;
            *locked(&running.outcome) = Some(outcome);
        });
        *locked(&execution.task) = Some(task.abort_handle());
        let log = begun.await.map_err(|_| Problem::new("internal_error", "the execution did not begin"))?;
        Ok(Started { execution_id, events: EventStream::new(execution_id, log, 0) })
    }

    /// Events of an asynchronous execution with a sequence above `after`.
    pub fn events(&self, user: Uuid, execution_id: Uuid, after: u64) -> Result<EventStream, Problem> {
        let execution = self.inner.asynchronous.find(user, execution_id)?;
        let log = locked(&execution.log).clone();
        let log = log.ok_or_else(|| Problem::new("execution_not_found", "the execution has not begun"))?;
        Ok(EventStream::new(execution_id, log, after))
    }

    /// Where an asynchronous execution stands.
    pub fn standing(&self, user: Uuid, execution_id: Uuid) -> Result<Standing, Problem> {
        let execution = self.inner.asynchronous.find(user, execution_id)?;
        let outcome = locked(&execution.outcome).clone();
        Ok(outcome.map_or(Standing::Running, |outcome| Standing::Ended(Box::new(outcome))))
    }

    /// Cancels an asynchronous execution, inside the runtime; its computation goes on only if another request waits for it.
    pub fn cancel(&self, user: Uuid, execution_id: Uuid) -> Result<(), Problem> {
        let execution = self.inner.asynchronous.find(user, execution_id)?;
        let mut outcome = locked(&execution.outcome);
        if outcome.is_some() {
            return Err(Problem::new("conflict", "the execution has ended already"));
        }
        *outcome = Some(Err(Problem::new("cancelled", "the execution was cancelled")));
        drop(outcome);
        if let Some(task) = locked(&execution.task).take() {
            task.abort();
        }
        let record = self.cancelled_record(&execution.prepared);
        let written_by = self.clone();
        tokio::spawn(async move { written_by.inner.deps.log.finished(record).await });
        // Whoever watches this execution learns of it, also while others keep the computation going.
        let mut log = locked(&execution.log);
        if let Some(events) = log.take() {
            *log = Some(Arc::new(events.cancelled_copy()));
        }
        Ok(())
    }
}

impl EventLog {
    /// What happened so far, followed by the cancellation.
    fn cancelled_copy(&self) -> EventLog {
        let copy = EventLog::default();
        let mut sequence = 1;
        while let Some(event) = self.get(sequence).filter(|event| !event.is_last()) {
            copy.push(event);
            sequence += 1;
        }
        copy.push(Event::Cancelled {});
        copy
    }
}
