//! Steps: parallel, retried, skipped, failing, late, panicking; and what becomes of the answer.

mod bench;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bench::{Bench, answer_two_sides, data, pattern, request, two_sides};
use capability::{CapabilityResult, Failure, Provenance, ProvenanceKind, Source, Warning};
use orchestrator::{CacheOutcome, Include, Member, StalenessState, Status, StepCache, StepState};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::time::Instant;

#[tokio::test]
async fn steps_that_need_nothing_from_each_other_run_at_the_same_time() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    // Each of the two waits for the other: alone, neither would ever end.
    let barrier = Arc::new(Barrier::new(2));
    for (capability, value) in [("test.left", 1), ("test.right", 2)] {
        let barrier = barrier.clone();
        bench.runner.on(capability, move |_| {
            let barrier = barrier.clone();
            async move {
                barrier.wait().await;
                Ok(CapabilityResult::computed(json!({ "value": value })))
            }
        });
    }
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(answer.status, Status::Complete);
    assert_eq!(data(&answer)["sum"], 3);
    assert_eq!(bench.runner.args_of("test.join"), Some(json!({ "left": 1, "right": 2 })));
    let rows: Vec<(&str, u32)> = answer.trace.steps.iter().map(|row| (row.name.as_str(), row.level)).collect();
    assert_eq!(rows, [("left", 1), ("right", 1), ("joined", 2)]);
}

#[tokio::test]
async fn the_same_results_give_the_same_bytes_whatever_the_order_of_steps() {
    let mut bodies = Vec::new();
    for first in ["test.left", "test.right"] {
        let bench = Bench::new(&[two_sides()]);
        answer_two_sides(&bench.runner);
        let ended = Arc::new(tokio::sync::Notify::new());
        for (capability, value) in [("test.left", 1), ("test.right", 2)] {
            let ended = ended.clone();
            bench.runner.on(capability, move |call| {
                let ended = ended.clone();
                async move {
                    if call.capability == first {
                        ended.notify_one();
                    } else {
                        ended.notified().await;
                    }
                    Ok(CapabilityResult::computed(json!({ "value": value })))
                }
            });
        }
        let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
        bodies.push((answer.to_reproducible_json(Include::ALL), answer.result_key));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn the_answer_has_the_published_form() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.left", |call| async move {
        call.ticket.times.add_wait(Duration::from_millis(2));
        call.ticket.times.add_lease(Duration::from_millis(3));
        call.ticket.times.add_rows(17);
        assert_eq!(&*call.ticket.agent, "financial_analyst");
        assert_eq!(call.ticket.user, bench::USER);
        Ok(CapabilityResult::computed(json!({ "value": 1, "maybe": bench::absent("missing_price", "no price") }))
            .with_sources(vec![Source {
                provider: "ecb".into(),
                dataset: "eurofxref".into(),
                retrieved_at: None,
                rights: "ecb".into(),
            }])
            .with_warnings(vec![Warning::new("stale_price", "XLON:RGL price is 3 trading days old", Value::Null)]))
    });
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let json: Value = serde_json::from_slice(&answer.to_json(Include::ALL, Some("req-1"))).unwrap();
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    let expected = [
        "charts",
        "context",
        "data",
        "execution_id",
        "meta",
        "panels",
        "pattern",
        "rights",
        "staleness",
        "status",
        "trace",
        "warnings",
    ];
    assert_eq!(names, expected);
    assert_eq!(json["status"], "complete");
    assert_eq!(json["pattern"], "two_sides@1.0.0");
    assert_eq!(
        json["context"],
        json!({
            "as_of": "2022-06-15", "base_currency": "EUR",
            "ledger_commit": "bb".repeat(32), "pricing_pack_id": "PP_2022-06-15"
        })
    );
    assert_eq!(json["panels"][1]["metrics"][0]["value"], 3);
    assert_eq!(json["rights"], json!({ "attributions": ["Source: European Central Bank"], "providers": ["ecb"] }));
    assert_eq!(json["warnings"][0]["step"], "left");
    assert_eq!(json["staleness"]["left_side"]["state"], "stale");
    assert_eq!(json["staleness"]["left_side"]["why"], "XLON:RGL price is 3 trading days old");
    let meta = &json["meta"];
    assert_eq!(meta["request_id"], "req-1");
    assert_eq!(meta["cache"], "computed");
    assert_eq!(meta["ledger_seq"], 42);
    assert_eq!(meta["pricing_pack_hash"], "aa".repeat(32));
    assert_eq!(meta["result_key"].as_str().map(str::len), Some(64));
    assert_eq!(meta["absent"]["count"], 1);
    assert_eq!(meta["absent"]["by_code"], json!({ "missing_price": 1 }));
    assert_eq!(meta["absent"]["items"][0]["pointer"], "/left/maybe");
    assert_eq!(meta["restated"], Value::Null);
    let left = &json["trace"]["steps"][0];
    assert_eq!(left["capability"], "test.left@1.0.0");
    assert_eq!((left["wait_lease_ms"].as_f64(), left["lease_ms"].as_f64()), (Some(2.0), Some(3.0)));
    assert_eq!((&left["rows_read"], &left["cache"], &left["state"]), (&json!(17), &json!("miss"), &json!("done")));
    assert_eq!(left["provenance"]["sources"][0]["provider"], "ecb");
    let without: Value = serde_json::from_slice(&answer.to_json(Include::default(), None)).unwrap();
    assert!(without.get("panels").is_none() && without.get("trace").is_none() && without.get("charts").is_none());
}

