//! What is known is not computed, what is being computed is joined, and nobody finds what is not theirs.

mod bench;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bench::{Bench, OTHER_USER, answer_two_sides, data, pattern, request, rights, two_sides};
use capability::{CapabilityResult, Failure};
use orchestrator::{CacheOutcome, Include, Request, Settings, StalenessState, StepCache};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

#[tokio::test]
async fn a_known_answer_costs_neither_admission_nor_steps() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let first = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let second = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!((first.cache, second.cache), (CacheOutcome::Computed, CacheOutcome::Hit));
    assert_eq!(bench.runner.all_calls(), 3);
    assert_eq!(bench.gate.admitted.load(Ordering::SeqCst), 1);
    assert_eq!(first.to_reproducible_json(Include::ALL), second.to_reproducible_json(Include::ALL));
    assert_ne!(first.execution_id, second.execution_id);
    assert!(second.trace.steps.iter().all(|row| row.cache == StepCache::Hit && row.lease_ms == 0.0));
    assert!(second.trace.steps[0].provenance.is_some(), "provenance reaches the screen on a hit as well");
}

#[tokio::test]
async fn another_process_finds_the_answer_in_the_store() {
    let first = Bench::new(&[two_sides()]);
    answer_two_sides(&first.runner);
    let computed = first.orchestrator.execute(request("two_sides")).await.unwrap();
    let second = Bench::with_store(&[two_sides()], first.store.clone());
    let found = second.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(found.cache, CacheOutcome::Hit);
    assert_eq!(second.runner.all_calls(), 0);
    assert_eq!(second.gate.admitted.load(Ordering::SeqCst), 0);
    assert_eq!(computed.body, found.body);
    assert_eq!(computed.facts.absent, found.facts.absent);
    // From now on it is in memory.
    second.store.results.lock().unwrap().clear();
    let again = second.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(again.cache, CacheOutcome::Hit);
}

#[tokio::test]
async fn a_damaged_stored_result_is_computed_again() {
    let first = Bench::new(&[two_sides()]);
    answer_two_sides(&first.runner);
    first.orchestrator.execute(request("two_sides")).await.unwrap();
    for bytes in first.store.results.lock().unwrap().values_mut() {
        *bytes = bytes.slice(..bytes.len() / 2);
    }
    let second = Bench::with_store(&[two_sides()], first.store.clone());
    answer_two_sides(&second.runner);
    let answer = second.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(answer.cache, CacheOutcome::Computed);
}

#[tokio::test]
async fn no_cache_computes_and_keeps() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.orchestrator.execute(request("two_sides")).await.unwrap();
    bench.runner.value("test.join", json!({ "value": 99 }));
    let mut fresh = request("two_sides");
    fresh.no_cache = true;
    let answer = bench.orchestrator.execute(fresh).await.unwrap();
    assert_eq!((answer.cache, data(&answer)["sum"].clone()), (CacheOutcome::Computed, json!(99)));
    assert_eq!(bench.runner.all_calls(), 6);
    let kept = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!((kept.cache, data(&kept)["sum"].clone()), (CacheOutcome::Hit, json!(99)));
}

