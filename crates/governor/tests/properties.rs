//! The governor under random sequences of calls, checked after each call against a model that only keeps books.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use governor::{
    AdmissionDecision, AdmissionRequest, CancelOutcome, Class, Event, GateReason, Governor, LeaseDecision,
    LeaseRequest, Limits,
};
use proptest::prelude::*;
use uuid::Uuid;

const AGENTS: [&str; 5] = ["financial_analyst", "macro_hound", "ratings_agent", "platform", "charts_agent"];

#[derive(Clone, Debug)]
enum Call {
    Admit { user: u8, agents: u8, expected_ms: u16, deadline_ms: u16, background: bool },
    Finish { pick: u16 },
    CancelExecution { pick: u16 },
    Lease { user: u8, agent: u8, of: u16, deadline_ms: u16 },
    Release { pick: u16 },
    CancelLease { pick: u16 },
    Pass { ms: u16 },
    SetTotal { total: u8 },
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (0u8..4, 0u8..32, 1u16..500, 1u16..20_000, any::<bool>()).prop_map(
            |(user, agents, expected_ms, deadline_ms, background)| Call::Admit {
                user, agents, expected_ms, deadline_ms, background
            }
        ),
        3 => any::<u16>().prop_map(|pick| Call::Finish { pick }),
        1 => any::<u16>().prop_map(|pick| Call::CancelExecution { pick }),
        8 => (0u8..4, 0u8..5, any::<u16>(), 1u16..20_000)
            .prop_map(|(user, agent, of, deadline_ms)| Call::Lease { user, agent, of, deadline_ms }),
        6 => any::<u16>().prop_map(|pick| Call::Release { pick }),
        1 => any::<u16>().prop_map(|pick| Call::CancelLease { pick }),
        2 => (0u16..3_000).prop_map(|ms| Call::Pass { ms }),
        1 => (1u8..9).prop_map(|total| Call::SetTotal { total }),
    ]
}

