//! The governor's rules one by one, on a clock that the test moves.

use std::time::Duration;

use governor::{
    AdmissionDecision, AdmissionRequest, CancelOutcome, Class, Event, GateReason, Governor, LeaseDecision,
    LeaseRequest, Limits, RejectReason,
};
use uuid::Uuid;

const FAR: Duration = Duration::from_secs(60);

fn limits() -> Limits {
    Limits {
        bulkheads: [("financial_analyst".into(), 8), ("macro_hound".into(), 4), ("charts_agent".into(), 0)].into(),
        ..Limits::default()
    }
}

fn governor() -> Governor {
    Governor::new(limits()).expect("limits are sound")
}

fn lease(id: u64, agent: &str, execution: u64) -> LeaseRequest {
    LeaseRequest { id, agent: agent.into(), user: Uuid::from_u128(1), execution, deadline: FAR }
}

fn execution(number: u64, agents: &[&str]) -> AdmissionRequest {
    AdmissionRequest {
        execution: number,
        user: Uuid::from_u128(1),
        agents: agents.iter().map(|agent| (*agent).to_owned()).collect(),
        expected_lease: Duration::from_millis(10),
        deadline: FAR,
        class: Class::Interactive,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Takes `count` leases for `agent`, numbered from `first`.
fn take(governor: &mut Governor, agent: &str, first: u64, count: u64) {
    for id in first..first + count {
        assert_eq!(governor.request_lease(Duration::ZERO, lease(id, agent, 0)), LeaseDecision::Granted);
    }
}

#[test]
fn a_bulkhead_is_a_ceiling_and_the_next_one_gets_what_comes_back() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 4);
    assert_eq!(governor.request_lease(ms(1), lease(5, "macro_hound", 0)), LeaseDecision::Queued { position: 1 });
    assert_eq!(governor.request_lease(ms(1), lease(6, "financial_analyst", 0)), LeaseDecision::Granted);
    assert_eq!(governor.advance(ms(1)), []);
    assert!(governor.release_lease(ms(2), 1));
    assert_eq!(governor.advance(ms(2)), [Event::LeaseGranted(5)]);
    assert_eq!(governor.advance(ms(2)), []);
}

#[test]
fn an_agent_without_leases_is_told_so() {
    let LeaseDecision::Rejected(rejection) = governor().request_lease(ms(0), lease(1, "charts_agent", 0)) else {
        panic!("charts_agent has no leases");
    };
    assert_eq!(rejection.reason, RejectReason::AgentWithoutLeases);
}

#[test]
fn new_executions_wait_while_more_than_fifteen_leases_are_out() {
    let mut governor = governor();
    take(&mut governor, "financial_analyst", 1, 8);
    take(&mut governor, "macro_hound", 11, 4);
    take(&mut governor, "ratings_agent", 21, 3);
    // Fifteen are out: still at once. Its promised lease is the sixteenth.
    assert_eq!(governor.request_admission(ms(0), execution(1, &["financial_analyst"])), AdmissionDecision::Admitted);
    let second = governor.request_admission(ms(0), execution(2, &["financial_analyst"]));
    assert!(matches!(second, AdmissionDecision::Queued { position: 1, .. }), "{second:?}");
    assert_eq!(governor.snapshot(ms(0)).admission.gate, GateReason::LeasesOut);
    // A plan that needs no lease passes any queue.
    assert_eq!(governor.request_admission(ms(0), execution(3, &["charts_agent"])), AdmissionDecision::Admitted);
    assert!(governor.release_lease(ms(5), 21));
    assert_eq!(governor.advance(ms(5)), [Event::ExecutionAdmitted(2)]);
}

#[test]
fn a_running_execution_is_never_held_back_by_the_admission_gate() {
    let mut governor = governor();
    assert_eq!(governor.request_admission(ms(0), execution(1, &["ratings_agent"])), AdmissionDecision::Admitted);
    take(&mut governor, "financial_analyst", 1, 8);
    take(&mut governor, "macro_hound", 11, 4);
    take(&mut governor, "ratings_agent", 21, 4);
    assert_eq!(governor.request_lease(ms(0), lease(30, "ratings_agent", 1)), LeaseDecision::Granted);
}

#[test]
fn a_backed_up_agent_holds_back_only_those_who_need_it() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 4);
    for id in 5..=13 {
        governor.request_lease(ms(0), lease(id, "macro_hound", 0));
    }
    let macro_plan = governor.request_admission(ms(0), execution(1, &["financial_analyst", "macro_hound"]));
    assert!(matches!(macro_plan, AdmissionDecision::Queued { .. }), "{macro_plan:?}");
    let snapshot = governor.snapshot(ms(0));
    assert_eq!(snapshot.admission.gate, GateReason::AgentBackedUp);
    assert_eq!(snapshot.admission.backed_up, ["macro_hound"]);
    // The same user's other plan overtakes: it does not need the agent.
    assert_eq!(governor.request_admission(ms(0), execution(2, &["financial_analyst"])), AdmissionDecision::Admitted);
    assert!(governor.release_lease(ms(1), 1));
    assert_eq!(governor.advance(ms(1)), [Event::LeaseGranted(5), Event::ExecutionAdmitted(1)]);
}

