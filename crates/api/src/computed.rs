//! Routes that answer with computed numbers: standard parameters, the run itself, conditional requests.
//!
//! Invariant: nothing is computed here; the bytes of `data` go out as the orchestrator made them, and a result that the
//! caller has already is answered 304 before admission and without a lease.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::NaiveDate;
use http::StatusCode;
use orchestrator::{Answer, CapabilityRequest, Include, Prepared, Request, Trigger};
use serde_json::{Map, Value};
use store::queries::{portfolios, settings};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::caller::{Caller, Kind};
use crate::auth::permission::Role;
use crate::http::context::Context;
use crate::http::fields::Fields;
use crate::http::guard;
use crate::http::reply::{Outcome, Page, Reply, ReplyBody};
use crate::measure;
use crate::problem::Problem;
use crate::problem::from_orchestrator::{from_orchestrator, from_parameters};

/// Standard parameters of computed reads.
#[derive(Debug, Clone, Default)]
pub struct Standard {
    /// Portfolio.
    pub portfolio_id: Option<Uuid>,
    /// Date that values are for.
    pub as_of: Option<NaiveDate>,
    /// Pack, by display id or hash.
    pub pricing_pack_id: Option<String>,
    /// Refuse a pack that is not fresh.
    pub require_fresh: bool,
    /// Currency of the report.
    pub currency: Option<String>,
    /// Parts to add.
    pub include: Include,
}

impl Standard {
    /// Reads the standard parameters, `portfolio_id` included.
    pub fn read(f: &mut Fields<'_>) -> Self {
        let portfolio_id = f.opt_uuid("portfolio_id");
        Self { portfolio_id, ..Self::read_without_portfolio(f) }
    }

    /// Reads the standard parameters of a route that names the portfolio in its path.
    pub fn read_without_portfolio(f: &mut Fields<'_>) -> Self {
        let words = f.words("include", Some(&["panels", "charts", "trace"])).unwrap_or_default();
        let has = |word: &str| words.iter().any(|w| w == word);
        Self {
            portfolio_id: None,
            as_of: f.opt_date("as_of"),
            pricing_pack_id: read_pack_id(f),
            require_fresh: f.boolean("require_fresh", false),
            currency: f.opt_currency("currency").map(|c| c.to_string()),
            include: Include { panels: has("panels"), charts: has("charts"), trace: has("trace") },
        }
    }
}

/// A pack's display id or hash.
pub fn read_pack_id(f: &mut Fields<'_>) -> Option<String> {
    let text = f.opt_text("pricing_pack_id", 1, 128)?;
    if is_pack_id(&text) {
        return Some(text);
    }
    f.refuse("pricing_pack_id", "pricing_pack_id must be such as PP_2024-03-28, or 64 hex digits");
    None
}

/// Whether a text has the form of a pack's display id or hash.
#[must_use]
pub fn is_pack_id(text: &str) -> bool {
    let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_display = text
        .strip_prefix("PP_")
        .and_then(|rest| rest.get(..10))
        .is_some_and(|date| crate::http::fields::parse_date(date).is_some())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-@.".contains(&b));
    is_hash || is_display
}