fn limits(total: u32) -> Limits {
    Limits {
        total,
        bulkheads: [("financial_analyst".into(), 3), ("macro_hound".into(), 2), ("charts_agent".into(), 0)].into(),
        others: 2,
        admission_threshold: 4,
        queue_wait_max: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// Books kept by the caller: what it was told, and nothing else.
struct Model {
    governor: Governor,
    now: Duration,
    total: u32,
    next: u64,
    held: BTreeMap<u64, String>,
    waiting_leases: BTreeSet<u64>,
    running: BTreeSet<u64>,
    waiting_executions: BTreeSet<u64>,
    asked: u64,
    ended: u64,
}

impl Model {
    fn new() -> Self {
        Model {
            governor: Governor::new(limits(5)).expect("limits are sound"),
            now: Duration::ZERO,
            total: 5,
            next: 1,
            held: BTreeMap::new(),
            waiting_leases: BTreeSet::new(),
            running: BTreeSet::new(),
            waiting_executions: BTreeSet::new(),
            asked: 0,
            ended: 0,
        }
    }

    fn nth(set: impl ExactSizeIterator<Item = u64>, pick: u16) -> Option<u64> {
        let length = set.len();
        if length == 0 { None } else { set.into_iter().nth(usize::from(pick) % length) }
    }

    fn apply(&mut self, call: &Call, agents_of: &mut BTreeMap<u64, String>) {
        match call {
            Call::Admit { user, agents, expected_ms, deadline_ms, background } => {
                let execution = self.next;
                self.next += 1;
                self.asked += 1;
                let request = AdmissionRequest {
                    execution,
                    user: Uuid::from_u128(u128::from(*user)),
                    agents: AGENTS
                        .iter()
                        .enumerate()
                        .filter(|(bit, _)| agents & 1 << bit != 0)
                        .map(|(_, agent)| (*agent).to_owned())
                        .collect(),
                    expected_lease: Duration::from_millis(u64::from(*expected_ms)),
                    deadline: self.now + Duration::from_millis(u64::from(*deadline_ms)),
                    class: if *background { Class::Background } else { Class::Interactive },
                };
                match self.governor.request_admission(self.now, request) {
                    AdmissionDecision::Admitted => assert!(self.running.insert(execution)),
                    AdmissionDecision::Queued { .. } => assert!(self.waiting_executions.insert(execution)),
                    AdmissionDecision::Rejected(rejection) => {
                        assert!(rejection.retry_after > Duration::ZERO);
                        self.ended += 1;
                    }
                }
            }
            Call::Finish { pick } => {
                if let Some(id) = Self::nth(self.running.iter().copied(), *pick) {
                    assert!(self.governor.finish_execution(self.now, id));
                    assert!(!self.governor.finish_execution(self.now, id), "an execution ends once");
                    self.running.remove(&id);
                    self.ended += 1;
                }
            }
            Call::CancelExecution { pick } => {
                let all: BTreeSet<u64> = self.running.union(&self.waiting_executions).copied().collect();
                if let Some(id) = Self::nth(all.iter().copied(), *pick) {
                    let outcome = self.governor.cancel_execution(self.now, id);
                    let expected = if self.running.remove(&id) { CancelOutcome::Held } else { CancelOutcome::Waiting };
                    self.waiting_executions.remove(&id);
                    assert_eq!(outcome, expected);
                    self.ended += 1;
                }
            }
            Call::Lease { user, agent, of, deadline_ms } => {
                let id = self.next;
                self.next += 1;
                self.asked += 1;
                let agent = AGENTS[usize::from(*agent)].to_owned();
                agents_of.insert(id, agent.clone());
                let request = LeaseRequest {
                    id,
                    agent: agent.clone(),
                    user: Uuid::from_u128(u128::from(*user)),
                    execution: Self::nth(self.running.iter().copied(), *of).unwrap_or(0),
                    deadline: self.now + Duration::from_millis(u64::from(*deadline_ms)),
                };
                match self.governor.request_lease(self.now, request) {
                    LeaseDecision::Granted => {
                        self.held.insert(id, agent);
                    }
                    LeaseDecision::Queued { position } => {
                        assert!(position > 0);
                        self.waiting_leases.insert(id);
                    }
                    LeaseDecision::Rejected(_) => self.ended += 1,
                }
            }
            Call::Release { pick } => {
                if let Some(id) = Self::nth(self.held.keys().copied(), *pick) {
                    assert!(self.governor.release_lease(self.now, id));
                    assert!(!self.governor.release_lease(self.now, id), "a lease is released once");
                    self.held.remove(&id);
                    self.ended += 1;
                }
            }
            Call::CancelLease { pick } => {
                let all: BTreeSet<u64> = self.held.keys().chain(&self.waiting_leases).copied().collect();
                if let Some(id) = Self::nth(all.iter().copied(), *pick) {
                    let outcome = self.governor.cancel_lease(self.now, id);
                    let was_held = self.held.remove(&id).is_some();
                    self.waiting_leases.remove(&id);
                    assert_eq!(outcome, if was_held { CancelOutcome::Held } else { CancelOutcome::Waiting });
                    self.ended += 1;
                }
            }
            Call::Pass { ms } => self.now += Duration::from_millis(u64::from(*ms)),
            Call::SetTotal { total } => {
                self.total = u32::from(*total);
                self.governor.set_limits(self.now, limits(self.total)).expect("limits are sound");
            }
        }
        for event in self.governor.advance(self.now) {
            match event {
                Event::ExecutionAdmitted(id) => {
                    assert!(self.waiting_executions.remove(&id), "only who waits is admitted: {id}");
                    self.running.insert(id);
                }
                Event::ExecutionRejected(id, _) => {
                    assert!(self.waiting_executions.remove(&id), "only who waits is rejected: {id}");
                    self.ended += 1;
                }
                Event::LeaseGranted(id) => {
                    assert!(self.waiting_leases.remove(&id), "only who waits is granted: {id}");
                    self.held.insert(id, agents_of[&id].clone());
                }
                Event::LeaseRejected(id, _) => {
                    assert!(self.waiting_leases.remove(&id), "only who waits is rejected: {id}");
                    self.ended += 1;
                }
            }
        }
    }

    fn check(&mut self, was_out: usize) {
        let snapshot = self.governor.snapshot(self.now);
        assert_eq!(snapshot.in_use as usize, self.held.len());
        // A lowered ceiling drains; it never grants above.
        assert!(self.held.len() <= (self.total as usize).max(was_out), "total");
        let mut by_bulkhead: BTreeMap<&str, u32> = BTreeMap::new();
        for agent in self.held.values() {
            *by_bulkhead.entry(self.governor.limits().bulkhead_of(agent).0).or_default() += 1;
        }
        for view in &snapshot.bulkheads {
            assert_eq!(view.in_use, by_bulkhead.get(view.agent.as_str()).copied().unwrap_or(0));
            assert!(view.in_use <= view.limit, "bulkhead of {}", view.agent);
            // No lost wakeup: who waits for a lease is kept back by its bulkhead or by the total.
            let has_room = view.in_use < view.limit && snapshot.in_use < snapshot.total;
            assert!(!(has_room && view.queued > 0), "{} has room and {} wait", view.agent, view.queued);
        }
        let waiting: u32 = snapshot.bulkheads.iter().map(|view| view.queued).sum();
        assert_eq!(waiting as usize, self.waiting_leases.len());
        let queued = snapshot.admission.queued_interactive + snapshot.admission.queued_background;
        assert_eq!(queued as usize, self.waiting_executions.len());
        assert_eq!(snapshot.admission.running as usize, self.running.len());
        if snapshot.admission.gate == GateReason::Open {
            assert_eq!(queued, 0, "the gate is open and {queued} wait");
        }
        if let Some(wakeup) = self.governor.next_wakeup() {
            assert!(wakeup > self.now, "whose time is over is rejected");
        } else {
            assert!(self.waiting_leases.is_empty() && self.waiting_executions.is_empty());
        }
    }

    /// Ends everything: whoever waits is served or rejected, whatever is out comes back.
    fn drain(&mut self, agents_of: &mut BTreeMap<u64, String>) {
        for _ in 0..10_000 {
            if !self.held.is_empty() {
                self.apply(&Call::Release { pick: 0 }, agents_of);
            } else if !self.running.is_empty() {
                self.apply(&Call::Finish { pick: 0 }, agents_of);
            } else if let Some(wakeup) = self.governor.next_wakeup() {
                self.now = self.now.max(wakeup);
                self.apply(&Call::Pass { ms: 0 }, agents_of);
            } else {
                break;
            }
        }
        assert!(self.waiting_leases.is_empty() && self.waiting_executions.is_empty());
        assert_eq!(self.asked, self.ended, "every request ends once");
        let counters = self.governor.snapshot(self.now).counters;
        assert_eq!(counters.leases_granted, counters.leases_released);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_calls_breaks_an_invariant(calls in prop::collection::vec(call(), 1..160)) {
        let mut model = Model::new();
        let mut agents_of = BTreeMap::new();
        for call in &calls {
            let was_out = model.held.len();
            model.apply(call, &mut agents_of);
            model.check(was_out);
        }
        model.drain(&mut agents_of);
    }

    #[test]
    fn the_same_calls_give_the_same_answers(calls in prop::collection::vec(call(), 1..80)) {
        let (mut first, mut second) = (Model::new(), Model::new());
        let (mut a, mut b) = (BTreeMap::new(), BTreeMap::new());
        for call in &calls {
            first.apply(call, &mut a);
            second.apply(call, &mut b);
            prop_assert_eq!(first.governor.snapshot(first.now), second.governor.snapshot(second.now));
        }
    }

    /// Two users who always wait get the same connection time, within one quantum and one dearest request.
    #[test]
    fn users_share_connection_time_evenly(costs in prop::collection::vec(1u64..200, 40)) {
        let mut governor = Governor::new(Limits { admission_threshold: 0, others: 1, ..Limits::default() })
            .expect("limits are sound");
        let mut cost_of = BTreeMap::new();
        let far = Duration::from_secs(3_600);
        for (index, cost) in costs.iter().enumerate() {
            let execution = index as u64 + 1;
            cost_of.insert(execution, (index % 2, *cost));
            governor.request_admission(Duration::ZERO, AdmissionRequest {
                execution,
                user: Uuid::from_u128(index as u128 % 2),
                agents: vec!["ratings_agent".into()],
                expected_lease: Duration::from_millis(*cost),
                deadline: far,
                class: Class::Interactive,
            });
        }
        let mut left = [costs.len() / 2; 2];
        let mut served = [0u64; 2];
        let mut current = 1;
        loop {
            let (user, cost) = cost_of[&current];
            served[user] += cost;
            left[user] -= 1;
            if left[0] == 0 || left[1] == 0 {
                break;
            }
            prop_assert!(served[0].abs_diff(served[1]) <= 200 + 2 * 20 + 200, "{:?}", served);
            governor.finish_execution(Duration::ZERO, current);
            let events = governor.advance(Duration::ZERO);
            match events.as_slice() {
                [Event::ExecutionAdmitted(next)] => current = *next,
                other => prop_assert!(false, "one is admitted for one finished: {:?}", other),
            }
        }
    }
}
