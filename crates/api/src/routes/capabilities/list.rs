//! `GET /api/capabilities`

use capability::{Cost, Declaration, Effect};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};

/// What an agent offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapabilityInfo {
    /// Canonical name.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// Agent that offers it.
    pub agent: String,
    /// One sentence.
    pub summary: String,
    /// JSON Schema of its arguments.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// JSON Schema of its value.
    #[schema(value_type = Object)]
    pub outputs: Value,
    /// What it reads, as letters: L ledger, P packs, M macro, F fundamentals, V provider, A alerts, R rubrics, S system.
    pub reads: String,
    /// `none`, `idempotent` or `once`.
    pub effect: &'static str,
    /// `light`, `normal` or `heavy`.
    pub cost: &'static str,
    /// Permissions that it needs.
    pub rights_required: Vec<String>,
    /// Whether you have them.
    pub allowed: bool,
}

impl CapabilityInfo {
    fn of(declaration: &Declaration, allowed: bool) -> Self {
        Self {
            name: declaration.name.clone(),
            version: declaration.version.clone(),
            agent: declaration.agent.clone(),
            summary: declaration.summary.clone(),
            inputs: capability::schema_of(&declaration.input),
            outputs: capability::schema_of(&declaration.output),
            reads: declaration.reads.letters(),
            effect: match declaration.effect {
                Effect::None => "none",
                Effect::Idempotent => "idempotent",
                Effect::Once => "once",
            },
            cost: match declaration.cost {
                Cost::Light => "light",
                Cost::Normal => "normal",
                Cost::Heavy => "heavy",
            },
            rights_required: declaration.rights.clone(),
            allowed,
        }
    }
}

/// Lists capabilities.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    type Query = ();
    type Body = ();
    type Answer = Vec<CapabilityInfo>;
    const SUMMARY: &'static str = "What the agents of this build offer.";

    async fn handle(cx: Context, (): (), (): ()) -> Outcome {
        let caller = cx.caller()?;
        let catalogue = cx.state.orchestrator().deps().patterns.catalogue();
        let rows: Vec<CapabilityInfo> = catalogue
            .names()
            .filter_map(|name| catalogue.get(name))
            .map(|d| CapabilityInfo::of(d, caller.require_rights(d.rights.iter().map(String::as_str)).is_ok()))
            .collect();
        Reply::data(&rows)
    }
}