/// Declares the query of a computed route: the standard parameters, then its own. The first word says whether the
/// portfolio is a parameter (`any`) or stands in the path (`path`).
macro_rules! computed_query {
    (any $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $ty:ty = $read:expr,)* }) => {
        $crate::computed::computed_query! { @struct $crate::computed::Standard::read, $(#[$meta])* $name {
            /// Portfolio; your default one, else your only one, when absent.
            portfolio_id: Option<uuid::Uuid> = |_: &mut $crate::http::fields::Fields<'_>| None,
            $($(#[$field_meta])* $field: $ty = $read,)*
        } }
    };
    (path $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $ty:ty = $read:expr,)* }) => {
        $crate::computed::computed_query! { @struct $crate::computed::Standard::read_without_portfolio, $(#[$meta])* $name {
            $($(#[$field_meta])* $field: $ty = $read,)*
        } }
    };
    (@struct $standard:path, $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $ty:ty = $read:expr,)* }) => {
        $(#[$meta])*
        #[derive(Debug, utoipa::ToSchema)]
        pub struct $name {
            /// Date that the values are for; the newest pack's when absent.
            pub as_of: Option<chrono::NaiveDate>,
            /// Pricing pack, by display id or hash.
            pub pricing_pack_id: Option<String>,
            /// Refuse with 503 when the day's pack is not fresh.
            pub require_fresh: Option<bool>,
            /// Currency of the report; the portfolio's when absent.
            pub currency: Option<String>,
            /// Parts to add: `panels`, `charts`, `trace`, separated by commas.
            pub include: Option<String>,
            $($(#[$field_meta])* pub $field: $ty,)*
            #[schema(ignore)]
            #[doc(hidden)]
            pub standard: $crate::computed::Standard,
        }

        impl $crate::http::fields::Input for $name {
            fn read(f: &mut $crate::http::fields::Fields<'_>) -> Self {
                let standard = $standard(f);
                Self {
                    as_of: standard.as_of,
                    pricing_pack_id: standard.pricing_pack_id.clone(),
                    require_fresh: Some(standard.require_fresh),
                    currency: standard.currency.clone(),
                    include: None,
                    $($field: ($read)(f),)*
                    standard,
                }
            }
        }
    };
}
pub(crate) use computed_query;

/// An answer of a pattern, view or capability; `data` holds its outputs by name.
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct ComputedAnswer {
    /// Id of the execution.
    pub execution_id: Uuid,
    /// `complete`, `partial` (some outputs are absent) or `failed`.
    pub status: String,
    /// `id@version` of what ran.
    pub pattern: String,
    /// Date, pack, ledger commit and base currency that all numbers belong to.
    pub context: ComputedContext,
    /// Outputs by name.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// Panels in order; with `include=panels`, and always from execute.
    #[schema(value_type = Option<Vec<Object>>)]
    pub panels: Option<Vec<Value>>,
    /// Neutral chart specifications; with `include=charts`, and always from execute.
    #[schema(value_type = Option<Object>)]
    pub charts: Option<Value>,
    /// What each step did; with `include=trace`, and always from execute.
    #[schema(value_type = Option<Object>)]
    pub trace: Option<Value>,
    /// Age of each panel's data.
    #[schema(value_type = Object)]
    pub staleness: Map<String, Value>,
    /// Providers and their attributions.
    #[schema(value_type = Object)]
    pub rights: Value,
    /// Qualifications of values that are there.
    #[schema(value_type = Vec<Object>)]
    pub warnings: Vec<Value>,
    /// About the answer.
    #[schema(value_type = Object)]
    pub meta: Map<String, Value>,
}

/// What all numbers of an answer belong to.
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct ComputedContext {
    /// Date that the values are for.
    pub as_of: NaiveDate,
    /// Display id of the pack.
    pub pricing_pack_id: Option<String>,
    /// Commit of the last ledger entry that counts, 64 hex digits.
    pub ledger_commit: Option<String>,
    /// Currency of totals.
    pub base_currency: Option<String>,
}

/// Names of permissions by role, made once.
static RIGHTS: LazyLock<Vec<Arc<[String]>>> =
    LazyLock::new(|| Role::ALL.iter().map(|role| role.permission_names().into()).collect());

/// Permissions of the caller, as the orchestrator takes them.
#[must_use]
pub fn rights_of(caller: &Caller) -> Arc<[String]> {
    let at = Role::ALL.iter().position(|r| *r == caller.role).unwrap_or_default();
    RIGHTS[at].clone()
}

/// The portfolio that a request means: the named one, the user's default, or her only one.
///
/// # Errors
/// `portfolio_required` when it is not clear which.
pub async fn portfolio_of(cx: &Context, named: Option<Uuid>) -> Result<Uuid, Problem> {
    if let Some(id) = named {
        guard::may_read(cx, id).await?;
        return Ok(id);
    }
    let user = cx.user()?;
    let (default, all) = guard::as_user(cx, async |tx| {
        let default = settings::of_user(tx, user).await?.default_portfolio_id;
        Ok((default, portfolios::list(tx, user, Some("active")).await?))
    })
    .await?;
    if let Some(id) = default.filter(|id| all.iter().any(|head| head.id == *id)) {
        return Ok(id);
    }
    match all.as_slice() {
        [only] => Ok(only.id),
        [] => Err(Problem::new("portfolio_required", "you have no portfolio yet")
            .trying("make one with POST /api/portfolios")),
        several => {
            Err(Problem::new("portfolio_required", format!("you can see {} portfolios; name one", several.len())))
        }
    }
}

/// A request for a pattern, filled with what every computed route fills.
///
/// # Errors
/// `not_authenticated`.
pub fn request(
    cx: &Context,
    pattern: &str,
    inputs: Map<String, Value>,
    standard: &Standard,
) -> Result<Request, Problem> {
    let caller = cx.caller()?;
    let mut request = Request::new(pattern, caller.user_id, rights_of(caller));
    request.inputs = inputs;
    request.as_of = standard.as_of;
    request.pricing_pack_id = standard.pricing_pack_id.clone();
    request.require_fresh = standard.require_fresh;
    request.report_currency = standard.currency.clone();
    request.deadline = cx.deadline_ms.map(Duration::from_millis);
    request.no_cache = wants_no_cache(cx);
    request.trigger = trigger(caller);
    request.trace_id = Some(cx.trace_id.clone());
    Ok(request)
}

fn trigger(caller: &Caller) -> Trigger {
    match caller.kind {
        Kind::Browser => Trigger::Ui,
        Kind::Api => Trigger::Api,
    }
}

fn wants_no_cache(cx: &Context) -> bool {
    cx.headers
        .get(http::header::CACHE_CONTROL)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|d| d.trim().eq_ignore_ascii_case("no-cache")))
}