#[test]
fn nobody_waits_longer_than_the_bound() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 4);
    governor.request_lease(ms(0), lease(5, "macro_hound", 0));
    assert_eq!(governor.next_wakeup(), Some(Duration::from_secs(30)));
    assert_eq!(governor.advance(ms(29_999)), []);
    let events = governor.advance(Duration::from_secs(30));
    let [Event::LeaseRejected(5, rejection)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(rejection.reason, RejectReason::QueueTimeout);
    assert!(rejection.retry_after > Duration::ZERO);
    assert_eq!(governor.cancel_lease(Duration::from_secs(31), 5), CancelOutcome::Unknown);
}

#[test]
fn a_deadline_that_cannot_be_met_is_refused_at_once_with_an_honest_wait() {
    let mut governor =
        Governor::new(Limits { admission_threshold: 0, others: 1, ..Limits::default() }).expect("limits are sound");
    let ask = |governor: &mut Governor, number: u64, deadline_ms: u64| {
        let mut request = execution(number, &["ratings_agent"]);
        request.expected_lease = ms(1_000);
        request.deadline = ms(deadline_ms);
        request.user = Uuid::from_u128(u128::from(number));
        governor.request_admission(ms(0), request)
    };
    assert_eq!(ask(&mut governor, 1, 60_000), AdmissionDecision::Admitted);
    for number in 2..=10 {
        assert!(matches!(ask(&mut governor, number, 60_000), AdmissionDecision::Queued { .. }));
    }
    // 9 s of work wait and half of 1 s runs: 9.5 s until the next one could begin.
    let AdmissionDecision::Rejected(rejection) = ask(&mut governor, 11, 5_000) else { panic!("5 s are too few") };
    assert_eq!(rejection.reason, RejectReason::DeadlineUnreachable);
    assert_eq!(rejection.retry_after, ms(5_500));
    assert!(matches!(ask(&mut governor, 12, 20_000), AdmissionDecision::Queued { .. }));
}

#[test]
fn a_queued_execution_is_shed_as_soon_as_its_deadline_is_out_of_reach() {
    let mut governor =
        Governor::new(Limits { admission_threshold: 0, others: 1, ..Limits::default() }).expect("limits are sound");
    let mut request = execution(1, &["ratings_agent"]);
    request.expected_lease = ms(400);
    assert_eq!(governor.request_admission(ms(0), request.clone()), AdmissionDecision::Admitted);
    request.execution = 2;
    request.deadline = ms(1_000);
    assert!(matches!(governor.request_admission(ms(0), request), AdmissionDecision::Queued { .. }));
    let events = governor.advance(ms(600));
    assert!(
        matches!(events.as_slice(), [Event::ExecutionRejected(2, rejection)]
        if rejection.reason == RejectReason::DeadlineUnreachable),
        "{events:?}"
    );
}

#[test]
fn predictions_follow_what_was_measured() {
    let mut governor =
        Governor::new(Limits { admission_threshold: 0, others: 1, ..Limits::default() }).expect("limits are sound");
    let mut now = Duration::ZERO;
    // Plans that are expected to take 100 ms take 10 ms.
    for number in 1..=200 {
        let mut request = execution(number, &["ratings_agent"]);
        request.expected_lease = ms(100);
        request.deadline = now + FAR;
        assert_eq!(governor.request_admission(now, request), AdmissionDecision::Admitted);
        let mut lease = lease(number, "ratings_agent", number);
        lease.deadline = now + FAR;
        assert_eq!(governor.request_lease(now, lease), LeaseDecision::Granted);
        now += ms(10);
        assert!(governor.release_lease(now, number));
        assert!(governor.finish_execution(now, number));
    }
    let mut request = execution(1_000, &["ratings_agent"]);
    request.expected_lease = ms(100);
    request.deadline = now + FAR;
    assert_eq!(governor.request_admission(now, request.clone()), AdmissionDecision::Admitted);
    request.execution = 1_001;
    let AdmissionDecision::Queued { expected_wait, .. } = governor.request_admission(now, request) else {
        panic!("one runs already");
    };
    assert!(ms(4) <= expected_wait && expected_wait <= ms(7), "{expected_wait:?}");
}

#[test]
fn interactive_goes_before_background() {
    let mut governor =
        Governor::new(Limits { admission_threshold: 0, others: 1, ..Limits::default() }).expect("limits are sound");
    let ask = |governor: &mut Governor, number: u64, class: Class| {
        governor.request_admission(ms(0), AdmissionRequest { class, ..execution(number, &["ratings_agent"]) })
    };
    assert_eq!(ask(&mut governor, 1, Class::Interactive), AdmissionDecision::Admitted);
    assert!(matches!(ask(&mut governor, 2, Class::Background), AdmissionDecision::Queued { .. }));
    assert!(matches!(ask(&mut governor, 3, Class::Interactive), AdmissionDecision::Queued { position: 2, .. }));
    governor.finish_execution(ms(1), 1);
    assert_eq!(governor.advance(ms(1)), [Event::ExecutionAdmitted(3)]);
    governor.finish_execution(ms(2), 3);
    assert_eq!(governor.advance(ms(2)), [Event::ExecutionAdmitted(2)]);
}