#[tokio::test]
async fn the_key_holds_everything_that_the_bytes_depend_on() {
    let bench = Bench::new(&[two_sides(), {
        let mut other = two_sides();
        other["id"] = "other_plan".into();
        other
    }]);
    let key = async |request: Request| bench.orchestrator.result_key(&request).await.unwrap();
    let base = key(request("two_sides")).await;
    assert_eq!(base, key(request("two_sides")).await);
    let mut keys = vec![base, key(request("other_plan")).await];
    let mut changed = request("two_sides");
    changed.user = OTHER_USER;
    keys.push(key(changed).await);
    let mut changed = request("two_sides");
    changed.as_of = Some(bench::date("2022-06-14"));
    keys.push(key(changed).await);
    let mut changed = request("two_sides");
    changed.report_currency = Some("USD".into());
    keys.push(key(changed).await);
    keys.push(key(request("two_sides").input("portfolio_id", "00000000-0000-0000-0000-0000000000bb")).await);
    *bench.contexts.commit.lock().unwrap() = "cc".repeat(32);
    keys.push(key(request("two_sides")).await);
    bench.contexts.pack.lock().unwrap().hash = "dd".repeat(32);
    keys.push(key(request("two_sides")).await);
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

#[tokio::test]
async fn a_restated_pack_is_said_without_touching_the_bytes() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let before = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert!(before.staleness().iter().all(|(_, staleness)| staleness.state == StalenessState::Fresh));
    {
        let mut pack = bench.contexts.pack.lock().unwrap();
        pack.superseded_by = Some("PP_2022-06-15_R1".into());
        pack.restated_reason = Some("a wrong price".into());
    }
    let after = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!((after.cache, &after.body), (CacheOutcome::Hit, &before.body));
    assert!(after.staleness().iter().all(|(_, staleness)| staleness.state == StalenessState::Restated));
    let restated = after.meta(None).restated.unwrap();
    assert_eq!(restated["superseded_by"], "PP_2022-06-15_R1");
    assert_eq!(restated["reason"], "a wrong price");
    assert_eq!(restated["net_asset_value_change"]["absent"]["code"], "not_computed");
}

/// `test.right` says when it began and waits until it is told to go on.
fn hold_right(bench: &Bench) -> (Arc<Notify>, Arc<Notify>) {
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (began.clone(), go.clone());
    bench.runner.on("test.right", move |_| {
        let (says, waits) = (says.clone(), waits.clone());
        async move {
            says.notify_one();
            waits.notified().await;
            Ok(CapabilityResult::computed(json!({ "value": 2, "maybe": 7 })))
        }
    });
    (began, go)
}

