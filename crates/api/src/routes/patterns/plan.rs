//! `GET /api/patterns/{id}/plan`: what would run, without touching data.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// Levels, steps with agents, critical path, peak leases, reads and rights.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub struct PatternPlan(pub Value);

impl PartialSchema for PatternPlan {
    fn schema() -> RefOr<Schema> {
        utoipa::openapi::schema::Object::new().into()
    }
}

impl ToSchema for PatternPlan {}

/// Explains one pattern.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    type Query = ();
    type Body = ();
    type Answer = PatternPlan;
    const SUMMARY: &'static str = "The plan of a pattern: levels, agents, critical path, peak leases, rights.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let listing = super::show::find(&cx)?;
        let Some(plan) = &listing.plan else {
            return Err(Problem::new("pattern_invalid", format!("pattern {} has errors", listing.id)));
        };
        Reply::data(&PatternPlan(pattern::explain_json(plan)))
    }
}