#[test]
fn a_full_queue_refuses() {
    let mut governor = Governor::new(Limits { admission_threshold: 0, queue_length_max: 1, ..Limits::default() })
        .expect("limits are sound");
    governor.request_admission(ms(0), execution(1, &["ratings_agent"]));
    governor.request_admission(ms(0), execution(2, &["ratings_agent"]));
    let third = governor.request_admission(ms(0), execution(3, &["ratings_agent"]));
    assert!(matches!(third, AdmissionDecision::Rejected(r) if r.reason == RejectReason::QueueFull), "{third:?}");
}

#[test]
fn a_cancelled_waiter_is_not_woken_and_a_cancelled_holder_gives_back() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 4);
    governor.request_lease(ms(0), lease(5, "macro_hound", 0));
    governor.request_lease(ms(0), lease(6, "macro_hound", 0));
    assert_eq!(governor.cancel_lease(ms(1), 5), CancelOutcome::Waiting);
    assert!(governor.release_lease(ms(2), 1));
    // Granted, but cancelled before the event was fetched: it must come back.
    assert_eq!(governor.cancel_lease(ms(2), 6), CancelOutcome::Held);
    assert_eq!(governor.advance(ms(3)), []);
    assert_eq!(governor.snapshot(ms(3)).in_use, 3);
}

#[test]
fn a_pool_of_one_serves_a_hundred_executions() {
    let limits = Limits {
        total: 1,
        bulkheads: [("financial_analyst".into(), 1), ("macro_hound".into(), 1)].into(),
        others: 1,
        ..Limits::default()
    };
    let mut governor = Governor::new(limits).expect("limits are sound");
    let mut waiting = Vec::new();
    let mut admitted = Vec::new();
    for number in 1..=100 {
        match governor.request_admission(ms(0), execution(number, &["financial_analyst", "macro_hound"])) {
            AdmissionDecision::Admitted => admitted.push(number),
            AdmissionDecision::Queued { .. } => waiting.push(number),
            AdmissionDecision::Rejected(rejection) => panic!("{rejection:?}"),
        }
    }
    let mut finished = 0;
    let mut now = ms(0);
    while let Some(number) = admitted.pop() {
        for (part, agent) in ["financial_analyst", "macro_hound"].into_iter().enumerate() {
            let id = number * 2 + part as u64;
            assert_eq!(governor.request_lease(now, lease(id, agent, number)), LeaseDecision::Granted);
            now += ms(1);
            assert!(governor.release_lease(now, id));
        }
        assert!(governor.finish_execution(now, number));
        finished += 1;
        for event in governor.advance(now) {
            match event {
                Event::ExecutionAdmitted(next) => admitted.push(next),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(finished, 100);
}

#[test]
fn the_snapshot_names_the_oldest_holder() {
    let mut governor = governor();
    governor.request_lease(ms(10), lease(7, "macro_hound", 0));
    governor.request_lease(ms(30), lease(8, "financial_analyst", 0));
    let snapshot = governor.snapshot(ms(110));
    let oldest = snapshot.oldest_lease().expect("two leases are out");
    assert_eq!((oldest.id, oldest.agent.as_str(), oldest.age_ms), (7, "macro_hound", 100));
    assert_eq!(snapshot.oldest_leases.len(), 2);
}

#[test]
fn a_number_in_use_is_refused() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 1);
    let again = governor.request_lease(ms(0), lease(1, "macro_hound", 0));
    assert!(matches!(again, LeaseDecision::Rejected(r) if r.reason == RejectReason::DuplicateId), "{again:?}");
}

#[test]
fn a_changed_roster_moves_who_waits() {
    let mut governor = governor();
    take(&mut governor, "macro_hound", 1, 4);
    governor.request_lease(ms(0), lease(5, "macro_hound", 0));
    let mut merged = limits();
    merged.bulkheads.remove("macro_hound");
    governor.set_limits(ms(1), merged.clone()).expect("limits are sound");
    // Four of the agent's leases now count against the shared five, so the fifth fits.
    assert_eq!(governor.advance(ms(1)), [Event::LeaseGranted(5)]);
    merged.bulkheads.insert("macro_hound".into(), 0);
    governor.request_lease(ms(2), lease(6, "macro_hound", 0));
    governor.set_limits(ms(3), merged).expect("limits are sound");
    let events = governor.advance(ms(3));
    assert!(matches!(events.as_slice(), [Event::LeaseRejected(6, r)] if r.reason == RejectReason::AgentWithoutLeases));
}
