//! The state machine itself: two gates, their queues, and the rules that move requests through them.
//!
//! The first gate admits executions; the second grants leases to the steps of admitted executions. Law: a lease request
//! is never held back by the first gate, so running executions always finish and free what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use crate::counters::Counters;
use crate::fair_queue::{Entry, FairQueue};
use crate::limits::{Limits, LimitsError, OTHERS};
use crate::request::{
    AdmissionDecision, AdmissionRequest, CancelOutcome, Class, Event, LeaseDecision, LeaseRequest, RejectReason,
    Rejection,
};
use crate::snapshot::{AdmissionView, BulkheadView, GateReason, LeaseView, Snapshot};

/// Shortest time that a rejection tells the caller to wait.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(100);
/// Most leases that a snapshot names.
const LEASES_SHOWN: usize = 20;

#[derive(Debug, Default)]
struct Bulkhead {
    name: String,
    limit: u32,
    in_use: u32,
    /// Executions just admitted that are expected to ask this agent for a lease.
    promised: u32,
    queue: FairQueue,
    waiting_since: BTreeSet<(Duration, u64)>,
}

impl Bulkhead {
    fn is_backed_up(&self, factor: u32) -> bool {
        let backlog = self.waiting_since.len() as u64 + u64::from(self.promised);
        self.limit > 0 && backlog > u64::from(factor) * u64::from(self.limit)
    }
}

#[derive(Debug)]
struct WaitingLease {
    request: LeaseRequest,
    bulkhead: usize,
    since: Duration,
    expires: Duration,
    reason: RejectReason,
}

#[derive(Debug)]
struct HeldLease {
    request: LeaseRequest,
    bulkhead: usize,
    since: Duration,
}

#[derive(Debug)]
struct WaitingExecution {
    request: AdmissionRequest,
    since: Duration,
    expires: Duration,
    reason: RejectReason,
}

#[derive(Debug)]
struct RunningExecution {
    agents: Vec<String>,
    expected_us: u64,
    used_us: u64,
    /// It has not asked for a lease yet.
    is_promised: bool,
}

/// A moving average, so that predictions follow what was measured.
#[derive(Debug)]
struct Measured {
    expected_us: f64,
    used_us: f64,
    lease_us: f64,
}

/// Decides who gets a connection. See the crate's documentation for its invariants.
#[derive(Debug)]
pub struct Governor {
    limits: Limits,
    now: Duration,
    in_use: u32,
    promised: u32,
    bulkheads: Vec<Bulkhead>,
    held: BTreeMap<u64, HeldLease>,
    waiting_leases: BTreeMap<u64, WaitingLease>,
    running: BTreeMap<u64, RunningExecution>,
    waiting_executions: BTreeMap<u64, WaitingExecution>,
    interactive: FairQueue,
    background: FairQueue,
    /// When a waiting request must be rejected: (moment, is it a lease, number).
    expiries: BTreeSet<(Duration, bool, u64)>,
    events: Vec<Event>,
    counters: Counters,
    measured: Measured,
}

