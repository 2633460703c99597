//! What later answers need to know about a kept result beside its bytes.
//!
//! Kept with the result, but never part of what equal keys promise to be equal: whether a pack has been superseded
//! since, for example, is asked at the time of the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use capability::is_absent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trace::TraceStep;

/// Most absent values that the summary lists.
const ITEMS_MAX: usize = 100;

/// Facts about one result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Absent values of `data`.
    pub absent: AbsentSummary,
    /// Panels in order, with what qualifies their values.
    pub panels: Vec<PanelFacts>,
    /// Rows of the trace as an answer from memory shows them.
    pub steps: Arc<[TraceStep]>,
    /// Seconds for which the result is valid; `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u64>,
}

impl Facts {
    /// How long the result is valid.
    pub(crate) fn ttl(&self) -> Option<Duration> {
        self.ttl_s.map(Duration::from_secs)
    }
}

/// What qualifies the values of one panel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelFacts {
    /// Id of the panel.
    pub id: String,
    /// Messages of quotes that were carried forward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// Some input is synthetic.
    #[serde(default)]
    pub is_synthetic: bool,
}

/// How many values are absent, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentSummary {
    /// All of them.
    pub count: u64,
    /// By code.
    pub by_code: BTreeMap<String, u64>,
    /// The first hundred.
    pub items: Vec<AbsentItem>,
}

/// One absent value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentItem {
    /// JSON pointer into `data`.
    pub pointer: String,
    /// Code of the reason.
    pub code: String,
    /// The reason in words.
    pub why: String,
}

impl AbsentSummary {
    /// Absent values of a value that is the whole data.
    pub(crate) fn of_root(value: &Value) -> Self {
        let mut summary = AbsentSummary::default();
        summary.walk(&mut String::new(), value);
        summary
    }

    /// Counts the absent values of one output.
    pub(crate) fn add(&mut self, output: &str, value: &Value) {
        self.walk_member(&mut String::new(), output, value);
    }

    fn walk(&mut self, pointer: &mut String, value: &Value) {
        match value {
            Value::Object(_) if is_absent(value) => self.count_one(pointer, &value["absent"]),
            Value::Object(members) => {
                for (name, member) in members {
                    self.walk_member(pointer, name, member);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    // Numbers and texts cannot be absent; series are long lists of them.
                    if element.is_object() || element.is_array() {
                        let length = pointer.len();
                        pointer.push('/');
                        pointer.push_str(&index.to_string());
                        self.walk(pointer, element);
                        pointer.truncate(length);
                    }
                }
            }
            _ => {}
        }
    }

    fn walk_member(&mut self, pointer: &mut String, name: &str, value: &Value) {
        if !value.is_object() && !value.is_array() {
            return;
        }
        let length = pointer.len();
        pointer.push('/');
        for character in name.chars() {
            match character {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                other => pointer.push(other),
            }
        }
        self.walk(pointer, value);
        pointer.truncate(length);
    }

    fn count_one(&mut self, pointer: &str, absent: &Value) {
        let text = |member: &str| absent[member].as_str().unwrap_or_default().to_owned();
        let code = text("code");
        self.count += 1;
        *self.by_code.entry(code.clone()).or_default() += 1;
        if self.items.len() < ITEMS_MAX {
            self.items.push(AbsentItem { pointer: pointer.to_owned(), code, why: text("why") });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn absent_values_are_counted_where_they_stand() {
        let absent = json!({"absent": {"code": "missing_price", "why": "missing_price: XTSE:CNR on 2024-03-28"}});
        let output = json!({"rows": [{"a/b": absent}, 1, "x"], "total": absent, "points": [["2024-03-28", "1"]]});
        let mut summary = AbsentSummary::default();
        summary.add("valued", &output);
        assert_eq!(summary.count, 2);
        assert_eq!(summary.by_code["missing_price"], 2);
        let pointers: Vec<&str> = summary.items.iter().map(|item| item.pointer.as_str()).collect();
        assert_eq!(pointers, ["/valued/rows/0/a~1b", "/valued/total"]);
    }

    #[test]
    fn the_list_of_absent_values_is_bounded_and_the_count_is_not() {
        let absent = json!({"absent": {"code": "c", "why": "w"}});
        let output = Value::Array(vec![absent; 250]);
        let summary = AbsentSummary::of_root(&output);
        assert_eq!((summary.count, summary.items.len()), (250, 100));
    }
}
