//! From what ran to the bytes of the answer: outputs, panels, charts, rights, warnings, status, and the facts beside them.
//!
//! Each output is written once; panels come as they were written when they were ready. Invariant: the same results give
//! the same bytes, whatever the order in which steps ended.

use std::collections::BTreeSet;
use std::sync::Arc;

use capability::{Failure, ProvenanceKind, canonical, is_absent};
use serde_json::{Value, json};

use crate::answer::Status;
use crate::body::{Body, Member};
use crate::deps::Deps;
use crate::execute::Prepared;
use crate::facts::{AbsentSummary, Facts, PanelFacts};
use crate::run::{Ended, Finished, Lack, scope_of};
use crate::trace::TraceStep;

/// Code of the warning for a quote that was carried forward.
const STALE: [&str; 3] = ["stale_price", "stale_fx", "stale_series"];

/// What the steps of a computation came to.
pub(crate) struct Assembled {
    pub(crate) body: Body,
    pub(crate) facts: Facts,
    pub(crate) status: Status,
    /// Step and failure that made the pattern fail.
    pub(crate) failure: Option<(usize, Arc<Failure>)>,
    pub(crate) absent_outputs: Vec<String>,
    pub(crate) may_keep: bool,
    pub(crate) steps: Arc<[TraceStep]>,
}

/// Writes the body.
pub(crate) fn assemble(deps: &Deps, prepared: &Prepared, finished: Finished) -> Assembled {
    let pattern = &prepared.pattern;
    let plan = pattern.plan();
    let nodes = &finished.nodes;
    let scope = scope_of(plan, &prepared.inputs, &finished.scope_context, |index| nodes.get(index));

    // Outputs are written in the order of their names, as canonical JSON has it.
    let mut order: Vec<usize> = (0..plan.outputs.len()).collect();
    order.sort_by(|a, b| plan.outputs[*a].name.encode_utf16().cmp(plan.outputs[*b].name.encode_utf16()));
    let mut data = vec![b'{'];
    let mut charts = vec![b'{'];
    let mut absent = AbsentSummary::default();
    let mut absent_outputs = Vec::new();
    let mut status = Status::Complete;
    for index in order {
        let output = &plan.outputs[index];
        let below = &pattern.output_nodes[index];
        let value = pattern::output_value(&output.value, &scope);
        let value = value.as_ref();
        let lack = below.iter().filter_map(|node| nodes.get(*node)).map(|ended| ended.lack).max();
        if is_absent(value) && lack.is_some_and(|lack| lack > Lack::NotAsked) {
            absent_outputs.push(output.name.clone());
            let is_failure = output.is_required || lack == Some(Lack::Fatal);
            status = if is_failure || status == Status::Failed { Status::Failed } else { Status::Partial };
        }
        let text = canonical(value);
        if pattern.is_single {
            absent = AbsentSummary::of_root(value);
            data = text;
            break;
        }
        absent.add(&output.name, value);
        if below.iter().any(|node| plan.nodes[*node].declaration.name.starts_with("charts.")) {
            put_member(&mut charts, &output.name, &text);
        }
        put_member(&mut data, &output.name, &text);
    }
    if !pattern.is_single {
        data.push(b'}');
    }
    charts.push(b'}');
    // A step that must not fail makes the pattern fail if anybody needs it.
    let fatal = nodes
        .iter()
        .enumerate()
        .find(|(index, ended)| ended.failure.is_some() && ended.lack == Lack::Fatal && pattern.is_needed(*index));
    if fatal.is_some() {
        status = Status::Failed;
    }
    let failure = if status == Status::Failed {
        fatal
            .or_else(|| nodes.iter().enumerate().find(|(_, ended)| ended.failure.is_some() && ended.result.is_none()))
            .and_then(|(index, ended)| Some((index, ended.failure.clone()?)))
    } else {
        None
    };

    let steps: Arc<[TraceStep]> = nodes.iter().map(|ended| ended.row.clone()).collect();
    let facts = Facts {
        absent,
        panels: pattern
            .panels
            .iter()
            .map(|panel| panel_facts(&panel.id, panel.below.iter().filter_map(|node| nodes.get(*node))))
            .collect(),
        steps: steps.iter().map(TraceStep::as_hit).collect(),
        ttl_s: nodes.iter().filter_map(|ended| ended.result.as_ref()?.ttl_s).min(),
    };
    let panels = join_array(finished.panels.iter().map(|panel| panel.as_ref()));
    let context = canonical(&context_of(prepared));
    let rights = canonical(&rights_of(deps, nodes));
    let warnings = canonical(&warnings_of(nodes, plan));
    let reference = canonical(&Value::String(pattern.reference.to_string()));
    let status_text = canonical(&Value::String(status.as_str().to_owned()));
    let facts_text = serde_json::to_value(&facts).map(|facts| canonical(&facts)).unwrap_or_else(|_| b"{}".to_vec());
    let body = Body::join(Member::ALL.map(|member| match member {
        Member::Charts => charts.as_slice(),
        Member::Context => context.as_slice(),
        Member::Data => data.as_slice(),
        Member::Facts => facts_text.as_slice(),
        Member::Panels => panels.as_slice(),
        Member::Pattern => reference.as_slice(),
        Member::Rights => rights.as_slice(),
        Member::Status => status_text.as_slice(),
        Member::Warnings => warnings.as_slice(),
    }));
    // What failed once may succeed next time: only results in which nothing failed are worth keeping.
    let may_keep = nodes.iter().all(|ended| ended.failure.is_none());
    Assembled { body, facts, status, failure, absent_outputs, may_keep, steps }
}