impl Governor {
    /// A governor with nothing out and nobody waiting.
    pub fn new(limits: Limits) -> Result<Self, LimitsError> {
        limits.check()?;
        let bulkheads = bulkheads_of(&limits);
        Ok(Governor {
            limits,
            now: Duration::ZERO,
            in_use: 0,
            promised: 0,
            bulkheads,
            held: BTreeMap::new(),
            waiting_leases: BTreeMap::new(),
            running: BTreeMap::new(),
            waiting_executions: BTreeMap::new(),
            interactive: FairQueue::default(),
            background: FairQueue::default(),
            expiries: BTreeSet::new(),
            events: Vec::new(),
            counters: Counters::default(),
            measured: Measured { expected_us: 1.0, used_us: 1.0, lease_us: 2_000.0 },
        })
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Asks to begin an execution. A queued one ends in an event, or in [`Governor::cancel_execution`].
    pub fn request_admission(&mut self, now: Duration, request: AdmissionRequest) -> AdmissionDecision {
        self.tick(now);
        let execution = request.execution;
        if self.running.contains_key(&execution) || self.waiting_executions.contains_key(&execution) {
            return AdmissionDecision::Rejected(self.reject_execution(RejectReason::DuplicateId, Duration::ZERO));
        }
        if request.deadline <= self.now {
            let wait = self.expected_wait(&request);
            return AdmissionDecision::Rejected(self.reject_execution(RejectReason::DeadlineUnreachable, wait));
        }
        let needs = self.needs_of(&request.agents);
        if needs == 0 {
            self.admit(execution, request.agents, &request.expected_lease);
            return AdmissionDecision::Admitted;
        }
        let nobody_waits = self.interactive.len() == 0 && self.background.len() == 0;
        if nobody_waits && !self.is_threshold_reached() && self.closed_bulkheads() & needs == 0 {
            self.admit(execution, request.agents, &request.expected_lease);
            return AdmissionDecision::Admitted;
        }
        let wait = self.expected_wait(&request);
        if self.interactive.len() + self.background.len() >= self.limits.queue_length_max as usize {
            return AdmissionDecision::Rejected(self.reject_execution(RejectReason::QueueFull, wait));
        }
        let own = self.shortest_run(&request);
        let patience = self.limits.queue_wait_max.min(request.deadline.saturating_sub(self.now).saturating_sub(own));
        if wait > patience || patience.is_zero() {
            let excess = wait.saturating_sub(patience);
            return AdmissionDecision::Rejected(self.reject_execution(RejectReason::DeadlineUnreachable, excess));
        }
        self.counters.executions_queued += 1;
        let entry = Entry { id: execution, cost: cost_of(&request.expected_lease), needs };
        self.queue_of(request.class).push(request.user, entry);
        let expires = self.now + patience;
        let reason = reason_for(patience, self.limits.queue_wait_max);
        self.expiries.insert((expires, false, execution));
        self.waiting_executions.insert(execution, WaitingExecution { request, since: self.now, expires, reason });
        self.serve();
        if self.take_event(Event::ExecutionAdmitted(execution)) {
            return AdmissionDecision::Admitted;
        }
        let position = u32::try_from(self.waiting_executions.len()).unwrap_or(u32::MAX);
        AdmissionDecision::Queued { position, expected_wait: wait }
    }

    /// Reports the end of an admitted execution, however it ended. `false` if it was not running.
    pub fn finish_execution(&mut self, now: Duration, execution: u64) -> bool {
        self.tick(now);
        let Some(ended) = self.running.remove(&execution) else {
            return false;
        };
        if ended.is_promised {
            self.unpromise(&ended.agents);
        } else {
            self.measured.learn_execution(ended.expected_us, ended.used_us);
        }
        self.serve();
        true
    }

    /// Takes an execution out of the queue, or ends it if it was admitted.
    pub fn cancel_execution(&mut self, now: Duration, execution: u64) -> CancelOutcome {
        self.tick(now);
        if let Some(waiting) = self.waiting_executions.remove(&execution) {
            self.expiries.remove(&(waiting.expires, false, execution));
            self.queue_of(waiting.request.class).remove(waiting.request.user, execution);
            self.counters.executions_cancelled += 1;
            self.serve();
            return CancelOutcome::Waiting;
        }
        self.forget_event(|event| matches!(event, Event::ExecutionAdmitted(id) if *id == execution));
        if self.finish_execution(now, execution) { CancelOutcome::Held } else { CancelOutcome::Unknown }
    }

    /// Asks for a lease. A queued request ends in an event, or in [`Governor::cancel_lease`].
    pub fn request_lease(&mut self, now: Duration, request: LeaseRequest) -> LeaseDecision {
        self.tick(now);
        let id = request.id;
        if self.held.contains_key(&id) || self.waiting_leases.contains_key(&id) {
            return LeaseDecision::Rejected(self.reject_lease(RejectReason::DuplicateId, Duration::ZERO));
        }
        let bulkhead = self.bulkhead_index(&request.agent);
        if self.bulkheads[bulkhead].limit == 0 {
            return LeaseDecision::Rejected(self.reject_lease(RejectReason::AgentWithoutLeases, Duration::ZERO));
        }
        if request.deadline <= self.now {
            let wait = self.expected_lease_wait(bulkhead);
            return LeaseDecision::Rejected(self.reject_lease(RejectReason::DeadlineUnreachable, wait));
        }
        self.keep_promise(request.execution);
        let patience = self.limits.queue_wait_max.min(request.deadline - self.now);
        let expires = self.now + patience;
        let reason = reason_for(patience, self.limits.queue_wait_max);
        self.expiries.insert((expires, true, id));
        let waiting = WaitingLease { request, bulkhead, since: self.now, expires, reason };
        self.queue_lease(id, waiting);
        self.serve();
        if self.take_event(Event::LeaseGranted(id)) {
            return LeaseDecision::Granted;
        }
        self.counters.leases_queued += 1;
        let position = u32::try_from(self.bulkheads[bulkhead].waiting_since.len()).unwrap_or(u32::MAX);
        LeaseDecision::Queued { position }
    }

    /// Gives a lease back. `false` if it is not out: a lease is released once.
    pub fn release_lease(&mut self, now: Duration, id: u64) -> bool {
        self.tick(now);
        let Some(lease) = self.held.remove(&id) else {
            return false;
        };
        self.in_use -= 1;
        self.bulkheads[lease.bulkhead].in_use -= 1;
        self.counters.leases_released += 1;
        let used_us = micros(&self.now.saturating_sub(lease.since));
        self.measured.learn_lease(used_us);
        if let Some(execution) = self.running.get_mut(&lease.request.execution) {
            execution.used_us = execution.used_us.saturating_add(used_us);
        }
        self.serve();
        true
    }

    /// Takes a lease request out of its queue, or releases the lease if it had been granted.
    pub fn cancel_lease(&mut self, now: Duration, id: u64) -> CancelOutcome {
        self.tick(now);
        if let Some(waiting) = self.remove_waiting_lease(id) {
            self.expiries.remove(&(waiting.expires, true, id));
            self.counters.leases_cancelled += 1;
            self.serve();
            return CancelOutcome::Waiting;
        }
        self.forget_event(|event| matches!(event, Event::LeaseGranted(granted) if *granted == id));
        if self.release_lease(now, id) { CancelOutcome::Held } else { CancelOutcome::Unknown }
    }

    /// Rejects whose time is over, serves who can be served, and returns what happened to queued requests since the
    /// last call. Call it after every other call and at [`Governor::next_wakeup`]; each event is returned once.
    pub fn advance(&mut self, now: Duration) -> Vec<Event> {
        self.tick(now);
        self.serve();
        std::mem::take(&mut self.events)
    }

    /// When [`Governor::advance`] must be called next even if nothing else happens.
    pub fn next_wakeup(&self) -> Option<Duration> {
        self.expiries.first().map(|(moment, _, _)| *moment)
    }

    /// Changes the limits while running. Leases above a lowered ceiling stay out until they are released.
    pub fn set_limits(&mut self, now: Duration, limits: Limits) -> Result<(), LimitsError> {
        limits.check()?;
        self.tick(now);
        let mut waiting: Vec<(u64, WaitingLease)> = Vec::with_capacity(self.waiting_leases.len());
        for bulkhead in &mut self.bulkheads {
            for (_, entry) in bulkhead.queue.drain() {
                if let Some(lease) = self.waiting_leases.remove(&entry.id) {
                    waiting.push((entry.id, lease));
                }
            }
        }
        waiting.sort_by_key(|(id, lease)| (lease.since, *id));
        let executions: Vec<(Class, Uuid, Entry)> = [Class::Interactive, Class::Background]
            .into_iter()
            .flat_map(|class| self.queue_of(class).drain().into_iter().map(move |(user, entry)| (class, user, entry)))
            .collect();

        self.bulkheads = bulkheads_of(&limits);
        self.limits = limits;
        let agents: Vec<(u64, usize)> =
            self.held.iter().map(|(id, lease)| (*id, self.bulkhead_index(&lease.request.agent))).collect();
        for (id, bulkhead) in agents {
            self.bulkheads[bulkhead].in_use += 1;
            if let Some(lease) = self.held.get_mut(&id) {
                lease.bulkhead = bulkhead;
            }
        }
        for (id, mut lease) in waiting {
            lease.bulkhead = self.bulkhead_index(&lease.request.agent);
            if self.bulkheads[lease.bulkhead].limit == 0 {
                self.expiries.remove(&(lease.expires, true, id));
                let rejection = self.reject_lease(RejectReason::AgentWithoutLeases, Duration::ZERO);
                self.events.push(Event::LeaseRejected(id, rejection));
            } else {
                self.queue_lease(id, lease);
            }
        }
        for (class, user, mut entry) in executions {
            if let Some(waiting) = self.waiting_executions.get(&entry.id) {
                entry.needs = self.needs_of(&waiting.request.agents);
                self.queue_of(class).push(user, entry);
            }
        }
        let promised: Vec<u64> =
            self.running.values().filter(|run| run.is_promised).map(|run| self.needs_of(&run.agents)).collect();
        for needs in promised {
            self.each_needed(needs, |bulkhead| bulkhead.promised += 1);
        }
        self.serve();
        Ok(())
    }

    /// What it looks like now.
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        let now = now.max(self.now);
        let age_ms = |since: Duration| u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX);
        let bulkheads = self
            .bulkheads
            .iter()
            .map(|bulkhead| BulkheadView {
                agent: bulkhead.name.clone(),
                limit: bulkhead.limit,
                in_use: bulkhead.in_use,
                queued: u32::try_from(bulkhead.waiting_since.len()).unwrap_or(u32::MAX),
                oldest_wait_ms: bulkhead.waiting_since.first().map_or(0, |(since, _)| age_ms(*since)),
            })
            .collect();
        let mut oldest: Vec<(&u64, &HeldLease)> = self.held.iter().collect();
        oldest.sort_by_key(|(id, lease)| (lease.since, **id));
        let oldest_leases = oldest
            .into_iter()
            .take(LEASES_SHOWN)
            .map(|(id, lease)| LeaseView {
                id: *id,
                agent: lease.request.agent.clone(),
                user: lease.request.user,
                execution: lease.request.execution,
                age_ms: age_ms(lease.since),
            })
            .collect();
        let backed_up: Vec<String> = self
            .bulkheads
            .iter()
            .filter(|bulkhead| bulkhead.is_backed_up(self.limits.backlog_factor))
            .map(|bulkhead| bulkhead.name.clone())
            .collect();
        let gate = match (self.is_threshold_reached(), backed_up.is_empty()) {
            (true, _) => GateReason::LeasesOut,
            (false, false) => GateReason::AgentBackedUp,
            (false, true) => GateReason::Open,
        };
        let admission = AdmissionView {
            gate,
            backed_up,
            running: u32::try_from(self.running.len()).unwrap_or(u32::MAX),
            queued_interactive: u32::try_from(self.interactive.len()).unwrap_or(u32::MAX),
            queued_background: u32::try_from(self.background.len()).unwrap_or(u32::MAX),
            oldest_wait_ms: self.waiting_executions.values().map(|w| age_ms(w.since)).max().unwrap_or(0),
        };
        Snapshot {
            total: self.limits.total,
            in_use: self.in_use,
            bulkheads,
            admission,
            oldest_leases,
            counters: self.counters,
        }
    }

    /// Time never runs backward; whose time is over is rejected before anything else is decided.
    fn tick(&mut self, now: Duration) {
        self.now = self.now.max(now);
        while let Some((moment, is_lease, id)) = self.expiries.first().copied() {
            if moment > self.now {
                break;
            }
            self.expiries.pop_first();
            if is_lease {
                if let Some(waiting) = self.remove_waiting_lease(id) {
                    let wait = self.expected_lease_wait(waiting.bulkhead);
                    let rejection = self.reject_lease(waiting.reason, wait);
                    self.events.push(Event::LeaseRejected(id, rejection));
                }
            } else if let Some(waiting) = self.waiting_executions.remove(&id) {
                self.queue_of(waiting.request.class).remove(waiting.request.user, id);
                let wait = self.expected_wait(&waiting.request);
                let rejection = self.reject_execution(waiting.reason, wait);
                self.events.push(Event::ExecutionRejected(id, rejection));
            }
        }
    }

    /// Grants every lease and admits every execution that the limits allow. Leases first: they finish what runs.
    fn serve(&mut self) {
        while self.in_use < self.limits.total {
            let longest_waiting = self
                .bulkheads
                .iter()
                .enumerate()
                .filter(|(_, bulkhead)| bulkhead.in_use < bulkhead.limit)
                .filter_map(|(index, bulkhead)| Some((*bulkhead.waiting_since.first()?, index)))
                .min();
            let Some((_, index)) = longest_waiting else { break };
            let Some(entry) = self.bulkheads[index].queue.pop(0, 1) else { break };
            let Some(waiting) = self.waiting_leases.remove(&entry.id) else { break };
            self.expiries.remove(&(waiting.expires, true, entry.id));
            let bulkhead = &mut self.bulkheads[index];
            bulkhead.waiting_since.remove(&(waiting.since, entry.id));
            bulkhead.in_use += 1;
            self.in_use += 1;
            self.counters.leases_granted += 1;
            self.held.insert(entry.id, HeldLease { request: waiting.request, bulkhead: index, since: self.now });
            self.events.push(Event::LeaseGranted(entry.id));
        }
        let quantum = cost_of(&self.limits.quantum);
        while !self.is_threshold_reached() && self.interactive.len() + self.background.len() > 0 {
            let closed = self.closed_bulkheads();
            let next = self.interactive.pop(closed, quantum).or_else(|| self.background.pop(closed, quantum));
            let Some(entry) = next else { break };
            let Some(waiting) = self.waiting_executions.remove(&entry.id) else { break };
            self.expiries.remove(&(waiting.expires, false, entry.id));
            self.admit(entry.id, waiting.request.agents, &waiting.request.expected_lease);
            self.events.push(Event::ExecutionAdmitted(entry.id));
        }
    }

    fn admit(&mut self, execution: u64, agents: Vec<String>, expected: &Duration) {
        let needs = self.needs_of(&agents);
        let is_promised = needs != 0;
        if is_promised {
            self.promised += 1;
            self.each_needed(needs, |bulkhead| bulkhead.promised += 1);
        }
        self.counters.executions_admitted += 1;
        let run = RunningExecution { agents, expected_us: cost_of(expected), used_us: 0, is_promised };
        self.running.insert(execution, run);
    }

    /// The first lease request of an execution turns its promise into a request that is counted itself.
    fn keep_promise(&mut self, execution: u64) {
        let Some(run) = self.running.get_mut(&execution) else { return };
        if std::mem::replace(&mut run.is_promised, false) {
            let agents = run.agents.clone();
            self.unpromise(&agents);
        }
    }

    fn unpromise(&mut self, agents: &[String]) {
        self.promised = self.promised.saturating_sub(1);
        let needs = self.needs_of(agents);
        self.each_needed(needs, |bulkhead| bulkhead.promised = bulkhead.promised.saturating_sub(1));
    }

    fn is_threshold_reached(&self) -> bool {
        self.in_use + self.promised > self.limits.admission_threshold
    }

    fn closed_bulkheads(&self) -> u64 {
        let factor = self.limits.backlog_factor;
        self.bulkheads
            .iter()
            .enumerate()
            .filter(|(_, bulkhead)| bulkhead.is_backed_up(factor))
            .fold(0, |closed, (index, _)| closed | 1 << index)
    }

    /// Bulkheads that a plan needs, one bit each; agents without leases need none.
    fn needs_of(&self, agents: &[String]) -> u64 {
        agents
            .iter()
            .map(|agent| self.bulkhead_index(agent))
            .filter(|index| self.bulkheads[*index].limit > 0)
            .fold(0, |needs, index| needs | 1 << index)
    }

    fn each_needed(&mut self, needs: u64, mut change: impl FnMut(&mut Bulkhead)) {
        for (index, bulkhead) in self.bulkheads.iter_mut().enumerate() {
            if needs & 1 << index != 0 {
                change(bulkhead);
            }
        }
    }

    fn bulkhead_index(&self, agent: &str) -> usize {
        let others = self.bulkheads.len() - 1;
        self.bulkheads[..others].binary_search_by(|bulkhead| bulkhead.name.as_str().cmp(agent)).unwrap_or(others)
    }

    fn queue_of(&mut self, class: Class) -> &mut FairQueue {
        match class {
            Class::Interactive => &mut self.interactive,
            Class::Background => &mut self.background,
        }
    }

    fn queue_lease(&mut self, id: u64, waiting: WaitingLease) {
        let bulkhead = &mut self.bulkheads[waiting.bulkhead];
        bulkhead.queue.push(waiting.request.user, Entry { id, cost: 1, needs: 0 });
        bulkhead.waiting_since.insert((waiting.since, id));
        self.waiting_leases.insert(id, waiting);
    }

    fn remove_waiting_lease(&mut self, id: u64) -> Option<WaitingLease> {
        let waiting = self.waiting_leases.remove(&id)?;
        let bulkhead = &mut self.bulkheads[waiting.bulkhead];
        bulkhead.queue.remove(waiting.request.user, id);
        bulkhead.waiting_since.remove(&(waiting.since, id));
        Some(waiting)
    }

    /// Connections that may work on a plan at the same time.
    fn width_of(&self, agents: &[String]) -> u64 {
        let needs = self.needs_of(agents);
        let sum: u32 = self
            .bulkheads
            .iter()
            .enumerate()
            .filter(|(index, _)| needs & 1 << index != 0)
            .map(|(_, bulkhead)| bulkhead.limit)
            .fold(0, u32::saturating_add);
        u64::from(sum.min(self.limits.total).max(1))
    }

    /// Predicted wait of a request that joined its queue now: work ahead of it and half of what runs, as measured.
    fn expected_wait(&self, request: &AdmissionRequest) -> Duration {
        let cost = cost_of(&request.expected_lease);
        let queued = match request.class {
            Class::Interactive => self.interactive.work_ahead(request.user, cost),
            Class::Background => {
                self.interactive.total_work().saturating_add(self.background.work_ahead(request.user, cost))
            }
        };
        let running: u64 = self.running.values().map(|run| run.expected_us.saturating_sub(run.used_us)).sum();
        self.measured.corrected(queued.saturating_add(running / 2) / self.width_of(&request.agents))
    }

    /// The least time that the execution itself can take, with every connection it may use.
    fn shortest_run(&self, request: &AdmissionRequest) -> Duration {
        self.measured.corrected(cost_of(&request.expected_lease) / self.width_of(&request.agents))
    }

    fn expected_lease_wait(&self, bulkhead: usize) -> Duration {
        let waiting = self.bulkheads[bulkhead].waiting_since.len() as f64 + 1.0;
        let width = f64::from(self.bulkheads[bulkhead].limit.min(self.limits.total).max(1));
        Duration::from_micros((waiting * self.measured.lease_us / width) as u64)
    }

    fn reject_execution(&mut self, reason: RejectReason, wait: Duration) -> Rejection {
        self.counters.executions_rejected += 1;
        self.counters.count_reason(reason);
        Rejection { reason, retry_after: wait.max(RETRY_AFTER_MIN) }
    }

    fn reject_lease(&mut self, reason: RejectReason, wait: Duration) -> Rejection {
        self.counters.leases_rejected += 1;
        self.counters.count_reason(reason);
        Rejection { reason, retry_after: wait.max(RETRY_AFTER_MIN) }
    }

    /// Takes back an event that became the direct answer to the request that caused it.
    fn take_event(&mut self, event: Event) -> bool {
        let before = self.events.len();
        self.events.retain(|other| *other != event);
        self.events.len() < before
    }

    /// Drops an event that nobody waits for any more.
    fn forget_event(&mut self, is_it: impl Fn(&Event) -> bool) {
        self.events.retain(|event| !is_it(event));
    }
}

