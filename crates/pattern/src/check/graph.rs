//! From steps to a graph: who needs whom, cycles, levels, identical steps merged.

use super::Checker;
use super::steps::Draft;
use crate::plan::{Output, PlanNode};
use crate::reference::{Root, Template};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The graph of a file without cycles.
pub(super) struct Order {
    /// Draft indices that stay, in file order, each with further names.
    kept: Vec<(usize, Vec<String>)>,
    /// Step name → position among the kept ones.
    position: BTreeMap<String, usize>,
}

impl Checker<'_> {
    /// Judges the graph; `None` when it has a cycle.
    pub(super) fn graph(&mut self, drafts: &[Draft]) -> Option<Order> {
        let at: BTreeMap<String, usize> =
            drafts.iter().enumerate().map(|(index, draft)| (draft.name.clone(), index)).collect();
        let edges: Vec<Vec<usize>> =
            drafts.iter().map(|draft| draft.needs.keys().filter_map(|name| at.get(name).copied()).collect()).collect();
        for (index, draft) in drafts.iter().enumerate() {
            for (name, span) in &draft.needs {
                if at.get(name).is_some_and(|other| *other > index) && self.file.format < 2 {
                    self.say("PAT0018", *span, format!("step `{name}` stands later in the file"));
                }
            }
        }
        if let Some(cycle) = cycle_of(&edges) {
            let words: Vec<String> = cycle
                .iter()
                .map(|index| format!("{} (line {})", drafts[*index].name, drafts[*index].span.line))
                .collect();
            let first = cycle.first().map_or(0, |index| *index);
            self.say(
                "PAT0017",
                drafts[first].span,
                format!("steps wait for each other: {} → {}", words.join(" → "), drafts[first].name),
            );
            return None;
        }
        self.unordered_effects(drafts, &edges);
        let mut kept: Vec<(usize, Vec<String>)> = Vec::new();
        let mut position: BTreeMap<String, usize> = BTreeMap::new();
        for index in 0..drafts.len() {
            let twin = kept.iter().position(|(other, _)| is_twin(&drafts[*other], &drafts[index]));
            match twin {
                Some(place) => {
                    let (name, span) = (drafts[index].name.clone(), drafts[index].span);
                    let first = drafts[kept[place].0].name.clone();
                    self.say("PAT0036", span, format!("step `{name}` is identical to `{first}` and is run once"));
                    position.insert(name.clone(), place);
                    kept[place].1.push(name);
                }
                None => {
                    position.insert(drafts[index].name.clone(), kept.len());
                    kept.push((index, Vec::new()));
                }
            }
        }
        Some(Order { kept, position })
    }

    /// Two steps that change something and do not wait for each other would happen in any order.
    fn unordered_effects(&mut self, drafts: &[Draft], edges: &[Vec<usize>]) {
        let has_effect = |index: &usize| {
            let declaration = drafts[*index].declaration.as_ref();
            declaration.is_some_and(|declaration| declaration.effect != capability::Effect::None)
        };
        let effects: Vec<usize> = (0..drafts.len()).filter(has_effect).collect();
        for (place, later) in effects.iter().enumerate() {
            for earlier in &effects[..place] {
                if !leads_to(edges, *later, *earlier) && !leads_to(edges, *earlier, *later) {
                    let (name, other) = (&drafts[*later].name, &drafts[*earlier].name);
                    let message =
                        format!("`{name}` and `{other}` both change something and do not wait for each other");
                    self.suggest("PAT0029", drafts[*later].span, message, Some(&format!("\"after\": [\"{other}\"]")));
                }
            }
        }
    }
}

/// Does `from` wait for `to`, directly or not?
fn leads_to(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; edges.len()];
    let mut ahead = vec![from];
    while let Some(at) = ahead.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            ahead.extend(&edges[at]);
        }
    }
    false
}

/// Same work: same capability, arguments, condition, treatment of failure, and order. Twins that wait for the same steps
/// cannot close a loop when they become one.
fn is_twin(a: &Draft, b: &Draft) -> bool {
    let same_capability = match (&a.declaration, &b.declaration) {
        (Some(a), Some(b)) => a.name == b.name && a.effect == capability::Effect::None,
        _ => false,
    };
    same_capability
        && a.args == b.args
        && a.when == b.when
        && a.on_error == b.on_error
        && a.fallback.is_none()
        && b.fallback.is_none()
        && a.otherwise == b.otherwise
        && a.may_cache == b.may_cache
        && a.needs.keys().eq(b.needs.keys())
}