/// Runs a pattern for a GET: conditional, thinned to what `include` names.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn read_pattern(cx: &Context, pattern: &str, inputs: Map<String, Value>, standard: &Standard) -> Outcome {
    let request = request(cx, pattern, inputs, standard)?;
    let orchestrator = cx.state.orchestrator();
    let prepared = orchestrator.prepare(request).await.map_err(from_parameters)?;
    answer_conditionally(cx, prepared, standard.include).await
}

/// 304 when the caller has the result already; else runs what was prepared.
async fn answer_conditionally(cx: &Context, prepared: Prepared, include: Include) -> Outcome {
    let etag = etag(&prepared.result_key().to_hex(), variant(include));
    if cx.has_etag(&etag) && !wants_no_cache(cx) {
        return Ok(Reply::not_modified(&etag));
    }
    let answer = cx.state.orchestrator().execute_prepared(prepared).await.map_err(from_parameters)?;
    Ok(reply(cx, &answer, include).header(http::header::ETAG, &etag))
}

/// Parts change the representation, so they are part of its tag.
fn variant(include: Include) -> &'static str {
    match (include.panels, include.charts) {
        _ if include.trace => "-t",
        (false, false) => "",
        (true, false) => "-p",
        (false, true) => "-c",
        (true, true) => "-pc",
    }
}

fn etag(key: &str, variant: &str) -> String {
    format!("\"{key}{variant}\"")
}

/// The whole answer as bytes.
#[must_use]
pub fn reply(cx: &Context, answer: &Answer, include: Include) -> Reply {
    measure::execution(answer);
    Reply::raw(StatusCode::OK, "application/json", answer.to_json(include, Some(&cx.request_id)))
        .header(http::HeaderName::from_static("x-execution-id"), &answer.execution_id.to_string())
}

/// A capability as a plan of one step, filled with what every computed route fills.
fn capability_request(
    cx: &Context,
    name: &str,
    args: Map<String, Value>,
    standard: &Standard,
) -> Result<CapabilityRequest, Problem> {
    let caller = cx.caller()?;
    let mut request = CapabilityRequest::new(name, caller.user_id, rights_of(caller));
    request.args = args;
    request.as_of = standard.as_of;
    request.pricing_pack_id = standard.pricing_pack_id.clone();
    request.require_fresh = standard.require_fresh;
    request.report_currency = standard.currency.clone();
    request.deadline = cx.deadline_ms.map(Duration::from_millis);
    request.no_cache = wants_no_cache(cx);
    request.trigger = trigger(caller);
    request.trace_id = Some(cx.trace_id.clone());
    Ok(request)
}

/// Runs a reading capability for a GET: conditional, thinned to what `include` names.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn read_capability(cx: &Context, name: &str, args: Map<String, Value>, standard: &Standard) -> Outcome {
    let request = capability_request(cx, name, args, standard)?;
    let prepared = cx.state.orchestrator().prepare_capability(request).await.map_err(from_parameters)?;
    answer_conditionally(cx, prepared, standard.include).await
}

/// Fixes arguments and context of a reading capability, for a page of a list.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn prepare_page(
    cx: &Context,
    name: &str,
    args: Map<String, Value>,
    standard: &Standard,
) -> Result<Prepared, Problem> {
    let request = capability_request(cx, name, args, standard)?;
    cx.state.orchestrator().prepare_capability(request).await.map_err(from_parameters)
}

