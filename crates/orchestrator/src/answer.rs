//! An answer: canonical bytes that equal keys share, and the small part that belongs to one execution.
//!
//! The canonical part is never parsed or written again; [`Answer::to_json`] copies it between the rest.

use std::sync::Arc;

use bytes::Bytes;
use capability::{ExecutionContext, absent};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::body::{Body, Member};
use crate::facts::{AbsentSummary, Facts};
use crate::result_key::ResultKey;
use crate::trace::TraceStep;

/// How much of the answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All outputs that the inputs ask for.
    Complete,
    /// Some outputs are absent.
    Partial,
    /// A required output is missing.
    Failed,
}

impl Status {
    /// Text as in the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::Partial => "partial",
            Status::Failed => "failed",
        }
    }
}

/// Where a whole answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheOutcome {
    /// Known.
    Hit,
    /// Another request computed it at the same time.
    Joined,
    /// Computed for this request.
    Computed,
}

impl CacheOutcome {
    /// Text as in the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            CacheOutcome::Hit => "hit",
            CacheOutcome::Joined => "joined",
            CacheOutcome::Computed => "computed",
        }
    }
}

/// Which optional members an answer's JSON has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// `panels`.
    pub panels: bool,
    /// `charts`.
    pub charts: bool,
    /// `trace`.
    pub trace: bool,
}

impl Include {
    /// Everything: what `POST /api/patterns/execute` sends.
    pub const ALL: Include = Include { panels: true, charts: true, trace: true };
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Id of this execution.
    pub execution_id: Uuid,
    /// How much is there.
    pub status: Status,
    /// `id@version`.
    pub pattern: Arc<str>,
    /// What the execution was pinned to.
    pub context: Arc<ExecutionContext>,
    /// The canonical part.
    pub body: Body,
    /// What qualifies it.
    pub facts: Arc<Facts>,
    /// What happened.
    pub trace: Trace,
    /// Warnings about this request, beside those of the body.
    pub warnings: Vec<Value>,
    /// Content key of the result.
    pub result_key: ResultKey,
    /// Hash of the plan, hex.
    pub plan_hash: Arc<str>,
    /// Where it came from.
    pub cache: CacheOutcome,
}

/// What happened in one execution.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// W3C trace id.
    pub trace_id: String,
    /// Where the answer came from.
    pub cache: CacheOutcome,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Time allowed, milliseconds.
    pub deadline_ms: u64,
    /// Time in the admission queue, milliseconds.
    pub wait_admission_ms: f64,
    /// Time from the request to the answer, milliseconds.
    pub total_ms: f64,
    /// Rows by step, in the order of the plan.
    pub steps: Arc<[TraceStep]>,
}

/// State of the data that a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StalenessState {
    /// As of the date, from a pack that is in force.
    Fresh,
    /// Some quote was carried forward.
    Stale,
    /// The pack has been superseded since.
    Restated,
    /// Some input is synthetic.
    Synthetic,
}

/// Staleness of one panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Staleness {
    /// Date that the values are for.
    pub as_of: NaiveDate,
    /// State of the data.
    pub state: StalenessState,
    /// Why it is not fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// `meta` of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Meta<'a> {
    /// Echo of `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
    /// W3C trace id.
    pub trace_id: &'a str,
    /// Content key, hex.
    pub result_key: ResultKey,
    /// Hash of the plan, hex.
    pub plan_hash: &'a str,
    /// Where it came from.
    pub cache: CacheOutcome,
    /// Full hash of the pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing_pack_hash: Option<&'a str>,
    /// Sequence of the last ledger entry that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_seq: Option<u64>,
    /// Knowledge time that the pack pins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_at: Option<String>,
    /// Absent values of `data`.
    pub absent: &'a AbsentSummary,
    /// `null`, or what superseded the pack.
    pub restated: Option<Value>,
}

