//! Arguments of a call, checked against the declaration before a capability sees them.

use std::sync::Arc;

use capability::{Declaration, Failure, FailureDetail, check_argument, is_absent, nearest};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Arguments that fit their declared types, defaults filled in. What was given is shared, never copied: it may be the
/// whole result of another step.
#[derive(Debug, Clone, Default)]
pub struct Args {
    given: Arc<Value>,
    /// Declared arguments that were given.
    accepted: Vec<String>,
    /// Declared arguments that were not, and have a default.
    defaults: Map<String, Value>,
}

/// Standard arguments that the context pins already.
const PINNED: [&str; 3] = ["pricing_pack_id", "ledger_commit", "as_of"];

impl Args {
    /// Checks `given` against the inputs of a capability and fills in defaults; all problems at once.
    pub fn checked(declaration: &Declaration, given: impl Into<Arc<Value>>) -> Result<Args, Failure> {
        let given: Arc<Value> = given.into();
        let none = Map::new();
        let members = match &*given {
            Value::Object(members) => members,
            Value::Null => &none,
            _ => return Err(Failure::new("invalid_input", "arguments are a JSON object")),
        };
        let mut errors = Vec::new();
        let mut accepted = Vec::new();
        let mut defaults = Map::new();
        for field in &declaration.input.fields {
            let value = members.get(&field.name);
            let value = value.filter(|value| !(value.is_null() || !field.required && is_absent(value)));
            match (value, &field.default) {
                (Some(value), _) => {
                    errors.extend(check_argument(field, value).into_iter().map(|mismatch| FailureDetail {
                        pointer: Some(mismatch.pointer),
                        code: "invalid_input".into(),
                        detail: mismatch.detail,
                        ..FailureDetail::default()
                    }));
                    accepted.push(field.name.clone());
                }
                (None, Some(default)) => {
                    defaults.insert(field.name.clone(), default.clone());
                }
                (None, None) if field.required => errors.push(FailureDetail {
                    pointer: Some(format!("/{}", field.name)),
                    code: "invalid_input".into(),
                    detail: format!("{} is required", field.name),
                    ..FailureDetail::default()
                }),
                (None, None) => {}
            }
        }
        let is_known = |name: &str| declaration.input.field(name).is_some() || PINNED.contains(&name);
        for name in members.keys().filter(|name| !is_known(name)) {
            errors.push(FailureDetail {
                pointer: Some(format!("/{name}")),
                code: "unknown_input".into(),
                detail: format!("{} has no argument {name}", declaration.name),
                try_: nearest(name, declaration.input.names()).map(|near| format!("nearest is {near}")),
                ..FailureDetail::default()
            });
        }
        match errors.first() {
            None => Ok(Args { given, accepted, defaults }),
            Some(first) => {
                let failure = Failure::new("invalid_input", first.detail.clone());
                Err(failure.at(first.pointer.clone().unwrap_or_default()).with_errors(errors))
            }
        }
    }

    /// The value of an argument, if it was given or has a default.
    pub fn get(&self, name: &str) -> Option<&Value> {
        if self.accepted.iter().any(|accepted| accepted == name) {
            self.given.get(name)
        } else {
            self.defaults.get(name)
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// A count, 0 where it is absent.
    pub fn count(&self, name: &str) -> usize {
        self.integer(name).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }

    /// A truth.
    pub fn is(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A list.
    pub fn list(&self, name: &str) -> Option<&[Value]> {
        self.get(name)?.as_array().map(Vec::as_slice)
    }

    /// A calendar date.
    pub fn date(&self, name: &str) -> Result<Option<NaiveDate>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refuse = |error: dates::DateError| Failure::new("invalid_input", error.to_string()).at(format!("/{name}"));
        dates::parse_date(text).map(Some).map_err(refuse)
    }

    /// An id.
    pub fn id(&self, name: &str) -> Result<Option<Uuid>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refuse = |_| Failure::new("invalid_input", format!("{name} is not a UUID")).at(format!("/{name}"));
        Uuid::try_parse(text).map(Some).map_err(refuse)
    }

    /// Arguments as they are, for hashing.
    pub fn as_value(&self) -> Value {
        let given = self.accepted.iter().filter_map(|name| Some((name.clone(), self.given.get(name)?.clone())));
        Value::Object(self.defaults.clone().into_iter().chain(given).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use capability::{Field, Schema, Type};
    use serde_json::json;

    #[test]
    fn every_problem_is_pointed_at_and_defaults_are_filled_in() {
        let input = Schema::record([
            Field::required("portfolio_id", Type::id("portfolio"), ""),
            Field::with_default("lookback_days", Type::Integer, 252, "").between(2.0, 12_600.0),
            Field::optional("from", Type::Date, ""),
        ]);
        let declaration = Declaration::read("metrics.x", "1.0.0", "financial_analyst", "", input, Schema::default());
        let failure = Args::checked(&declaration, json!({"lookback_days": 1, "fro": "2024-01-01"})).unwrap_err();
        let pointers: Vec<_> = failure.errors.iter().map(|e| e.pointer.clone().unwrap()).collect();
        assert_eq!(pointers, ["/portfolio_id", "/lookback_days", "/fro"]);
        assert_eq!(failure.errors[2].try_.as_deref(), Some("nearest is from"));
        let given = json!({"portfolio_id": Uuid::nil(), "pricing_pack_id": "PP_2024-01-01", "from": null});
        let args = Args::checked(&declaration, given).unwrap();
        assert_eq!((args.count("lookback_days"), args.date("from").unwrap()), (252, None));
    }
}
