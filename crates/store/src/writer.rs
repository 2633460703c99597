//! Writes finished executions and their results behind the answers, many in one transaction.
//! Invariant: what was accepted is written before [`ExecutionWriter::flush`] returns, or the failure is logged with
//! its count; a full queue makes the caller wait and never grows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use governor::LeaseTicket;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::error::StoreError;
use crate::queries::executions::{self, Execution};
use crate::queries::results::{self, KeptResult};
use crate::store::Store;

const QUEUE: usize = 4_096;
const BATCH: usize = 256;
const GATHER: Duration = Duration::from_millis(20);
const DEADLINE: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// An execution with the result to keep, if any.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Whose.
    pub user: Uuid,
    /// The execution.
    pub execution: Execution,
    /// Its result.
    pub result: Option<KeptResult>,
}

enum Message {
    Write(Box<Finished>),
    Flush(oneshot::Sender<()>),
}

/// The queue in front of the log of executions. Cheap to clone.
#[derive(Clone)]
pub struct ExecutionWriter {
    queue: mpsc::Sender<Message>,
}

impl std::fmt::Debug for ExecutionWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecutionWriter").field("free", &self.queue.capacity()).finish()
    }
}

impl ExecutionWriter {
    /// Starts the writing task; it ends when the last writer is dropped and the queue is empty.
    #[must_use]
    pub fn start(store: Arc<Store>) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(store, receiver));
        Self { queue }
    }

    /// Queues an execution; waits while the queue is full.
    pub async fn write(&self, finished: Finished) -> Result<(), StoreError> {
        self.send(Message::Write(Box::new(finished))).await
    }

    /// Waits until everything that was queued before is written.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Message::Flush(sender)).await?;
        receiver.await.map_err(|_| stopped())
    }

    async fn send(&self, message: Message) -> Result<(), StoreError> {
        self.queue.send(message).await.map_err(|_| stopped())
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the log of executions stopped".to_owned())
}

async fn write_all(store: Arc<Store>, mut queue: mpsc::Receiver<Message>) {
    let mut flushed = Vec::new();
    while let Some(first) = queue.recv().await {
        let mut users: BTreeMap<Uuid, Vec<Finished>> = BTreeMap::new();
        let mut count = 0;
        let mut take = |message: Message, flushed: &mut Vec<oneshot::Sender<()>>| match message {
            Message::Write(finished) => users.entry(finished.user).or_default().push(*finished),
            Message::Flush(sender) => flushed.push(sender),
        };
        take(first, &mut flushed);
        let gathered_until = tokio::time::Instant::now() + GATHER;
        while count < BATCH && flushed.is_empty() {
            match tokio::time::timeout_at(gathered_until, queue.recv()).await {
                Ok(Some(message)) => take(message, &mut flushed),
                Ok(None) | Err(_) => break,
            }
            count += 1;
        }
        for (user, batch) in users {
            write_user(&store, user, batch).await;
        }
        for sender in flushed.drain(..) {
            let _ = sender.send(());
        }
    }
}

async fn write_user(store: &Store, user: Uuid, batch: Vec<Finished>) {
    let mut last = BTreeMap::new();
    let mut kept = BTreeMap::new();
    for finished in batch {
        if let Some(result) = finished.result {
            kept.entry(result.result_key).or_insert(result);
        }
        // The newest state of an execution wins; one statement cannot write a row twice.
        last.insert(finished.execution.id, finished.execution);
    }
    let log: Vec<Execution> = last.into_values().collect();
    let kept: Vec<KeptResult> = kept.into_values().collect();
    for attempt in 1..=ATTEMPTS {
        let ticket = LeaseTicket::platform(user, DEADLINE);
        let written = store
            .as_user(ticket, user, async |tx| {
                results::put(tx, user, &kept).await?;
                executions::insert(tx, user, &log).await
            })
            .await;
        match written {
            Ok(()) => return,
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                tracing::debug!(%error, attempt, "log of executions is tried again");
            }
            Err(error) => {
                tracing::error!(%error, lost = log.len(), "executions could not be logged");
                return;
            }
        }
    }
}
