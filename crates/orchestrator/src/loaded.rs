//! A plan with everything that can be known about it before any request: keys, agents, rights, expected cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use capability::{Declaration, Effect, ExecutionContext, Reads};
use governor::Class;
use pattern::{Fallback, InputType, OnError, Output, Panel, Plan, PlanNode, Root, Template};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A plan that can run.
#[derive(Debug)]
pub(crate) struct Loaded {
    plan: Arc<Plan>,
    /// `id@version`.
    pub(crate) reference: Arc<str>,
    pub(crate) plan_hash: Arc<str>,
    /// SHA-256 of the text, or of the plan hash for a single capability, hex.
    pub(crate) pattern_hash: Arc<str>,
    /// What any step reads.
    pub(crate) reads: Reads,
    /// Agents whose leases the plan may ask for.
    pub(crate) lease_agents: Vec<String>,
    /// Connection time by declared cost.
    pub(crate) declared_lease: Duration,
    /// One capability: its value is the whole data.
    pub(crate) is_single: bool,
    /// Panels in the plan's order.
    pub(crate) panels: Vec<LoadedPanel>,
    /// Nodes that each output draws on directly, in the plan's order of outputs.
    pub(crate) output_nodes: Vec<Vec<usize>>,
    /// Some reference names `$meta`.
    pub(crate) uses_meta: bool,
    /// Nodes that some output or panel needs.
    needed: BTreeSet<usize>,
    has_effect: bool,
    /// Some step reads what no key pins.
    is_unpinned: bool,
    /// Input that names the portfolio.
    portfolio_input: Option<String>,
    capability_versions: Vec<(String, String)>,
}

/// A panel with what can be known about it before any request.
#[derive(Debug)]
pub(crate) struct LoadedPanel {
    pub(crate) id: String,
    /// Nodes that it draws on.
    pub(crate) direct: Vec<usize>,
    /// The same and all that they need.
    pub(crate) below: Vec<usize>,
    /// A plan of this panel alone, to draw it as soon as it can be.
    pub(crate) plan: Plan,
}

impl Loaded {
    pub(crate) fn of_plan(plan: Plan, text: &str) -> Loaded {
        let mut loaded = Loaded::build(plan, sha256_hex(text.as_bytes()), false);
        loaded.uses_meta = text.contains("$meta");
        loaded
    }

    /// One capability as a plan of one step whose arguments are the inputs.
    pub(crate) fn of_capability(declaration: Arc<Declaration>, given: &Map<String, Value>) -> Loaded {
        let plan_hash = {
            let mut hash = blake3::Hasher::new();
            hash.update(b"capability ").update(declaration.id().as_bytes());
            hash.finalize().to_hex().to_string()
        };
        let args: BTreeMap<String, Value> =
            given.keys().map(|name| (name.clone(), Value::String(format!("{{{{inputs.{name}}}}}")))).collect();
        let node = PlanNode {
            name: SINGLE.to_owned(),
            also: Vec::new(),
            args,
            when: None,
            otherwise: None,
            on_error: OnError::Fail,
            fallback: None,
            retry: None,
            timeout_ms: declaration.timeout_ms,
            may_cache: declaration.effect == Effect::None,
            depends: Vec::new(),
            level: 0,
            is_required: true,
            description: None,
            declaration: declaration.clone(),
        };
        let plan = Plan {
            id: declaration.name.clone(),
            version: declaration.version.clone(),
            name: declaration.name.clone(),
            description: declaration.summary.clone(),
            category: None,
            tags: Vec::new(),
            format: 2,
            text_hash: plan_hash.clone(),
            plan_hash: plan_hash.clone(),
            inputs: Vec::new(),
            nodes: vec![node],
            levels: vec![vec![0]],
            outputs: vec![Output {
                name: SINGLE.to_owned(),
                value: Value::String(format!("{{{{{SINGLE}}}}}")),
                is_required: true,
            }],
            panels: Vec::new(),
            rights: declaration.rights.clone(),
            deadline_ms: declaration.timeout_ms,
            is_background: false,
            requires_fresh: false,
            reads: declaration.reads,
        };
        let pattern_hash = sha256_hex(plan_hash.as_bytes());
        Loaded::build(plan, pattern_hash, true)
    }

