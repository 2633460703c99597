//! `POST /api/patterns/execute`: runs a pattern and answers with its outputs, panels and trace.

use std::time::Duration;

use chrono::NaiveDate;
use orchestrator::Include;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::computed::{ComputedAnswer, Standard, portfolio_of, read_pack_id, reply, request};
use crate::http::context::{Context, DEADLINE_MAX_MS};
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input, nearest};
use crate::http::reply::Outcome;
use crate::problem::from_orchestrator::from_orchestrator;
use crate::problem::{FieldError, Problem};

/// Pattern that runs when none is named.
const DEFAULT_PATTERN: &str = "portfolio_overview";

/// What to run, and on what.
#[derive(Debug, ToSchema)]
pub struct ExecuteRequest {
    /// Id of the pattern; `portfolio_overview` when absent.
    pub pattern: Option<String>,
    /// Inputs by name, as the pattern declares them.
    #[schema(value_type = Option<Object>)]
    pub inputs: Option<Map<String, Value>>,
    /// Date that the values are for; the newest pack's when absent.
    pub as_of: Option<NaiveDate>,
    /// Pricing pack, by display id or hash.
    pub pricing_pack_id: Option<String>,
    /// Refuse with 503 when the day's pack is not fresh.
    pub require_fresh: Option<bool>,
    /// `sync` (the only mode of this build).
    pub mode: Option<String>,
    /// Time for the whole execution, 1 to 60,000 ms; the pattern's when absent.
    pub deadline_ms: Option<u64>,
    /// Parts to send: `panels`, `charts`, `trace`; all when absent.
    pub include: Option<Vec<String>>,
    /// Unknown inputs become warnings.
    pub lenient: Option<bool>,
}

impl Input for ExecuteRequest {
    fn read(f: &mut Fields<'_>) -> Self {
        let deadline = f.opt_integer("deadline_ms", 1, i64::try_from(DEADLINE_MAX_MS).unwrap_or(i64::MAX));
        Self {
            pattern: f.opt_text("pattern", 1, 120),
            inputs: f.opt_free_object("inputs"),
            as_of: f.opt_date("as_of"),
            pricing_pack_id: read_pack_id(f),
            require_fresh: f.opt_boolean("require_fresh"),
            mode: f.opt_choice("mode", &["sync"]),
            deadline_ms: deadline.and_then(|d| u64::try_from(d).ok()),
            include: f.words("include", Some(&["panels", "charts", "trace"])),
            lenient: f.opt_boolean("lenient"),
        }
    }
}

/// Runs a pattern.
#[derive(Debug)]
pub struct Execute;

impl Endpoint for Execute {
    type Query = ();
    type Body = ExecuteRequest;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Runs a pattern and answers with its outputs, panels and trace.";

    async fn handle(cx: Context, (): (), body: ExecuteRequest) -> Outcome {
        let pattern = body.pattern.unwrap_or_else(|| DEFAULT_PATTERN.to_owned());
        let mut inputs = body.inputs.unwrap_or_default();
        let library = &cx.state.orchestrator().deps().patterns;
        let Some(listing) = library.get(&pattern) else {
            return Err(unknown(&pattern, library));
        };
        if let Some(plan) = &listing.plan {
            cx.caller()?.require_rights(plan.rights.iter().map(String::as_str))?;
        }
        let portfolio_input = listing.plan.as_ref().and_then(|plan| portfolio_input_of(plan));
        if let Some(name) = portfolio_input {
            // Only what clearly is an id is looked at here; anything else is the pattern's input check to refuse.
            match inputs.get(&name) {
                None | Some(Value::Null) => {
                    let id = portfolio_of(&cx, None).await?;
                    inputs.insert(name, id.to_string().into());
                }
                Some(Value::String(text)) => {
                    if let Ok(id) = uuid::Uuid::try_parse(text) {
                        portfolio_of(&cx, Some(id)).await?;
                    }
                }
                Some(_) => {}
            }
        }
        let standard = Standard {
            as_of: body.as_of,
            pricing_pack_id: body.pricing_pack_id,
            require_fresh: body.require_fresh.unwrap_or(false),
            ..Standard::default()
        };
        let mut request = request(&cx, &pattern, inputs, &standard)?;
        request.lenient = body.lenient.unwrap_or(false);
        if let Some(ms) = body.deadline_ms {
            let header = cx.deadline_ms.unwrap_or(u64::MAX);
            request.deadline = Some(Duration::from_millis(ms.min(header)));
        }
        let include = match &body.include {
            None => Include::ALL,
            Some(words) => {
                let has = |word: &str| words.iter().any(|w| w == word);
                Include { panels: has("panels"), charts: has("charts"), trace: has("trace") }
            }
        };
        let answer = cx.state.orchestrator().execute(request).await.map_err(|p| from_orchestrator(p, "/inputs"))?;
        Ok(reply(&cx, &answer, include))
    }
}

/// Name of the input that names the portfolio, where the pattern cannot run without one.
fn portfolio_input_of(plan: &pattern::Plan) -> Option<String> {
    let input = plan.inputs.iter().find(|input| input.ty == pattern::InputType::PortfolioId)?;
    input.required.then(|| input.name.clone())
}

/// The refusal of a pattern that is not loaded, with the nearest name.
pub(super) fn unknown(pattern: &str, library: &orchestrator::PatternLibrary) -> Problem {
    let known = library.list();
    let detail = match nearest(pattern, known.iter().map(|listing| listing.id.as_str())) {
        Some(near) => format!("there is no pattern {pattern:?}; did you mean {near}?"),
        None => format!("there is no pattern {pattern:?}"),
    };
    Problem::new("pattern_not_found", detail.clone()).with_error(FieldError::at(
        "/pattern",
        "pattern_not_found",
        detail,
    ))
}