#[tokio::test]
async fn charts_are_outputs_of_the_charts_family() {
    let charted = pattern(
        "charted",
        json!([
            { "capability": "test.left", "as": "left", "args": { "portfolio_id": "{{inputs.portfolio_id}}" } },
            { "capability": "charts.test", "as": "drawn", "args": { "value": "{{left.value}}" } }
        ]),
        json!({ "left": "{{left}}", "drawn": "{{drawn}}" }),
    );
    let bench = Bench::new(&[charted]);
    bench.runner.value("test.left", json!({ "value": 1 }));
    bench.runner.value("charts.test", json!({ "value": 9 }));
    let answer = bench.orchestrator.execute(request("charted")).await.unwrap();
    let charts: Value = answer.body.parse(Member::Charts).unwrap();
    assert_eq!(charts, json!({ "drawn": { "value": 9 } }));
    // Agents without leases are not asked admission for.
    assert_eq!(bench.gate.asked.lock().unwrap()[0].agents, ["financial_analyst"]);
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_is_tried_again_after_a_growing_pause() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let attempts = Arc::new(AtomicU32::new(0));
    let counter = attempts.clone();
    bench.runner.on("test.left", move |_| {
        let attempt = counter.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            if attempt < 3 {
                return Err(Failure::new("database_unavailable", "the database restarts"));
            }
            Ok(CapabilityResult::computed(json!({ "value": 1 })))
        }
    });
    let begun = Instant::now();
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let waited = begun.elapsed().as_secs_f64();
    assert!((0.8 * 0.3..=1.2 * 0.31).contains(&waited), "100 ms and 200 ms within a fifth: {waited}");
    assert_eq!(answer.trace.steps[0].attempts, 3);
    assert_eq!(answer.status, Status::Complete);
}

#[tokio::test]
async fn a_lasting_failure_is_not_tried_again() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("portfolio_not_found", "no such portfolio"));
    let problem = bench.orchestrator.execute(request("two_sides")).await.unwrap_err();
    assert_eq!(
        (problem.status, problem.code.as_str(), problem.step.as_deref()),
        (404, "portfolio_not_found", Some("left"))
    );
    assert_eq!(bench.runner.calls("test.left"), 1);
    let partial = problem.into_parts().partial.expect("what finished is kept");
    assert_eq!(partial.status, Status::Failed);
    assert_eq!(data(&partial)["right"], json!({ "value": 2, "maybe": 7 }));
    assert_eq!(data(&partial)["left"]["absent"]["code"], "portfolio_not_found");
    assert_eq!(bench.runner.calls("test.join"), 0, "nothing that needs it begins");
}

#[tokio::test]
async fn a_required_value_that_is_merely_absent_is_an_answer() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("no_positions", "no positions on 2022-06-15"));
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert_eq!(data(&answer)["left"]["absent"]["why"], "no positions on 2022-06-15");
}

fn partial_left() -> Value {
    let mut partial = two_sides();
    partial["id"] = "partial_left".into();
    partial["steps"][0]["on_error"] = "partial".into();
    partial["steps"][2]["on_error"] = "partial".into();
    partial
}

