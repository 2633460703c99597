//! What happens during an execution, in order, for whoever wants to watch.
//!
//! Invariant: sequence numbers begin at 1 and have no gaps; a watcher that begins late or falls behind misses nothing,
//! because the log keeps every event until the execution is forgotten.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::problem::Problem;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The plan is fixed: names of steps by level.
    Planned {
        /// Steps that may run at the same time, level by level.
        levels: Vec<Vec<String>>,
    },
    /// The execution waits for admission.
    Queued {
        /// Place in the queue.
        position: u32,
        /// Predicted wait, milliseconds.
        wait_ms: u64,
    },
    /// The execution may begin.
    Admitted {},
    /// A step begins.
    StepStarted {
        /// Name of the step.
        step: String,
    },
    /// A step is done.
    StepFinished {
        /// Name of the step.
        step: String,
        /// Where the value came from: hit, miss, shared or off.
        cache: &'static str,
        /// Time since the step began, milliseconds.
        ms: f64,
    },
    /// A step does not run.
    StepSkipped {
        /// Name of the step.
        step: String,
        /// Why.
        reason: String,
    },
    /// A step failed.
    StepFailed {
        /// Name of the step.
        step: String,
        /// Code of the failure.
        code: String,
    },
    /// Everything that a panel shows is there.
    PanelReady {
        /// Id of the panel.
        panel: String,
        /// The panel, canonical JSON.
        #[serde(serialize_with = "crate::body::raw_json")]
        body: Bytes,
    },
    /// Some outputs are absent.
    Partial {
        /// Names of the outputs that are absent.
        outputs: Vec<String>,
    },
    /// The answer is there.
    Finished {
        /// complete, partial or failed.
        status: &'static str,
        /// Trace id of the execution.
        trace_id: String,
    },
    /// There is no answer.
    Failed {
        /// Why.
        problem: Arc<Problem>,
    },
    /// Somebody cancelled the execution.
    Cancelled {},
}

impl Event {
    /// Name of the event as it goes over the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Planned { .. } => "planned",
            Event::Queued { .. } => "queued",
            Event::Admitted {} => "admitted",
            Event::StepStarted { .. } => "step_started",
            Event::StepFinished { .. } => "step_finished",
            Event::StepSkipped { .. } => "step_skipped",
            Event::StepFailed { .. } => "step_failed",
            Event::PanelReady { .. } => "panel_ready",
            Event::Partial { .. } => "partial",
            Event::Finished { .. } => "finished",
            Event::Failed { .. } => "failed",
            Event::Cancelled {} => "cancelled",
        }
    }

    /// True for the last event of an execution.
    pub fn is_last(&self) -> bool {
        matches!(self, Event::Finished { .. } | Event::Failed { .. } | Event::Cancelled {})
    }

    /// The event's data as JSON text, for `data:` lines.
    pub fn data_json(&self) -> String {
        match serde_json::to_value(self) {
            Ok(mut value) => value.get_mut("data").map(serde_json::Value::take).unwrap_or_default().to_string(),
            Err(_) => "{}".to_owned(),
        }
    }
}

/// An event with its place in the order.
#[derive(Clone, Debug)]
pub struct NumberedEvent {
    /// Execution that it belongs to.
    pub execution_id: Uuid,
    /// 1, 2, 3…
    pub sequence: u64,
    /// What happened.
    pub event: Event,
}

/// Events of one computation so far. Several executions that share the computation read the same log.
#[derive(Debug)]
pub struct EventLog {
    events: Mutex<Vec<Event>>,
    length: watch::Sender<usize>,
}

impl Default for EventLog {
    fn default() -> Self {
        EventLog { events: Mutex::default(), length: watch::Sender::new(0) }
    }
}

impl EventLog {
    /// Appends an event. After the last event of an execution nothing is appended any more.
    pub fn push(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.last().is_some_and(Event::is_last) {
            return;
        }
        events.push(event);
        let length = events.len();
        drop(events);
        self.length.send_replace(length);
    }

    /// Event number `sequence`, if it has happened.
    pub fn get(&self, sequence: u64) -> Option<Event> {
        let index = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.events.lock().unwrap_or_else(PoisonError::into_inner).get(index).cloned()
    }

    /// True if nothing more will happen.
    pub fn is_ended(&self) -> bool {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).last().is_some_and(Event::is_last)
    }
}

/// Reads a log from some point on, waiting for what has not happened yet.
#[derive(Debug)]
pub struct EventStream {
    execution_id: Uuid,
    log: Arc<EventLog>,
    changes: watch::Receiver<usize>,
    next: u64,
}

impl EventStream {
    /// All events with a sequence above `after` (0: all).
    pub fn new(execution_id: Uuid, log: Arc<EventLog>, after: u64) -> Self {
        let changes = log.length.subscribe();
        EventStream { execution_id, log, changes, next: after.saturating_add(1) }
    }

    /// The next event; `None` after the last one. Cancel-safe.
    pub async fn next(&mut self) -> Option<NumberedEvent> {
        loop {
            self.changes.borrow_and_update();
            if let Some(event) = self.log.get(self.next) {
                let sequence = self.next;
                self.next += 1;
                return Some(NumberedEvent { execution_id: self.execution_id, sequence, event });
            }
            if self.log.is_ended() || self.changes.changed().await.is_err() {
                return None;
            }
        }
    }

    /// The same as a `Stream`, for servers that speak in streams.
    pub fn into_stream(self) -> impl futures::Stream<Item = NumberedEvent> + Send {
        futures::stream::unfold(self, |mut events| async move { events.next().await.map(|event| (event, events)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_watcher_misses_nothing_and_ends_with_the_last_event() {
        let log = Arc::new(EventLog::default());
        log.push(Event::Planned { levels: vec![vec!["a".into()]] });
        log.push(Event::Admitted {});
        let mut events = EventStream::new(Uuid::nil(), log.clone(), 1);
        let second = events.next().await.map(|e| (e.sequence, e.event.name()));
        assert_eq!(second, Some((2, "admitted")));
        let (third, ()) = tokio::join!(events.next(), async {
            log.push(Event::Cancelled {});
            log.push(Event::Admitted {});
        });
        assert_eq!(third.map(|e| (e.sequence, e.event.name())), Some((3, "cancelled")));
        assert!(events.next().await.is_none(), "nothing follows the last event");
    }

    #[test]
    fn an_event_carries_its_panel_as_json() {
        let event = Event::PanelReady { panel: "holdings".into(), body: Bytes::from_static(b"{\"id\":\"holdings\"}") };
        assert_eq!(event.data_json(), r#"{"body":{"id":"holdings"},"panel":"holdings"}"#);
        assert_eq!(Event::Admitted {}.data_json(), "{}");
    }
}