/// A cycle, if there is one.
fn cycle_of(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    fn visit(at: usize, edges: &[Vec<usize>], marks: &mut [Mark], path: &mut Vec<usize>) -> Option<Vec<usize>> {
        marks[at] = Mark::Open;
        path.push(at);
        for next in &edges[at] {
            match marks[*next] {
                Mark::Open => {
                    let from = path.iter().position(|step| step == next).unwrap_or(0);
                    return Some(path[from..].to_vec());
                }
                Mark::New => {
                    if let Some(cycle) = visit(*next, edges, marks, path) {
                        return Some(cycle);
                    }
                }
                Mark::Done => {}
            }
        }
        path.pop();
        marks[at] = Mark::Done;
        None
    }
    let mut marks = vec![Mark::New; edges.len()];
    for start in 0..edges.len() {
        if marks[start] == Mark::New
            && let Some(cycle) = visit(start, edges, &mut marks, &mut Vec::new())
        {
            return Some(cycle);
        }
    }
    None
}

impl Order {
    /// Leave steps out of the plan: nothing that stays needs them.
    pub(super) fn leave_out(&mut self, drafts: &[Draft], names: &BTreeSet<String>) {
        if names.is_empty() {
            return;
        }
        self.kept.retain(|(index, also)| {
            !names.contains(&drafts[*index].name) || also.iter().any(|name| !names.contains(name))
        });
        self.position.clear();
        for (place, (index, also)) in self.kept.iter().enumerate() {
            for name in std::iter::once(&drafts[*index].name).chain(also) {
                self.position.insert(name.clone(), place);
            }
        }
    }

    /// The nodes of the plan; `None` when a step lacks its declaration (a message exists).
    pub(super) fn nodes(&self, drafts: Vec<Draft>, outputs: &[Output]) -> Option<Vec<PlanNode>> {
        let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        let mut nodes = Vec::new();
        for (index, also) in &self.kept {
            let draft = drafts.get_mut(*index)?.take()?;
            let declaration = draft.declaration?;
            let depends: BTreeSet<usize> =
                draft.needs.keys().filter_map(|name| self.position.get(name).copied()).collect();
            nodes.push(PlanNode {
                name: draft.name,
                also: also.clone(),
                args: draft.args,
                when: draft.when,
                otherwise: draft.otherwise,
                on_error: draft.on_error,
                fallback: draft.fallback,
                retry: draft.retry,
                timeout_ms: draft.timeout_ms.unwrap_or(declaration.timeout_ms),
                may_cache: draft.may_cache,
                depends: depends.into_iter().collect(),
                level: 0,
                is_required: false,
                description: draft.description,
                declaration,
            });
        }
        self.set_levels(&mut nodes);
        let mut required: Vec<usize> = outputs
            .iter()
            .filter(|output| output.is_required)
            .flat_map(|output| steps_of(&output.value))
            .filter_map(|name| self.position.get(&name).copied())
            .collect();
        while let Some(index) = required.pop() {
            if !nodes[index].is_required {
                nodes[index].is_required = true;
                required.extend(nodes[index].depends.clone());
            }
        }
        Some(nodes)
    }

    fn set_levels(&self, nodes: &mut [PlanNode]) {
        // At most as many rounds as there are levels: the graph has no cycle.
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for index in 0..nodes.len() {
                let level = nodes[index].depends.iter().map(|before| nodes[*before].level + 1).max().unwrap_or(0);
                has_changed |= nodes[index].level != level;
                nodes[index].level = level;
            }
        }
    }

    pub(super) fn levels(&self, nodes: &[PlanNode]) -> Vec<Vec<usize>> {
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if levels.len() <= node.level {
                levels.resize(node.level + 1, Vec::new());
            }
            levels[node.level].push(index);
        }
        levels
    }
}

/// Names of the steps that a tree refers to.
pub(super) fn steps_of(tree: &Value) -> BTreeSet<String> {
    match tree {
        Value::String(text) => Template::parse(text, false)
            .map(|template| {
                template
                    .references()
                    .into_iter()
                    .filter_map(|reference| match &reference.root {
                        Root::Step(name) => Some(name.clone()),
                        _ => None,
                    })
                    .collect()
            })
            .unwrap_or_default(),
        Value::Array(elements) => elements.iter().flat_map(steps_of).collect(),
        Value::Object(members) => members.values().flat_map(steps_of).collect(),
        _ => BTreeSet::new(),
    }
}
