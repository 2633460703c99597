//! The plan: what the checker makes of a file and the orchestrator runs.

use crate::expression::Expression;
use capability::{Declaration, Reads};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A checked pattern, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Id of the pattern.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where the gallery puts it.
    pub category: Option<String>,
    /// Words for search.
    pub tags: Vec<String>,
    /// Format of the file.
    pub format: u8,
    /// BLAKE3 of the text, hex.
    pub text_hash: String,
    /// BLAKE3 of the checked content and the capabilities' versions, hex: part of every result key.
    pub plan_hash: String,
    /// Declared inputs.
    pub inputs: Vec<InputDeclaration>,
    /// Steps in file order; merged steps appear once.
    pub nodes: Vec<PlanNode>,
    /// Indices of the nodes by level: a node needs only nodes of lower levels.
    pub levels: Vec<Vec<usize>>,
    /// What is returned.
    pub outputs: Vec<Output>,
    /// How it is shown.
    pub panels: Vec<Panel>,
    /// Permissions that the caller needs.
    pub rights: Vec<String>,
    /// Whole execution, milliseconds.
    pub deadline_ms: u64,
    /// Background rather than interactive.
    pub is_background: bool,
    /// 503 when the pack is not fresh.
    pub requires_fresh: bool,
    /// What any step reads.
    pub reads: Reads,
}

/// A declared input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputDeclaration {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: InputType,
    /// Must be given.
    pub required: bool,
    /// Value when it is not.
    pub default: Option<Value>,
    /// For people.
    pub description: String,
    /// Allowed values.
    pub allowed: Vec<Value>,
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Greatest value.
    pub maximum: Option<f64>,
}

/// Types of inputs (`patterns.md` §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum InputType {
    Uuid,
    PortfolioId,
    SecurityId,
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Fraction,
    Bps,
    Money,
    List,
    Record,
    ScenarioId,
    Benchmark,
    Currency,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanNode {
    /// Name of the step.
    pub name: String,
    /// Further names of identical steps that were merged into this one.
    pub also: Vec<String>,
    /// What it calls.
    pub declaration: Arc<Declaration>,
    /// Arguments: constants and texts with references (canonical).
    pub args: BTreeMap<String, Value>,
    /// Condition.
    pub when: Option<Expression>,
    /// Reason shown when the condition is false: text, perhaps with references.
    pub otherwise: Option<String>,
    /// What happens when it fails.
    pub on_error: OnError,
    /// What is tried instead.
    pub fallback: Option<Fallback>,
    /// Attempts, when the file says.
    pub retry: Option<Retry>,
    /// Longest time, milliseconds.
    pub timeout_ms: u64,
    /// The result may be kept.
    pub may_cache: bool,
    /// Indices of the nodes that must end before.
    pub depends: Vec<usize>,
    /// Longest path to it.
    pub level: usize,
    /// A required output needs it.
    pub is_required: bool,
    /// For people.
    pub description: Option<String>,
}

/// What happens when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The pattern fails, unless nobody needs the step.
    Fail,
    /// The step counts as skipped.
    Skip,
    /// Outputs that need it are absent; the pattern is partial.
    Partial,
}

/// Tried once after a failure.
#[derive(Debug, Clone, PartialEq)]
pub enum Fallback {
    /// Another capability.
    Capability(Arc<Declaration>, BTreeMap<String, Value>),
    /// A value by reference.
    Reference(String),
}

/// Attempts of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Retry {
    /// At most 4.
    pub attempts: u32,
    /// First pause, milliseconds.
    pub backoff_ms: u64,
    /// Longest pause, milliseconds.
    pub max_ms: u64,
}

/// A named output.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Name in `data`.
    pub name: String,
    /// A whole reference, or a tree of constants and references.
    pub value: Value,
    /// The answer is `failed` without it.
    pub is_required: bool,
}

/// How outputs are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// `metrics`, `table`, `chart`…
    pub kind: String,
    /// Everything else of the panel, with references.
    pub body: Value,
    /// Hides it when false.
    pub when: Option<Expression>,
    /// Names of the steps that it draws on.
    pub steps: BTreeSet<String>,
}