#[tokio::test]
async fn equal_requests_in_flight_share_one_computation() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let (began, go) = hold_right(&bench);
    let mut waiting = Vec::new();
    for _ in 0..5 {
        let orchestrator = bench.orchestrator.clone();
        waiting.push(tokio::spawn(async move { orchestrator.execute(request("two_sides")).await }));
    }
    began.notified().await;
    go.notify_one();
    let mut outcomes = Vec::new();
    let mut bodies = Vec::new();
    for task in waiting {
        let answer = task.await.unwrap().unwrap();
        outcomes.push(answer.cache);
        bodies.push(answer.body);
    }
    assert_eq!(outcomes.iter().filter(|cache| **cache == CacheOutcome::Computed).count(), 1);
    assert!(outcomes.contains(&CacheOutcome::Joined));
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!((bench.runner.calls("test.right"), bench.gate.admitted.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(bench.store.executions.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn the_computation_ends_with_the_last_who_waits_for_it() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let (began, mut cancelled) = (Arc::new(Notify::new()), None::<oneshot::Receiver<()>>);
    let (alive, dropped) = oneshot::channel::<()>();
    cancelled.replace(dropped);
    let held = Arc::new(std::sync::Mutex::new(Some(alive)));
    let says = began.clone();
    bench.runner.on("test.right", move |_| {
        let (says, alive) = (says.clone(), held.lock().unwrap().take());
        async move {
            says.notify_one();
            let _alive = alive;
            std::future::pending().await
        }
    });
    let first = tokio::spawn({
        let orchestrator = bench.orchestrator.clone();
        async move { orchestrator.execute(request("two_sides")).await }
    });
    began.notified().await;
    let second = bench.orchestrator.execute_async(request("two_sides")).await.unwrap();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(bench.gate.inside.load(Ordering::SeqCst), 1, "the other still waits for it");
    bench.orchestrator.cancel(bench::USER, second.execution_id).unwrap();
    // The step's future is dropped, and with it what it held.
    assert!(cancelled.take().unwrap().await.is_err());
    let again = bench.orchestrator.cancel(bench::USER, second.execution_id).unwrap_err();
    assert_eq!(again.status, 409);
}

#[tokio::test(start_paused = true)]
async fn who_joined_a_computation_with_less_time_gets_one_of_its_own() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let (began, go) = hold_right(&bench);
    let mut short = request("two_sides");
    short.deadline = Some(Duration::from_millis(500));
    let first = tokio::spawn({
        let orchestrator = bench.orchestrator.clone();
        async move { orchestrator.execute(short).await }
    });
    began.notified().await;
    let second = tokio::spawn({
        let orchestrator = bench.orchestrator.clone();
        async move { orchestrator.execute(request("two_sides")).await }
    });
    assert_eq!(first.await.unwrap().unwrap_err().code, "deadline_exceeded");
    began.notified().await;
    go.notify_one();
    let answer = second.await.unwrap().unwrap();
    assert_eq!(answer.cache, CacheOutcome::Computed);
    assert_eq!(bench.runner.calls("test.right"), 2);
}

fn one_step(id: &str, capability: &str) -> Value {
    let args = match capability {
        "test.left" | "test.right" => json!({ "portfolio_id": "{{inputs.portfolio_id}}" }),
        _ => json!({}),
    };
    pattern(id, json!([{ "capability": capability, "as": "found", "args": args }]), json!({ "found": "{{found}}" }))
}

#[tokio::test]
async fn steps_are_shared_between_patterns_and_only_the_books_are_private() {
    let bench =
        Bench::new(&[two_sides(), one_step("left_alone", "test.left"), one_step("market_alone", "test.market")]);
    answer_two_sides(&bench.runner);
    bench.runner.value("test.market", json!({ "value": 5 }));
    bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let alone = bench.orchestrator.execute(request("left_alone")).await.unwrap();
    assert_eq!((alone.cache, alone.trace.steps[0].cache), (CacheOutcome::Computed, StepCache::Hit));
    assert_eq!(bench.runner.calls("test.left"), 1);

    let by_other = |pattern: &str| Request::new(pattern, OTHER_USER, rights()).input("portfolio_id", bench::PORTFOLIO);
    bench.orchestrator.execute(by_other("left_alone")).await.unwrap();
    assert_eq!(bench.runner.calls("test.left"), 2, "another user's rows are read again");
    bench.orchestrator.execute(request("market_alone")).await.unwrap();
    bench.orchestrator.execute(by_other("market_alone")).await.unwrap();
    assert_eq!(bench.runner.calls("test.market"), 1, "prices belong to nobody");
}

#[tokio::test]
async fn what_no_key_pins_is_never_kept() {
    let bench = Bench::new(&[one_step("watched", "test.clock")]);
    bench.runner.value("test.clock", json!({ "value": 1 }));
    for _ in 0..2 {
        let answer = bench.orchestrator.execute(request("watched")).await.unwrap();
        assert_eq!(answer.cache, CacheOutcome::Computed);
        assert_eq!(answer.trace.steps[0].cache, StepCache::Off);
    }
    assert_eq!(bench.runner.calls("test.clock"), 2);
    assert!(bench.store.results.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_pattern_is_not_kept() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("database_unavailable", "the database is down"));
    let mut impatient = request("two_sides");
    impatient.deadline = Some(Duration::from_millis(50));
    assert_eq!(bench.orchestrator.execute(impatient).await.unwrap_err().status, 503);
    answer_two_sides(&bench.runner);
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(data(&answer)["sum"], 3);
}

#[tokio::test]
async fn a_kept_result_that_differs_when_computed_again_is_an_alarm() {
    let always = Settings { verify_per_mille: 1_000, ..Settings::default() };
    let bench = Bench::with_settings(&[two_sides()], Arc::default(), always);
    answer_two_sides(&bench.runner);
    bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let proven = async |wanted: (u64, u64)| {
        while bench.orchestrator.verified() != wanted {
            tokio::task::yield_now().await;
        }
    };
    bench.orchestrator.execute(request("two_sides")).await.unwrap();
    proven((1, 0)).await;
    assert_eq!(bench.gate.asked.lock().unwrap()[1].class, governor::Class::Background);
    bench.runner.value("test.join", json!({ "value": 99 }));
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(answer.cache, CacheOutcome::Hit);
    proven((1, 1)).await;
}
