//! `POST /api/capabilities/{name}/run`: one reading capability as a plan of one step.

use capability::Effect;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::computed::{ComputedAnswer, Standard, portfolio_of, read_pack_id, run_capability};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input, nearest};
use crate::http::reply::Outcome;
use crate::problem::Problem;

/// Arguments of a capability.
#[derive(Debug, ToSchema)]
pub struct RunCapability {
    /// Arguments by name.
    #[schema(value_type = Option<Object>)]
    pub args: Option<Map<String, Value>>,
    /// Date that the values are for; the newest pack's when absent.
    pub as_of: Option<NaiveDate>,
    /// Pricing pack, by display id or hash.
    pub pricing_pack_id: Option<String>,
    /// Refuse with 503 when the day's pack is not fresh.
    pub require_fresh: Option<bool>,
}

impl Input for RunCapability {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            args: f.opt_free_object("args"),
            as_of: f.opt_date("as_of"),
            pricing_pack_id: read_pack_id(f),
            require_fresh: f.opt_boolean("require_fresh"),
        }
    }
}

/// Runs one capability.
#[derive(Debug)]
pub struct Run;

impl Endpoint for Run {
    type Query = ();
    type Body = RunCapability;
    type Answer = ComputedAnswer;
    const SUMMARY: &'static str = "Runs one capability that changes nothing.";

    async fn handle(cx: Context, (): (), body: RunCapability) -> Outcome {
        let name = cx.path_text("name").to_owned();
        let catalogue = cx.state.orchestrator().deps().patterns.catalogue().clone();
        let Some(declaration) = catalogue.get(capability::canonical_name(&name)) else {
            let detail = match nearest(&name, catalogue.names()) {
                Some(near) => format!("there is no capability {name:?}; did you mean {near}?"),
                None => format!("there is no capability {name:?}"),
            };
            return Err(Problem::new("not_found", detail).trying("GET /api/capabilities lists them"));
        };
        cx.caller()?.require_rights(declaration.rights.iter().map(String::as_str))?;
        if declaration.effect != Effect::None {
            let detail = format!("{name} changes something; only capabilities without effect run here");
            return Err(Problem::new("invalid_input", detail).trying("use the route that is made for this change"));
        }
        let args = body.args.unwrap_or_default();
        if let Some(id) = args.get("portfolio_id").and_then(Value::as_str).and_then(|t| Uuid::try_parse(t).ok()) {
            portfolio_of(&cx, Some(id)).await?;
        }
        let standard = Standard {
            as_of: body.as_of,
            pricing_pack_id: body.pricing_pack_id,
            require_fresh: body.require_fresh.unwrap_or(false),
            ..Standard::default()
        };
        run_capability(&cx, &name, args, &standard, &[("", "/args")]).await
    }
}