/// Answers with a page of a list: 304 when the caller has it already; else runs what was prepared, and `page_of` says
/// where the page stands.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn read_page(
    cx: &Context,
    prepared: Prepared,
    include: Include,
    page_of: impl FnOnce(&Answer) -> Page,
) -> Outcome {
    // Limit and position are arguments, so the key tells pages apart; `count` is not one.
    let counted = if cx.query.contains("count=") { "-n" } else { "" };
    let etag = etag(&prepared.result_key().to_hex(), &format!("{}{counted}", variant(include)));
    if cx.has_etag(&etag) && !wants_no_cache(cx) {
        return Ok(Reply::not_modified(&etag));
    }
    let answer = cx.state.orchestrator().execute_prepared(prepared).await.map_err(from_parameters)?;
    let page = page_of(&answer);
    Ok(with_page(reply(cx, &answer, include), &page).header(http::header::ETAG, &etag))
}

/// Runs a capability with the caller's arguments, for `POST`. Pointers into its arguments become pointers into the
/// body: each pair is (prefix in the arguments, prefix in the body).
///
/// # Errors
/// What the orchestrator refuses.
pub async fn command(cx: &Context, name: &str, args: Map<String, Value>, pointers: &[(&str, &str)]) -> Outcome {
    run_capability(cx, name, args, &Standard::default(), pointers).await
}

/// Runs a capability for a route that makes its own answer.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn run_command(cx: &Context, name: &str, args: Map<String, Value>) -> Result<Answer, Problem> {
    let request = capability_request(cx, name, args, &Standard::default())?;
    cx.state.orchestrator().run_capability(request).await.map_err(|problem| from_orchestrator(problem, ""))
}

/// As [`command`], with a date and pack of the caller's.
///
/// # Errors
/// What the orchestrator refuses.
pub async fn run_capability(
    cx: &Context,
    name: &str,
    args: Map<String, Value>,
    standard: &Standard,
    pointers: &[(&str, &str)],
) -> Outcome {
    let request = capability_request(cx, name, args, standard)?;
    let run = cx.state.orchestrator().run_capability(request).await;
    let answer = run.map_err(|problem| renamed(from_orchestrator(problem, ""), pointers))?;
    Ok(reply(cx, &answer, standard.include))
}

fn renamed(mut problem: Problem, pointers: &[(&str, &str)]) -> Problem {
    for error in &mut problem.errors {
        let Some(pointer) = &error.pointer else { continue };
        for (from, to) in pointers {
            let rest = pointer.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            if let Some(rest) = rest {
                error.pointer = Some(format!("{to}{rest}"));
                break;
            }
        }
    }
    problem
}

/// Adds `page` to the `meta` with which an answer's bytes end.
fn with_page(mut reply: Reply, page: &Page) -> Reply {
    if let ReplyBody::Raw(media_type, bytes) = &reply.body
        && bytes.ends_with(b"}}")
    {
        let mut out = bytes[..bytes.len() - 2].to_vec();
        out.extend_from_slice(b",\"page\":");
        out.extend_from_slice(serde_json::to_string(page).unwrap_or_default().as_bytes());
        out.extend_from_slice(b"}}");
        reply.body = ReplyBody::Raw(media_type, out.into());
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldError;

    #[test]
    fn pack_ids_have_one_of_two_forms() {
        for good in ["PP_2024-03-28", "PP_2024-03-28_R1", "PP_2024-03-28@eod", &"a".repeat(64)] {
            assert!(is_pack_id(good), "{good}");
        }
        for bad in ["", "PP_", "PP_2024-02-30", "PP_2024-03-28'", &"A".repeat(64), &"a".repeat(63)] {
            assert!(!is_pack_id(bad), "{bad}");
        }
    }

    #[test]
    fn pointers_follow_the_words_of_the_body() {
        let errors =
            vec![FieldError::at("/entries/3/quantity", "oversell", ""), FieldError::at("/entriesque", "x", "")];
        let problem = renamed(Problem::new("oversell", "").with_errors(errors), &[("/entries", "/transactions")]);
        let found: Vec<_> = problem.errors.iter().filter_map(|e| e.pointer.as_deref()).collect();
        assert_eq!(found, ["/transactions/3/quantity", "/entriesque"]);
    }

    #[test]
    fn the_page_joins_the_meta() {
        let page = Page { limit: 1, has_more: false, next_cursor: None, total: None };
        let reply = with_page(
            Reply::raw(StatusCode::OK, "application/json", "{\"data\":{},\"meta\":{\"cache\":\"hit\"}}"),
            &page,
        );
        let ReplyBody::Raw(_, bytes) = reply.body else { panic!("raw") };
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(value["meta"]["page"]["limit"], 1);
    }
}
