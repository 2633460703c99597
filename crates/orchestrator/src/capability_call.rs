//! One capability as a plan of one step: the same context, admission, cache, trace and log as a pattern.

use std::sync::Arc;
use std::time::Duration;

use capability::{Declaration, canonical_name, check_value, nearest};
use chrono::{NaiveDate, Utc};
use governor::Class;
use serde_json::{Map, Value};
use tokio::time::Instant;
use uuid::Uuid;

use crate::answer::Answer;
use crate::execute::Orchestrator;
use crate::loaded::Loaded;
use crate::problem::{Problem, ProblemItem};
use crate::request::{Request, Trigger};

/// A call of one capability. Build it with [`CapabilityRequest::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct CapabilityRequest {
    /// Canonical or accepted name.
    pub capability: String,
    /// Arguments.
    pub args: Map<String, Value>,
    /// Who asks.
    pub user: Uuid,
    /// Permissions of who asks; the capability's rights must be among them.
    pub rights: Arc<[String]>,
    /// Date that values are for; `None`: newest pack.
    pub as_of: Option<NaiveDate>,
    /// Display id or hash of a pack.
    pub pricing_pack_id: Option<String>,
    /// Refuse a pack that is not fresh.
    pub require_fresh: bool,
    /// Currency of the report; `None`: base currency of the portfolio.
    pub report_currency: Option<String>,
    /// Time for the whole execution; `None`: the capability's.
    pub deadline: Option<Duration>,
    /// Compute even if the result is known.
    pub no_cache: bool,
    /// From where it is asked.
    pub trigger: Trigger,
    /// Admission class; `None`: interactive.
    pub class: Option<Class>,
    /// W3C trace id of the caller.
    pub trace_id: Option<String>,
    /// Id to give to the execution.
    pub execution_id: Option<Uuid>,
}

impl CapabilityRequest {
    /// A call of `capability` on behalf of `user`, everything else by default.
    pub fn new(capability: impl Into<String>, user: Uuid, rights: impl Into<Arc<[String]>>) -> Self {
        CapabilityRequest {
            capability: capability.into(),
            args: Map::new(),
            user,
            rights: rights.into(),
            as_of: None,
            pricing_pack_id: None,
            require_fresh: false,
            report_currency: None,
            deadline: None,
            no_cache: false,
            trigger: Trigger::default(),
            class: None,
            trace_id: None,
            execution_id: None,
        }
    }

    /// Sets one argument.
    #[must_use]
    pub fn arg(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.args.insert(name.into(), value.into());
        self
    }
}

impl Orchestrator {
    /// Runs one capability and waits for its value, which is the whole `data` of the answer. A value that is merely
    /// absent is an answer, any other failure a problem.
    pub async fn run_capability(&self, request: CapabilityRequest) -> Result<Answer, Problem> {
        let prepared = self.prepare_capability(request).await?;
        self.execute_prepared(prepared).await
    }

    /// Fixes arguments and context of one capability.
    pub async fn prepare_capability(&self, request: CapabilityRequest) -> Result<crate::Prepared, Problem> {
        let begun = (Instant::now(), Utc::now());
        let name = canonical_name(&request.capability);
        let catalogue = self.inner.deps.patterns.catalogue();
        let Some(declaration) = catalogue.get(name) else {
            let problem = Problem::new("capability_unavailable", format!("no capability {name}"));
            return Err(match nearest(name, catalogue.names()) {
                Some(nearest) => problem.with_try(format!("did you mean {nearest}?")),
                None => problem.with_try("list the capabilities"),
            });
        };
        let args = check_args(declaration, request.args)?;
        let pattern = Arc::new(Loaded::of_capability(declaration.clone(), &args));
        let ask = Request {
            pattern: declaration.name.clone(),
            inputs: Map::new(),
            user: request.user,
            rights: request.rights,
            as_of: request.as_of,
            pricing_pack_id: request.pricing_pack_id,
            require_fresh: request.require_fresh,
            report_currency: request.report_currency,
            deadline: request.deadline,
            no_cache: request.no_cache,
            lenient: false,
            from_text: false,
            trigger: request.trigger,
            class: request.class,
            trace_id: request.trace_id,
            execution_id: request.execution_id,
        };
        self.pin(ask, pattern, args, Vec::new(), begun).await
    }
}

/// The arguments with defaults, or everything that is wrong with them.
fn check_args(declaration: &Declaration, given: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut errors = Vec::new();
    for name in given.keys() {
        if declaration.input.field(name).is_none() {
            let near = nearest(name, declaration.input.names());
            errors.push(ProblemItem {
                pointer: Some(pointer_to(name)),
                code: "unknown_input".to_owned(),
                detail: format!("{} has no argument {name}", declaration.name),
                try_: near.map(|near| format!("did you mean {near}?")),
                ..ProblemItem::default()
            });
        }
    }
    let mut args = Map::new();
    for field in &declaration.input.fields {
        let value = given.get(&field.name).filter(|value| !value.is_null());
        match (value, &field.default) {
            (Some(value), _) => {
                for mismatch in check_value(&field.ty, value) {
                    errors.push(ProblemItem {
                        pointer: Some(format!("{}{}", pointer_to(&field.name), mismatch.pointer)),
                        code: "invalid_input".to_owned(),
                        detail: mismatch.detail,
                        allowed: mismatch.allowed,
                        ..ProblemItem::default()
                    });
                }
                if let Some(number) = value.as_f64()
                    && (field.minimum.is_some_and(|least| number < least)
                        || field.maximum.is_some_and(|most| number > most))
                {
                    errors.push(ProblemItem {
                        pointer: Some(pointer_to(&field.name)),
                        code: "invalid_input".to_owned(),
                        detail: out_of_bounds(number, field.minimum, field.maximum),
                        ..ProblemItem::default()
                    });
                }
                args.insert(field.name.clone(), value.clone());
            }
            (None, Some(default)) => {
                args.insert(field.name.clone(), default.clone());
            }
            (None, None) if field.required => errors.push(ProblemItem {
                pointer: Some(pointer_to(&field.name)),
                code: "invalid_input".to_owned(),
                detail: format!("argument {} of type {} is required", field.name, field.ty),
                ..ProblemItem::default()
            }),
            (None, None) => {}
        }
    }
    if errors.is_empty() {
        return Ok(args);
    }
    let is_unknown = errors.iter().all(|error| error.code == "unknown_input");
    let code = if is_unknown { "unknown_input" } else { "invalid_input" };
    let detail = format!("{} arguments of {} do not fit", errors.len(), declaration.name);
    Err(Problem::new(code, detail).with_errors(errors))
}

fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn out_of_bounds(number: f64, minimum: Option<f64>, maximum: Option<f64>) -> String {
    match (minimum, maximum) {
        (Some(least), Some(most)) => format!("{number} is not between {least} and {most}"),
        (Some(least), None) => format!("{number} is below {least}"),
        (None, Some(most)) => format!("{number} is above {most}"),
        (None, None) => format!("{number} is out of bounds"),
    }
}