impl Answer {
    /// Staleness by panel, as things are now.
    pub fn staleness(&self) -> Vec<(&str, Staleness)> {
        let superseded_by = self.context.pack.as_ref().and_then(|pack| pack.superseded_by.as_deref());
        self.facts
            .panels
            .iter()
            .map(|panel| {
                let (state, why) = if panel.is_synthetic {
                    (StalenessState::Synthetic, Some("some input is synthetic".to_owned()))
                } else if let Some(successor) = superseded_by {
                    (StalenessState::Restated, Some(format!("the pricing pack was superseded by {successor}")))
                } else if panel.stale.is_empty() {
                    (StalenessState::Fresh, None)
                } else {
                    (StalenessState::Stale, Some(panel.stale.join("; ")))
                };
                (panel.id.as_str(), Staleness { as_of: self.context.as_of, state, why })
            })
            .collect()
    }

    /// `meta`, with the caller's request id if it has one.
    pub fn meta<'a>(&'a self, request_id: Option<&'a str>) -> Meta<'a> {
        let pack = self.context.pack.as_ref();
        Meta {
            request_id,
            trace_id: &self.trace.trace_id,
            result_key: self.result_key,
            plan_hash: &self.plan_hash,
            cache: self.cache,
            pricing_pack_hash: pack.map(|pack| pack.hash.as_str()),
            ledger_seq: self.context.ledger.as_ref().map(|ledger| ledger.seq),
            known_at: self.context.known_at.map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            absent: &self.facts.absent,
            restated: self.restated(),
        }
    }

    /// The whole answer as JSON, with the members that `include` names.
    pub fn to_json(&self, include: Include, request_id: Option<&str>) -> Bytes {
        let mut json = Vec::with_capacity(self.body.bytes().len() + 2_048);
        json.extend_from_slice(b"{\"execution_id\":\"");
        json.extend_from_slice(self.execution_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        json.push(b'"');
        self.put_shared(&mut json, include);
        if include.trace {
            put(&mut json, "trace", &self.trace);
        }
        put(&mut json, "meta", &self.meta(request_id));
        json.push(b'}');
        Bytes::from(json)
    }

    /// The part that is identical for equal keys while the pack is in force: no ids, no times.
    pub fn to_reproducible_json(&self, include: Include) -> Bytes {
        let mut json = Vec::with_capacity(self.body.bytes().len() + 512);
        json.push(b'{');
        self.put_shared(&mut json, Include { trace: false, ..include });
        json.push(b'}');
        Bytes::from(json)
    }

    fn put_shared(&self, json: &mut Vec<u8>, include: Include) {
        self.put_member(json, Member::Status);
        self.put_member(json, Member::Pattern);
        self.put_member(json, Member::Context);
        self.put_member(json, Member::Data);
        if include.panels {
            self.put_member(json, Member::Panels);
        }
        if include.charts {
            self.put_member(json, Member::Charts);
        }
        let staleness: serde_json::Map<String, Value> = self
            .staleness()
            .into_iter()
            .map(|(panel, state)| (panel.to_owned(), serde_json::to_value(state).unwrap_or_default()))
            .collect();
        put(json, "staleness", &staleness);
        self.put_member(json, Member::Rights);
        if self.warnings.is_empty() {
            self.put_member(json, Member::Warnings);
        } else {
            let mut warnings: Vec<Value> = self.body.parse(Member::Warnings).unwrap_or_default();
            warnings.extend(self.warnings.iter().cloned());
            put(json, "warnings", &warnings);
        }
    }

    fn put_member(&self, json: &mut Vec<u8>, member: Member) {
        put_name(json, member.name());
        json.extend_from_slice(self.body.member(member));
    }

    fn restated(&self) -> Option<Value> {
        let pack = self.context.pack.as_ref()?;
        let superseded_by = pack.superseded_by.as_ref()?;
        let why = format!("not_computed: this answer was not computed again on {superseded_by}");
        Some(json!({
            "superseded_by": superseded_by,
            "reason": pack.restated_reason,
            "net_asset_value_change": absent("not_computed", why, Value::Null),
        }))
    }
}

fn put_name(json: &mut Vec<u8>, name: &str) {
    if json.last() != Some(&b'{') {
        json.push(b',');
    }
    json.push(b'"');
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
}

fn put(json: &mut Vec<u8>, name: &str, value: &impl Serialize) {
    put_name(json, name);
    if serde_json::to_writer(&mut *json, value).is_err() {
        // Unreachable for these types: their maps have text keys. The object stays well-formed all the same.
        json.extend_from_slice(b"null");
    }
}