impl Plan {
    /// `id@version`.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Agents whose leases the plan may ask for, in name order.
    pub fn agents(&self) -> Vec<String> {
        let agents: BTreeSet<&str> = self
            .nodes
            .iter()
            .filter(|node| node.declaration.lease)
            .map(|node| node.declaration.agent.as_str())
            .collect();
        agents.into_iter().map(str::to_owned).collect()
    }

    /// Most leases at once, by agent: steps of the agent of which none waits for another.
    pub fn peak_leases(&self) -> BTreeMap<String, u32> {
        self.agents()
            .into_iter()
            .map(|agent| {
                let peak = self.widest(|node| node.declaration.lease && node.declaration.agent == agent);
                (agent, peak)
            })
            .collect()
    }

    /// Most leases at once, over all agents.
    pub fn peak_leases_total(&self) -> u32 {
        self.widest(|node| node.declaration.lease)
    }

    /// Size of the greatest set of such nodes that may run at the same time: by Dilworth's theorem the number of nodes
    /// less a greatest matching of each node with one that comes after it.
    fn widest(&self, is_counted: impl Fn(&PlanNode) -> bool) -> u32 {
        let count = self.nodes.len();
        let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
        for index in self.levels.iter().flatten().copied().filter(|index| *index < count) {
            let below: BTreeSet<usize> = self.nodes[index]
                .depends
                .iter()
                .filter(|one| **one < count)
                .flat_map(|one| before[*one].iter().copied().chain([*one]))
                .collect();
            before[index] = below;
        }
        let counted: Vec<usize> = (0..count).filter(|index| is_counted(&self.nodes[*index])).collect();
        let mut matched: BTreeMap<usize, usize> = BTreeMap::new();
        let mut pairs = 0;
        for after in &counted {
            pairs += usize::from(augment(*after, &before, &counted, &mut BTreeSet::new(), &mut matched));
        }
        u32::try_from(counted.len() - pairs).unwrap_or(u32::MAX)
    }

    /// The longest chain of steps by a cost in milliseconds, and its length.
    pub fn critical_path(&self, cost_ms: impl Fn(&PlanNode) -> f64) -> (Vec<usize>, f64) {
        let mut best: Vec<(f64, Option<usize>)> = vec![(0.0, None); self.nodes.len()];
        for index in self.levels.iter().flatten().copied() {
            let Some(node) = self.nodes.get(index) else { continue };
            // Of equal ones the first in the file.
            let before = node.depends.iter().copied().rev().max_by(|a, b| best[*a].0.total_cmp(&best[*b].0));
            best[index] = (cost_ms(node) + before.map_or(0.0, |before| best[before].0), before);
        }
        let Some(mut at) = (0..best.len()).max_by(|a, b| best[*a].0.total_cmp(&best[*b].0).then(b.cmp(a))) else {
            return (Vec::new(), 0.0);
        };
        let total = best[at].0;
        let mut path = vec![at];
        while let Some(before) = best[at].1 {
            path.push(before);
            at = before;
        }
        path.reverse();
        (path, total)
    }

    /// The node that answers to a step name, merged names included.
    pub fn node(&self, name: &str) -> Option<(usize, &PlanNode)> {
        self.nodes.iter().enumerate().find(|(_, node)| node.name == name || node.also.iter().any(|also| also == name))
    }
}

/// Find a partner that comes before `after`, moving earlier pairs where that helps. Depth is bounded by the 64 steps.
fn augment(
    after: usize,
    before: &[BTreeSet<usize>],
    counted: &[usize],
    seen: &mut BTreeSet<usize>,
    matched: &mut BTreeMap<usize, usize>,
) -> bool {
    for candidate in before[after].iter().filter(|one| counted.contains(one)) {
        if !seen.insert(*candidate) {
            continue;
        }
        let is_free = match matched.get(candidate).copied() {
            None => true,
            Some(other) => augment(other, before, counted, seen, matched),
        };
        if is_free {
            matched.insert(*candidate, after);
            return true;
        }
    }
    false
}