#[tokio::test]
async fn a_step_that_may_fail_leaves_the_rest_and_is_computed_again_next_time() {
    let bench = Bench::new(&[partial_left()]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("provider_unavailable", "the provider does not answer"));
    let answer = bench.orchestrator.execute(request("partial_left")).await.unwrap();
    assert_eq!(answer.status, Status::Partial);
    let data = data(&answer);
    assert_eq!(data["left"]["absent"]["code"], "provider_unavailable");
    assert_eq!(data["right"]["value"], 2);
    let why = data["sum"]["absent"]["why"].as_str().unwrap();
    assert!(why.contains("the provider does not answer"), "the reason is carried along: {why}");
    let states: Vec<StepState> = answer.trace.steps.iter().map(|row| row.state).collect();
    assert_eq!(states, [StepState::Failed, StepState::Done, StepState::Skipped]);
    // A result in which something failed is not kept.
    answer_two_sides(&bench.runner);
    let again = bench.orchestrator.execute(request("partial_left")).await.unwrap();
    assert_eq!((again.status, again.cache), (Status::Complete, CacheOutcome::Computed));
    assert_eq!(bench.runner.calls("test.right"), 1, "its result was known");
    assert_eq!(again.trace.steps[1].cache, StepCache::Hit);
}

#[tokio::test]
async fn a_condition_skips_its_step_and_what_needs_it_with_the_reason() {
    let chain = pattern(
        "chain",
        json!([
            { "capability": "test.left", "as": "left", "args": { "portfolio_id": "{{inputs.portfolio_id}}" } },
            {
                "capability": "test.right", "as": "right", "args": { "portfolio_id": "{{inputs.portfolio_id}}" },
                "when": "{{left.value}} > 10", "otherwise": "only for large values", "on_error": "partial"
            },
            {
                "capability": "test.join", "as": "joined", "on_error": "partial",
                "args": { "left": "{{left.value}}", "right": "{{right.value}}" }
            }
        ]),
        json!({ "left": "{{left}}", "right": "{{right}}", "sum": "{{joined.value}}" }),
    );
    let bench = Bench::new(&[chain]);
    answer_two_sides(&bench.runner);
    let answer = bench.orchestrator.execute(request("chain")).await.unwrap();
    assert_eq!(answer.status, Status::Complete, "nothing is missing that was asked for");
    let data = data(&answer);
    assert_eq!(data["right"]["absent"], json!({ "code": "skipped", "why": "only for large values" }));
    assert!(data["sum"]["absent"]["why"].as_str().unwrap().contains("only for large values"));
    assert_eq!((bench.runner.calls("test.right"), bench.runner.calls("test.join")), (0, 0));
    // All its reasons follow from the key, so it is kept.
    let again = bench.orchestrator.execute(request("chain")).await.unwrap();
    assert_eq!(again.cache, CacheOutcome::Hit);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_step_and_what_finished_is_kept() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.right", |_| std::future::pending());
    let begun = Instant::now();
    let mut late = request("two_sides");
    late.deadline = Some(Duration::from_millis(700));
    let problem = bench.orchestrator.execute(late).await.unwrap_err();
    assert_eq!(
        (problem.status, problem.code.as_str(), problem.step.as_deref()),
        (504, "deadline_exceeded", Some("right"))
    );
    assert_eq!(begun.elapsed().as_millis(), 700);
    let partial = problem.into_parts().partial.expect("what finished is kept");
    assert_eq!(data(&partial)["left"]["value"], 1);
    assert_eq!(bench.gate.inside.load(Ordering::SeqCst), 0, "the execution has left");
}