fn put_member(object: &mut Vec<u8>, name: &str, text: &[u8]) {
    if object.len() > 1 {
        object.push(b',');
    }
    object.extend_from_slice(&canonical(&Value::String(name.to_owned())));
    object.push(b':');
    object.extend_from_slice(text);
}

fn join_array<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut array = vec![b'['];
    for text in texts {
        if array.len() > 1 {
            array.push(b',');
        }
        array.extend_from_slice(text);
    }
    array.push(b']');
    array
}

fn context_of(prepared: &Prepared) -> Value {
    let context = &prepared.context;
    let mut members = json!({ "as_of": context.as_of.to_string(), "base_currency": context.base_currency });
    if let Some(pack) = &context.pack {
        members["pricing_pack_id"] = pack.display_id.clone().into();
    }
    if let Some(ledger) = &context.ledger {
        members["ledger_commit"] = ledger.commit.clone().into();
    }
    if let Some(currency) = &context.report_currency {
        members["report_currency"] = currency.clone().into();
    }
    members
}

fn rights_of(deps: &Deps, nodes: &[Ended]) -> Value {
    let providers: BTreeSet<&str> = nodes
        .iter()
        .filter_map(|ended| ended.result.as_ref())
        .flat_map(|result| &result.provenance.sources)
        .map(|source| source.provider.as_str())
        .collect();
    let attributions: BTreeSet<String> =
        providers.iter().filter_map(|provider| deps.attributions.attribution(provider)).collect();
    json!({ "providers": providers, "attributions": attributions })
}

/// Warnings of all steps in the plan's order, each once, with the step that gave it first.
fn warnings_of(nodes: &[Ended], plan: &pattern::Plan) -> Value {
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut warnings = Vec::new();
    for (ended, node) in nodes.iter().zip(&plan.nodes) {
        for warning in ended.result.iter().flat_map(|result| &result.provenance.warnings) {
            if seen.insert((warning.code.clone(), warning.message.clone())) {
                let mut written = serde_json::to_value(warning).unwrap_or_default();
                written["step"] = node.name.clone().into();
                warnings.push(written);
            }
        }
    }
    Value::Array(warnings)
}

fn panel_facts<'a>(id: &str, below: impl Iterator<Item = &'a Ended>) -> PanelFacts {
    let mut facts = PanelFacts { id: id.to_owned(), ..PanelFacts::default() };
    for result in below.filter_map(|ended| ended.result.as_ref()) {
        facts.is_synthetic |= result.provenance.kind == ProvenanceKind::Synthetic;
        for warning in &result.provenance.warnings {
            if STALE.contains(&warning.code.as_str()) && !facts.stale.contains(&warning.message) {
                facts.stale.push(warning.message.clone());
            }
        }
    }
    facts
}
