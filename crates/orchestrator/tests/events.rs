//! Progress of an execution, as its watchers see it.

mod bench;

use std::sync::Arc;
use std::time::Duration;

use bench::{Bench, OTHER_USER, USER, answer_two_sides, request, two_sides};
use capability::{CapabilityResult, Failure};
use orchestrator::{Event, EventStream, Standing, Status};
use serde_json::{Value, json};
use tokio::sync::Notify;

async fn all(mut events: EventStream) -> Vec<Event> {
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        seen.push(event.event);
        assert_eq!(event.sequence, seen.len() as u64, "no gap");
    }
    seen
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

#[tokio::test]
async fn events_tell_the_execution_in_order() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    // Right ends only after left, so that the order is known.
    let left_ended = Arc::new(Notify::new());
    let says = left_ended.clone();
    bench.runner.on("test.left", move |_| {
        says.notify_one();
        std::future::ready(Ok(CapabilityResult::computed(json!({ "value": 1 }))))
    });
    let started = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    let events = all(started.events).await;
    let mut seen = names(&events);
    assert_eq!(seen[..4], ["planned", "admitted", "step_started", "step_started"]);
    assert_eq!(seen.last(), Some(&"finished"));
    let Event::Planned { levels } = &events[0] else { panic!("the plan comes first") };
    assert_eq!(levels, &[vec!["left".to_owned(), "right".to_owned()], vec!["joined".to_owned()]]);
    // A panel is sent as soon as its inputs are there: before the step that it does not need.
    let at = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(wanted).expect("the event was sent");
    let panel = at(&|event| matches!(event, Event::PanelReady { panel, .. } if panel == "left_side"));
    let joined = at(&|event| matches!(event, Event::StepFinished { step, .. } if step == "joined"));
    assert!(panel < joined);
    let Event::PanelReady { body, .. } = &events[panel] else { panic!("a panel") };
    let drawn: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(drawn["metrics"][0]["value"], 1);
    seen.sort_unstable();
    assert_eq!(seen.iter().filter(|name| **name == "panel_ready").count(), 2);
    let standing = bench.orchestrator.standing(USER, started.execution_id).unwrap();
    // The last event comes before the answer is put down, so either is right; never an error.
    if let Standing::Ended(outcome) = standing {
        assert_eq!(outcome.unwrap().status, Status::Complete);
    }
}

#[tokio::test]
async fn a_watcher_resumes_where_it_stopped_and_others_see_nothing() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let started = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    let execution = started.execution_id;
    let every = all(started.events).await;
    let mut rest = bench.orchestrator.events(USER, execution, 3).unwrap();
    let next = rest.next().await.expect("there is more");
    assert_eq!((next.sequence, next.execution_id), (4, execution));
    let mut count = 4;
    while rest.next().await.is_some() {
        count += 1;
    }
    assert_eq!(count, every.len());
    let foreign = bench.orchestrator.events(OTHER_USER, execution, 0).unwrap_err();
    assert_eq!((foreign.status, foreign.code.as_str()), (404, "execution_not_found"));
}

#[tokio::test]
async fn failures_skips_and_the_queue_are_told() {
    let mut partial = two_sides();
    partial["steps"][0]["on_error"] = "partial".into();
    partial["steps"][2]["on_error"] = "partial".into();
    let bench = Bench::new(&[partial]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("missing_key", "set FMP_API_KEY"));
    let started = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    let events = all(started.events).await;
    let told = |wanted: &str| events.iter().find(|event| event.name() == wanted).map(|event| event.data_json());
    assert_eq!(told("step_failed").as_deref(), Some(r#"{"code":"missing_key","step":"left"}"#));
    assert!(told("step_skipped").is_some_and(|data| data.contains("joined") && data.contains("set FMP_API_KEY")));
    assert_eq!(told("partial").as_deref(), Some(r#"{"outputs":["left","sum"]}"#));

    *bench.gate.reject_after.lock().unwrap() = Some(Duration::from_millis(1_200));
    let rejected = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    let events = all(rejected.events).await;
    assert_eq!(names(&events), ["planned", "queued", "failed"]);
    assert_eq!(events[1].data_json(), r#"{"position":3,"wait_ms":1200}"#);
    let problem: Value = serde_json::from_str(&events[2].data_json()).unwrap();
    assert_eq!(problem["problem"]["code"], "overloaded");
}

#[tokio::test]
async fn a_known_answer_is_told_at_once() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let started = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    assert_eq!(names(&all(started.events).await), ["planned", "finished"]);
}

#[tokio::test]
async fn a_cancelled_execution_ends_its_stream() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.right", |_| std::future::pending());
    let started = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    bench.orchestrator.cancel(USER, started.execution_id).unwrap();
    let events = all(bench.orchestrator.events(USER, started.execution_id, 0).unwrap()).await;
    assert_eq!(names(&events).last(), Some(&"cancelled"));
    // Who watched before learns of it too, as nobody else keeps the computation going.
    assert_eq!(names(&all(started.events).await).last(), Some(&"cancelled"));
    let Standing::Ended(outcome) = bench.orchestrator.standing(USER, started.execution_id).unwrap() else {
        panic!("it has ended")
    };
    assert_eq!(outcome.unwrap_err().code, "cancelled");
    while bench.store.executions.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let executions = bench.store.executions.lock().unwrap();
    assert_eq!((executions[0].status, executions[0].is_async), ("cancelled", true));
}
