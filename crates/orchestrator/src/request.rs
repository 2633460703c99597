//! What may be asked of the orchestrator.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use governor::Class;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// From where an execution was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A program over HTTP.
    #[default]
    Api,
    /// The web pages.
    Ui,
    /// The command line.
    Cli,
    /// A tool call over the Model Context Protocol.
    Mcp,
    /// Scheduled work.
    Job,
    /// The language model.
    Ai,
}

impl Trigger {
    /// Text as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Trigger::Api => "api",
            Trigger::Ui => "ui",
            Trigger::Cli => "cli",
            Trigger::Mcp => "mcp",
            Trigger::Job => "job",
            Trigger::Ai => "ai",
        }
    }
}

/// One execution of a pattern. Build it with [`Request::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct Request {
    /// Id of the pattern or view.
    pub pattern: String,
    /// Inputs as given.
    pub inputs: Map<String, Value>,
    /// Who asks.
    pub user: Uuid,
    /// Permissions of who asks; the plan's rights must be among them.
    pub rights: Arc<[String]>,
    /// Date that values are for; `None`: newest pack.
    pub as_of: Option<NaiveDate>,
    /// Display id or hash of a pack.
    pub pricing_pack_id: Option<String>,
    /// Refuse a pack that is not fresh.
    pub require_fresh: bool,
    /// Currency of the report; `None`: base currency of the portfolio.
    pub report_currency: Option<String>,
    /// Time for the whole execution; `None`: the pattern's.
    pub deadline: Option<Duration>,
    /// Compute even if the result is known. It is kept all the same.
    pub no_cache: bool,
    /// Unknown inputs become warnings.
    pub lenient: bool,
    /// Inputs may be text where numbers or truths are meant: query strings and command lines.
    pub from_text: bool,
    /// From where it is asked.
    pub trigger: Trigger,
    /// Admission class; `None`: the pattern's.
    pub class: Option<Class>,
    /// W3C trace id of the caller; `None`: a new one.
    pub trace_id: Option<String>,
    /// Id to give to the execution; `None`: a new one.
    pub execution_id: Option<Uuid>,
}

impl Request {
    /// A request for `pattern` on behalf of `user`, everything else by default.
    pub fn new(pattern: impl Into<String>, user: Uuid, rights: impl Into<Arc<[String]>>) -> Self {
        Request {
            pattern: pattern.into(),
            inputs: Map::new(),
            user,
            rights: rights.into(),
            as_of: None,
            pricing_pack_id: None,
            require_fresh: false,
            report_currency: None,
            deadline: None,
            no_cache: false,
            lenient: false,
            from_text: false,
            trigger: Trigger::default(),
            class: None,
            trace_id: None,
            execution_id: None,
        }
    }

    /// Sets one input.
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.inputs.insert(name.into(), value.into());
        self
    }
}
