//! Outputs: what is returned, by name of step or by reference.

use super::Checker;
use super::graph::steps_of;
use super::steps::Draft;
use crate::json::{Node, NodeValue};
use crate::plan::{OnError, Output, Panel};
use capability::nearest;
use serde_json::Value;

impl Checker<'_> {
    pub(super) fn outputs(&mut self, drafts: &[Draft]) -> Vec<Output> {
        let Some(node) = self.file.root.get("outputs") else { return Vec::new() };
        match &node.value {
            NodeValue::List(elements) => {
                let mut outputs = Vec::new();
                for element in elements {
                    let Some(name) = element.text() else {
                        self.say("PAT0005", element.span, "an output is the name of a step");
                        continue;
                    };
                    let Some(draft) = drafts.iter().find(|draft| draft.name == name) else {
                        let near = nearest(name, drafts.iter().map(|draft| draft.name.as_str()));
                        self.suggest("PAT0019", element.span, format!("output `{name}` is not a step"), near);
                        continue;
                    };
                    self.used_steps.insert(name.to_owned());
                    let is_required = draft.when.is_none() && draft.on_error == OnError::Fail;
                    outputs.push(Output {
                        name: name.to_owned(),
                        value: Value::String(format!("{{{{{name}}}}}")),
                        is_required,
                    });
                }
                outputs
            }
            NodeValue::Object(_) if panel_list(node).is_some() => Vec::new(),
            NodeValue::Object(members) => {
                let mut outputs = Vec::new();
                for (name, span, value) in members {
                    let (tree, ty) = self.tree(value, false, "PAT0015");
                    if ty.is_none() && steps_of(&tree).is_empty() {
                        self.say("PAT0019", *span, format!("output `{name}` names nothing"));
                    }
                    let is_required = ty.is_some_and(|ty| !ty.is_optional())
                        && steps_of(&tree).iter().all(|step| {
                            drafts.iter().any(|draft| {
                                draft.name == *step && draft.when.is_none() && draft.on_error == OnError::Fail
                            })
                        });
                    outputs.push(Output { name: name.clone(), value: tree, is_required });
                }
                outputs
            }
            _ => {
                self.say("PAT0005", node.span, format!("`outputs` is a list or an object, not a {}", node.kind()));
                Vec::new()
            }
        }
    }

    /// `{"panels": [ids]}`: the results that these panels read.
    pub(super) fn outputs_of_panels(&mut self, drafts: &[Draft], panels: &[Panel], outputs: &mut Vec<Output>) {
        let file = self.file;
        let Some(list) = file.root.get("outputs").and_then(panel_list) else { return };
        for element in list.elements() {
            let Some(id) = element.text() else {
                self.say("PAT0005", element.span, "`panels` lists the ids of panels");
                continue;
            };
            let Some(panel) = panels.iter().find(|panel| panel.id == id) else {
                let near = nearest(id, panels.iter().map(|panel| panel.id.as_str()));
                self.suggest(
                    "PAT0019",
                    element.span,
                    format!("output names the panel `{id}`, which does not exist"),
                    near,
                );
                continue;
            };
            for draft in drafts.iter().filter(|draft| panel.steps.contains(&draft.name)) {
                if outputs.iter().all(|output| output.name != draft.name) {
                    outputs.push(Output {
                        name: draft.name.clone(),
                        value: Value::String(format!("{{{{{}}}}}", draft.name)),
                        is_required: draft.when.is_none() && draft.on_error == OnError::Fail,
                    });
                }
            }
        }
    }
}

/// The list of `{"panels": [ids]}`.
fn panel_list(outputs: &Node) -> Option<&Node> {
    match outputs.members() {
        [(key, _, list)] if key == "panels" && matches!(list.value, NodeValue::List(_)) => Some(list),
        _ => None,
    }
}
