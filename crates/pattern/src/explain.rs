//! A plan for people: levels, agents, critical path, leases, rights. No data is touched.

use crate::plan::{Plan, PlanNode};
use serde_json::{Value, json};

/// Two letters of an agent.
fn letters(agent: &str) -> &str {
    match agent {
        "financial_analyst" => "FA",
        "macro_hound" => "MH",
        "optimizer_agent" => "OP",
        "data_harvester" => "DH",
        "ratings_agent" => "RA",
        "alerts_agent" => "AL",
        "reports_agent" => "RE",
        "claude_agent" => "CL",
        "charts_agent" => "CH",
        "operations_agent" => "OPS",
        other => other,
    }
}

fn assumed(node: &PlanNode) -> f64 {
    node.declaration.cost.assumed_ms() as f64
}

/// Two lines of text; a snapshot test holds them for each shipped pattern.
pub fn explain_text(plan: &Plan) -> String {
    let levels: Vec<String> = plan
        .levels
        .iter()
        .enumerate()
        .map(|(level, nodes)| {
            let steps: Vec<String> = nodes
                .iter()
                .filter_map(|index| plan.nodes.get(*index))
                .map(|node| format!("{}[{}]", node.name, letters(&node.declaration.agent)))
                .collect();
            format!("level {}: {}", level + 1, steps.join(" "))
        })
        .collect();
    let (path, ms) = plan.critical_path(assumed);
    let path: Vec<&str> =
        path.iter().filter_map(|index| plan.nodes.get(*index)).map(|node| node.name.as_str()).collect();
    let peaks = plan.peak_leases();
    let by_agent: Vec<String> = peaks.iter().map(|(agent, count)| format!("{} {count}", letters(agent))).collect();
    let by_agent = if by_agent.is_empty() { String::new() } else { format!(" ({})", by_agent.join(", ")) };
    let rights = if plan.rights.is_empty() { "none".to_owned() } else { plan.rights.join(", ") };
    format!(
        "{}   {}\ncritical path {}, predicted {ms} ms · peak leases {}{by_agent} · rights {rights}\n",
        plan.reference(),
        levels.join("   "),
        path.join(" → "),
        plan.peak_leases_total(),
    )
}

/// The same for programs.
pub fn explain_json(plan: &Plan) -> Value {
    let (path, ms) = plan.critical_path(assumed);
    let name = |index: &usize| plan.nodes.get(*index).map(|node| node.name.clone());
    json!({
        "pattern": plan.reference(),
        "plan_hash": plan.plan_hash,
        "levels": plan.levels.iter().map(|nodes| nodes.iter().filter_map(name).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "steps": plan.nodes.iter().map(|node| json!({
            "name": node.name,
            "also": node.also,
            "capability": node.declaration.id(),
            "agent": node.declaration.agent,
            "reads": node.declaration.reads.letters(),
            "effect": node.declaration.effect,
            "lease": node.declaration.lease,
            "depends": node.depends.iter().filter_map(name).collect::<Vec<_>>(),
            "level": node.level + 1,
            "on_error": node.on_error,
            "timeout_ms": node.timeout_ms,
            "predicted_ms": assumed(node),
            "description": node.description,
        })).collect::<Vec<_>>(),
        "critical_path": path.iter().filter_map(name).collect::<Vec<_>>(),
        "predicted_ms": ms,
        "peak_leases": { "total": plan.peak_leases_total(), "by_agent": plan.peak_leases() },
        "rights": plan.rights,
        "deadline_ms": plan.deadline_ms,
        "outputs": plan.outputs.iter().map(|output| json!({ "name": output.name, "required": output.is_required })).collect::<Vec<_>>(),
        "panels": plan.panels.iter().map(|panel| json!({ "id": panel.id, "kind": panel.kind, "steps": panel.steps })).collect::<Vec<_>>(),
    })
}

/// A Mermaid flow chart.
pub fn explain_mermaid(plan: &Plan) -> String {
    let mut text = String::from("flowchart LR\n");
    for node in &plan.nodes {
        text.push_str(&format!(
            "  {0}[\"{0}<br/>{1} · {2}\"]\n",
            node.name,
            node.declaration.name,
            letters(&node.declaration.agent)
        ));
        for before in node.depends.iter().filter_map(|index| plan.nodes.get(*index)) {
            text.push_str(&format!("  {} --> {}\n", before.name, node.name));
        }
    }
    text
}