#[tokio::test(start_paused = true)]
async fn a_step_has_its_own_time_limit() {
    let mut limited = partial_left();
    limited["steps"][0]["timeout_ms"] = 50.into();
    let bench = Bench::new(&[limited]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.left", |_| std::future::pending());
    let begun = Instant::now();
    let answer = bench.orchestrator.execute(request("partial_left")).await.unwrap();
    assert_eq!(begun.elapsed().as_millis(), 50);
    assert_eq!(answer.status, Status::Partial);
    assert_eq!(data(&answer)["left"]["absent"]["code"], "deadline_exceeded");
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_step_alone() {
    let bench = Bench::new(&[partial_left()]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.left", |_| async { panic!("a bug in a capability") });
    let answer = bench.orchestrator.execute(request("partial_left")).await.unwrap();
    assert_eq!(answer.status, Status::Partial);
    assert_eq!(data(&answer)["left"]["absent"]["code"], "internal_error");
    assert_eq!(data(&answer)["right"]["value"], 2);
    let text = String::from_utf8(answer.to_json(Include::ALL, None).to_vec()).unwrap();
    assert!(!text.contains("a bug in a capability"), "nothing internal leaves");
}

#[tokio::test]
async fn another_capability_may_stand_in() {
    let mut other = two_sides();
    other["steps"][0]["fallback"] =
        json!({ "capability": "test.right", "args": { "portfolio_id": "{{inputs.portfolio_id}}" } });
    let bench = Bench::new(&[other]);
    answer_two_sides(&bench.runner);
    bench.runner.fails("test.left", Failure::new("provider_unavailable", "the provider does not answer"));
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    assert_eq!(answer.status, Status::Complete);
    assert_eq!(data(&answer)["left"]["value"], 2);
    assert_eq!(answer.trace.steps[0].attempts, 2, "the step and its fallback");
}

#[tokio::test]
async fn synthetic_wins_over_stale_in_what_a_panel_says() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    bench.runner.on("test.right", |_| async {
        let mut result = CapabilityResult::computed(json!({ "value": 2 }));
        result.provenance = Provenance { kind: ProvenanceKind::Synthetic, ..Provenance::default() };
        Ok(result)
    });
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let states: Vec<(&str, StalenessState)> =
        answer.staleness().into_iter().map(|(panel, staleness)| (panel, staleness.state)).collect();
    assert_eq!(states, [("left_side", StalenessState::Fresh), ("whole", StalenessState::Synthetic)]);
}

#[tokio::test]
async fn overload_is_said_honestly() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    *bench.gate.reject_after.lock().unwrap() = Some(Duration::from_millis(2_500));
    let problem = bench.orchestrator.execute(request("two_sides")).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str(), problem.retry_after_ms), (503, "overloaded", Some(2_500)));
    assert!(problem.is_temporary());
    assert_eq!(bench.runner.all_calls(), 0);
}

#[tokio::test]
async fn permissions_and_inputs_are_checked_before_anything_runs() {
    let bench = Bench::new(&[two_sides()]);
    let mut without = request("two_sides");
    without.rights = Vec::new().into();
    let problem = bench.orchestrator.execute(without).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (403, "forbidden"));
    assert!(problem.detail.contains("portfolio_read"));

    let wrong = request("two_sides").input("portfolio_id", 7).input("portfolioid", "x");
    let problem = bench.orchestrator.execute(wrong).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid_input"));
    let pointers: Vec<Option<&str>> = problem.errors.iter().map(|error| error.pointer.as_deref()).collect();
    assert!(pointers.contains(&Some("/portfolio_id")) && pointers.contains(&Some("/portfolioid")), "{pointers:?}");

    let mut lenient = request("two_sides").input("unknown", 1);
    lenient.lenient = true;
    answer_two_sides(&bench.runner);
    let answer = bench.orchestrator.execute(lenient).await.unwrap();
    assert!(answer.warnings[0]["message"].as_str().unwrap().contains("unknown"));
    assert_eq!(bench.gate.admitted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_execution_is_written_down_with_what_it_was_pinned_to() {
    let bench = Bench::new(&[two_sides()]);
    answer_two_sides(&bench.runner);
    let answer = bench.orchestrator.execute(request("two_sides")).await.unwrap();
    let executions = bench.store.executions.lock().unwrap();
    let [record] = executions.as_slice() else { panic!("one execution is written down") };
    assert_eq!(record.execution_id, answer.execution_id);
    assert_eq!((record.pattern_id.as_str(), record.status, record.cache), ("two_sides", "complete", "computed"));
    assert_eq!(record.context.pack.as_ref().map(|pack| pack.display_id.as_str()), Some("PP_2022-06-15"));
    assert_eq!(record.inputs["portfolio_id"], bench::PORTFOLIO);
    let kept = record.result.as_ref().expect("its result is kept");
    assert_eq!(kept.capability_versions[0], ("test.join".to_owned(), "1.0.0".to_owned()));
    assert_eq!(&kept.outputs, answer.body.bytes());
}