    fn build(plan: Plan, pattern_hash: String, is_single: bool) -> Loaded {
        let declarations = || {
            plan.nodes.iter().flat_map(|node| {
                let fallback = match &node.fallback {
                    Some(Fallback::Capability(declaration, _)) => Some(declaration),
                    _ => None,
                };
                std::iter::once(&node.declaration).chain(fallback)
            })
        };
        let lease_ms: u64 = plan
            .nodes
            .iter()
            .filter(|node| node.declaration.lease)
            .map(|node| node.declaration.cost.assumed_ms())
            .sum();
        let mut capability_versions: Vec<(String, String)> =
            declarations().map(|declaration| (declaration.name.clone(), declaration.version.clone())).collect();
        capability_versions.sort();
        capability_versions.dedup();
        let portfolio_input = if is_single {
            Some("portfolio_id".to_owned())
        } else {
            plan.inputs.iter().find(|input| input.ty == InputType::PortfolioId).map(|input| input.name.clone())
        };
        let panels: Vec<LoadedPanel> = plan.panels.iter().map(|panel| loaded_panel(&plan, panel)).collect();
        let output_nodes: Vec<Vec<usize>> =
            plan.outputs.iter().map(|output| nodes_named(&plan, &steps_of(&output.value))).collect();
        let drawn_on: Vec<usize> =
            output_nodes.iter().flatten().chain(panels.iter().flat_map(|panel| &panel.direct)).copied().collect();
        Loaded {
            needed: nodes_below(&plan, &drawn_on).into_iter().collect(),
            reference: plan.reference().into(),
            plan_hash: plan.plan_hash.as_str().into(),
            pattern_hash: pattern_hash.into(),
            reads: declarations().fold(plan.reads, |reads, declaration| reads.union(declaration.reads)),
            lease_agents: plan.agents(),
            declared_lease: Duration::from_millis(lease_ms),
            is_single,
            panels,
            output_nodes,
            uses_meta: false,
            has_effect: declarations().any(|declaration| declaration.effect != Effect::None),
            is_unpinned: declarations().any(|declaration| declaration.reads.system || declaration.reads.alerts),
            portfolio_input,
            capability_versions,
            plan: Arc::new(plan),
        }
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.plan.deadline_ms)
    }

    pub(crate) fn class(&self) -> Class {
        if self.plan.is_background { Class::Background } else { Class::Interactive }
    }

    pub(crate) fn capability_versions(&self) -> Vec<(String, String)> {
        self.capability_versions.clone()
    }

    /// Names of the steps by level.
    pub(crate) fn levels(&self) -> Vec<Vec<String>> {
        let name = |index: &usize| self.plan.nodes.get(*index).map(|node| node.name.clone());
        self.plan.levels.iter().map(|level| level.iter().filter_map(name).collect()).collect()
    }

    /// The portfolio that the inputs name.
    pub(crate) fn portfolio_id(&self, inputs: &Map<String, Value>) -> Option<Uuid> {
        let name = self.portfolio_input.as_ref()?;
        Uuid::parse_str(inputs.get(name)?.as_str()?).ok()
    }

    /// Some output or panel needs the node.
    pub(crate) fn is_needed(&self, node: usize) -> bool {
        self.needed.contains(&node)
    }

    /// The result may be found and kept under its key: nothing has an effect, and the key pins all that is read.
    pub(crate) fn may_keep(&self, context: &ExecutionContext) -> bool {
        !self.has_effect
            && !self.is_unpinned
            && (!self.reads.ledger || context.ledger.is_some())
            && (!self.reads.packs || context.pack.is_some())
    }
}

/// Name of the only step of a single capability.
pub(crate) const SINGLE: &str = "value";

fn loaded_panel(plan: &Plan, panel: &Panel) -> LoadedPanel {
    let direct = nodes_named(plan, &panel.steps);
    LoadedPanel {
        id: panel.id.clone(),
        below: nodes_below(plan, &direct),
        direct,
        plan: Plan {
            nodes: Vec::new(),
            levels: Vec::new(),
            outputs: Vec::new(),
            panels: vec![panel.clone()],
            ..plan.clone()
        },
    }
}

/// Steps that a tree of constants and references names.
fn steps_of(tree: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut ahead = vec![tree];
    while let Some(value) = ahead.pop() {
        match value {
            Value::String(text) => {
                if let Ok(template) = Template::parse(text, false) {
                    names.extend(template.references().into_iter().filter_map(|reference| match &reference.root {
                        Root::Step(name) => Some(name.clone()),
                        _ => None,
                    }));
                }
            }
            Value::Array(elements) => ahead.extend(elements),
            Value::Object(members) => ahead.extend(members.values()),
            _ => {}
        }
    }
    names
}

fn nodes_named(plan: &Plan, names: &BTreeSet<String>) -> Vec<usize> {
    let mut nodes: Vec<usize> = names.iter().filter_map(|name| plan.node(name)).map(|(index, _)| index).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// The nodes and all that they need.
fn nodes_below(plan: &Plan, nodes: &[usize]) -> Vec<usize> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut ahead = nodes.to_vec();
    while let Some(index) = ahead.pop() {
        if found.insert(index)
            && let Some(node) = plan.nodes.get(index)
        {
            ahead.extend(&node.depends);
        }
    }
    found.into_iter().collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}
