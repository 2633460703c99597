//! What comes back from a capability: a value with provenance, or a typed failure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The value of a capability and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityResult {
    /// The value, of the declared output type.
    pub value: Value,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Rows read from PostgreSQL for it.
    pub rows_read: u64,
    /// Seconds for which the value is valid; `None`: for ever under its key.
    pub ttl_s: Option<u64>,
}

impl CapabilityResult {
    /// A value computed from pinned data.
    pub fn computed(value: Value) -> CapabilityResult {
        CapabilityResult { value, provenance: Provenance::default(), rows_read: 0, ttl_s: None }
    }

    /// The same with warnings.
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> CapabilityResult {
        self.provenance.warnings = warnings;
        self
    }

    /// The same with the sources of its data.
    pub fn with_sources(mut self, sources: Vec<Source>) -> CapabilityResult {
        self.provenance.sources = sources;
        self
    }

    /// The same with a count of rows.
    pub fn with_rows_read(mut self, rows_read: u64) -> CapabilityResult {
        self.rows_read = rows_read;
        self
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Kind of origin.
    pub kind: ProvenanceKind,
    /// Data sets that entered it.
    pub sources: Vec<Source>,
    /// What qualifies it.
    pub warnings: Vec<Warning>,
}

/// Kind of origin, in the order of folding: the greatest of the inputs wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvenanceKind {
    /// A pure function of books, packs and stored series.
    #[default]
    Computed,
    /// Fresh from a provider.
    Provider,
    /// Provider data from our store.
    Cached,
    /// Some input is synthetic.
    Synthetic,
}

/// A data set that entered a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// Provider id, as in the rights registry.
    pub provider: String,
    /// Data set of the provider.
    pub dataset: String,
    /// When it was retrieved, RFC 3339, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retrieved_at: Option<String>,
    /// Entry of the rights registry.
    pub rights: String,
}

/// Qualifies a value that is present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Code, as `stale_price`.
    pub code: String,
    /// A sentence that names the thing.
    pub message: String,
    /// The thing.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub subject: Value,
}

impl Warning {
    /// A warning about a subject.
    pub fn new(code: &str, message: impl Into<String>, subject: Value) -> Warning {
        Warning { code: code.into(), message: message.into(), subject }
    }
}

/// Why a capability has no value at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Code of `capabilities.md` §1.5 or `api.md` §1.
    pub code: String,
    /// A sentence that names the thing, lower case, without a final period.
    pub message: String,
    /// JSON pointer into the arguments, where one argument is at fault.
    pub pointer: Option<String>,
    /// The thing, for programs (`conflict` carries `ledger_commit`).
    pub subject: Value,
    /// What to do.
    pub try_: Option<String>,
    /// Worth a retry.
    pub transient: bool,
    /// When to come back.
    pub retry_after_ms: Option<u64>,
    /// All problems, where there are several.
    pub errors: Vec<FailureDetail>,
}

/// One of several problems.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailureDetail {
    /// JSON pointer into the arguments.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pointer: Option<String>,
    /// Line of a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// Column of a file, by name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// Code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none", default)]
    pub try_: Option<String>,
}

impl Failure {
    /// A failure with code and message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure {
            code: code.into(),
            message: message.into(),
            pointer: None,
            subject: Value::Null,
            try_: None,
            transient: false,
            retry_after_ms: None,
            errors: Vec::new(),
        }
    }

    /// The same, pointing at an argument.
    pub fn at(mut self, pointer: impl Into<String>) -> Failure {
        self.pointer = Some(pointer.into());
        self
    }

    /// The same, with its subject.
    pub fn about(mut self, subject: Value) -> Failure {
        self.subject = subject;
        self
    }

    /// The same, with advice.
    pub fn advising(mut self, try_: impl Into<String>) -> Failure {
        self.try_ = Some(try_.into());
        self
    }

    /// The same, worth a retry after some time.
    pub fn transient_after(mut self, retry_after_ms: u64) -> Failure {
        self.transient = true;
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// The same, with every problem.
    pub fn with_errors(mut self, errors: Vec<FailureDetail>) -> Failure {
        self.errors = errors;
        self
    }
}