impl Measured {
    /// Weight of the newest measurement.
    const NEWEST: f64 = 0.05;

    fn learn_execution(&mut self, expected_us: u64, used_us: u64) {
        self.expected_us += Self::NEWEST * (expected_us as f64 - self.expected_us);
        self.used_us += Self::NEWEST * (used_us as f64 - self.used_us);
    }

    fn learn_lease(&mut self, used_us: u64) {
        self.lease_us += Self::NEWEST * (used_us as f64 - self.lease_us);
    }

    /// Turns expected connection time into what such expectations turned out to be.
    fn corrected(&self, expected_us: u64) -> Duration {
        let ratio = (self.used_us / self.expected_us.max(1.0)).clamp(0.05, 20.0);
        Duration::from_micros((expected_us as f64 * ratio) as u64)
    }
}

/// Bulkheads in the order of their names, the shared one last.
fn bulkheads_of(limits: &Limits) -> Vec<Bulkhead> {
    let named = limits.bulkheads.iter().map(|(name, limit)| (name.clone(), *limit));
    named
        .chain([(OTHERS.to_owned(), limits.others)])
        .map(|(name, limit)| Bulkhead { name, limit, ..Bulkhead::default() })
        .collect()
}

fn reason_for(patience: Duration, queue_wait_max: Duration) -> RejectReason {
    if patience < queue_wait_max { RejectReason::DeadlineUnreachable } else { RejectReason::QueueTimeout }
}

fn cost_of(expected: &Duration) -> u64 {
    micros(expected).max(1)
}

fn micros(duration: &Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
