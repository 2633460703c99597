//! One capability at a time: arguments, value, failures, effects.

mod bench;

use bench::{Bench, PORTFOLIO, USER, data, rights};
use capability::{CapabilityResult, Failure, FailureDetail};
use orchestrator::{CacheOutcome, CapabilityRequest, Status};
use serde_json::{Value, json};

fn call(capability: &str) -> CapabilityRequest {
    CapabilityRequest::new(capability, USER, rights())
}

fn write() -> CapabilityRequest {
    CapabilityRequest::new("test.write", USER, vec!["portfolio_write".to_owned()])
        .arg("portfolio_id", PORTFOLIO)
        .arg("idempotency_key", "once {{inputs.portfolio_id}}")
}

#[tokio::test]
async fn the_value_is_the_whole_data_and_is_known_the_second_time() {
    let bench = Bench::new(&[]);
    bench.runner.value("test.left", json!({ "value": 4, "maybe": bench::absent("missing_price", "no price") }));
    let first = bench.orchestrator.run_capability(call("test.left").arg("portfolio_id", PORTFOLIO)).await.unwrap();
    assert_eq!(data(&first)["value"], 4);
    assert_eq!(&*first.pattern, "test.left@1.0.0");
    assert_eq!(first.facts.absent.items[0].pointer, "/maybe");
    assert_eq!(bench.runner.args_of("test.left"), Some(json!({ "portfolio_id": PORTFOLIO, "days": 252 })));
    let asked = bench.contexts.asked.lock().unwrap()[0].portfolio_id;
    assert_eq!(asked.map(|id| id.to_string()).as_deref(), Some(PORTFOLIO));
    let second = bench.orchestrator.run_capability(call("test.left").arg("portfolio_id", PORTFOLIO)).await.unwrap();
    assert_eq!((second.cache, bench.runner.all_calls()), (CacheOutcome::Hit, 1));
    let other = call("test.left").arg("portfolio_id", PORTFOLIO).arg("days", 10);
    assert_eq!(bench.orchestrator.run_capability(other).await.unwrap().cache, CacheOutcome::Computed);
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_arguments_is_said_at_once() {
    let bench = Bench::new(&[]);
    let wrong = call("test.left").arg("days", 5_000).arg("dayz", 1);
    let problem = bench.orchestrator.run_capability(wrong).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid_input"));
    let mut found: Vec<(&str, &str)> = problem
        .errors
        .iter()
        .map(|error| (error.pointer.as_deref().unwrap_or_default(), error.code.as_str()))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("/days", "invalid_input"), ("/dayz", "unknown_input"), ("/portfolio_id", "invalid_input")]);
    assert_eq!(problem.errors[0].try_.as_deref(), Some("did you mean days?"));
    assert_eq!(bench.runner.all_calls(), 0);
}

#[tokio::test]
async fn an_unknown_capability_is_named_with_the_nearest() {
    let problem = Bench::new(&[]).orchestrator.run_capability(call("test.lefd")).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (501, "capability_unavailable"));
    assert_eq!(problem.try_.as_deref(), Some("did you mean test.left?"));
}

#[tokio::test]
async fn an_absent_value_is_an_answer() {
    let bench = Bench::new(&[]);
    bench.runner.fails("test.left", Failure::new("no_positions", "no positions on 2022-06-15"));
    let answer = bench.orchestrator.run_capability(call("test.left").arg("portfolio_id", PORTFOLIO)).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    assert_eq!(data(&answer)["absent"]["code"], "no_positions");
    assert_eq!(answer.facts.absent.items[0].pointer, "");
}

#[tokio::test]
async fn a_write_is_made_once_and_its_refusal_keeps_places_and_subject() {
    let bench = Bench::new(&[]);
    bench.runner.value("test.write", json!({ "value": 1 }));
    for _ in 0..2 {
        let answer = bench.orchestrator.run_capability(write()).await.unwrap();
        assert_eq!(answer.cache, CacheOutcome::Computed);
    }
    assert_eq!(bench.runner.calls("test.write"), 2, "whether the key was used is for the books to say");
    // Arguments are data: what looks like a reference stays as it is.
    assert_eq!(
        bench.runner.args_of("test.write").map(|args| args["idempotency_key"].clone()),
        Some(json!("once {{inputs.portfolio_id}}"))
    );

    let refusal = Failure::new("conflict", "the ledger moved on")
        .about(json!({ "ledger_commit": "b71a" }))
        .with_errors(vec![FailureDetail {
            pointer: Some("/entries/3/quantity".into()),
            code: "oversell".into(),
            detail: "open 100, asked 120".into(),
            ..FailureDetail::default()
        }]);
    bench.runner.fails("test.write", Failure { transient: true, ..refusal });
    let problem = bench.orchestrator.run_capability(write()).await.unwrap_err();
    assert_eq!((problem.status, problem.subject["ledger_commit"].as_str()), (409, Some("b71a")));
    assert_eq!(problem.errors[0].pointer.as_deref(), Some("/entries/3/quantity"));
    assert_eq!(bench.runner.calls("test.write"), 3, "an effect is never tried again");
}

#[tokio::test(start_paused = true)]
async fn a_write_without_answer_is_reported_as_unknown() {
    let bench = Bench::new(&[]);
    bench.runner.on("test.write", |_| std::future::pending::<Result<CapabilityResult, Failure>>());
    let problem = bench.orchestrator.run_capability(write()).await.unwrap_err();
    assert_eq!(problem.code, "outcome_unknown");
    assert_eq!(bench.runner.calls("test.write"), 1);
    assert_ne!(problem.detail, String::new());
    assert_eq!(problem.subject, Value::Null);
}
