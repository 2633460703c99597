//! `PATCH /api/portfolios/{id}`

use http::HeaderValue;
use serde_json::{Map, Value, json};
use store::queries::audit;
use store::queries::portfolios::{self, PortfolioChange};
use utoipa::ToSchema;
use uuid::Uuid;

use super::create::name_is_taken;
use super::record::{COST_BASIS_METHODS, Portfolio};
use crate::computed::command;
use crate::http::context::{Context, stale_version};
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// Changes of a portfolio; absent fields stay. Base currency and method are written to the ledger, because numbers
/// depend on them.
#[derive(Debug, ToSchema)]
pub struct ChangePortfolio {
    /// New name, 1 to 120 characters.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// `active` or `archived`.
    pub status: Option<String>,
    /// New currency of totals.
    pub base_currency: Option<String>,
    /// New method of choosing lots; past disposals stay as they are.
    pub cost_basis_method: Option<String>,
}

impl Input for ChangePortfolio {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            name: f.opt_text("name", 1, 120),
            description: f.opt_text("description", 0, 2000),
            status: f.opt_choice("status", &["active", "archived"]),
            base_currency: f.opt_currency("base_currency").map(|c| c.to_string()),
            cost_basis_method: f.opt_choice("cost_basis_method", COST_BASIS_METHODS),
        }
    }
}

/// Changes one portfolio.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangePortfolio;
    type Answer = Portfolio;
    const SUMMARY: &'static str = "Changes a portfolio of yours.";

    async fn handle(cx: Context, (): (), body: ChangePortfolio) -> Outcome {
        let user = cx.user()?;
        let id = cx.path_id("id")?;
        let version = cx.if_match()?;
        let head = guard::portfolio(&cx, id).await?;
        if head.user_id != user {
            return Err(Problem::new("forbidden", "the portfolio is shared with you for reading only"));
        }
        if head.version != version {
            return Err(stale_version("portfolio", head.version));
        }
        let settings = settings_of(&body);
        if !settings.is_empty() {
            if head.status != "active" {
                return Err(Problem::new("portfolio_archived", format!("the portfolio is {}", head.status)));
            }
            write_settings(&cx, id, Some(&hex::encode(head.commit)), settings).await?;
        }
        let change = PortfolioChange {
            name: body.name.map(|n| n.trim().to_owned()),
            description: body.description,
            status: body.status,
        };
        let name = change.name.clone().unwrap_or_else(|| head.name.clone());
        let changed = guard::as_user(&cx, async |tx| {
            // The ledger entries of this request may have raised the version.
            let now = portfolios::by_id(tx, user, id).await?.map_or(version, |h| h.version);
            let head = portfolios::update(tx, user, id, now, &change).await?;
            audit::insert(tx, &cx.audit(user, "portfolio.change", "portfolio", id)).await?;
            Ok(head)
        })
        .await;
        let head = changed.map_err(|problem| name_is_taken(problem, &name))?;
        Ok(Reply::data(&Portfolio::of(&head, user))?.version(head.version))
    }
}

fn settings_of(body: &ChangePortfolio) -> Vec<Value> {
    let wanted = [("base_currency", &body.base_currency), ("cost_basis_method", &body.cost_basis_method)];
    wanted
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| json!({"kind": "setting", "key": key, "value": value})))
        .collect()
}

/// Writes settings as ledger entries; on exactly the state that the caller saw, if it saw one.
pub async fn write_settings(
    cx: &Context,
    portfolio: Uuid,
    commit: Option<&str>,
    entries: Vec<Value>,
) -> Result<(), Problem> {
    let mut args = Map::new();
    args.insert("portfolio_id".into(), portfolio.to_string().into());
    args.insert("entries".into(), entries.into());
    if let Some(commit) = commit {
        args.insert("if_ledger_commit".into(), commit.into());
    }
    args.insert("idempotency_key".into(), Uuid::now_v7().to_string().into());
    match command(cx, "ledger.record", args, &[]).await {
        Ok(_) => Ok(()),
        Err(problem) if problem.code.code == "conflict" => {
            let stale = Problem::new("precondition_failed", "the portfolio's ledger has moved on");
            Err(
                match problem
                    .extra
                    .get("ledger_commit")
                    .and_then(Value::as_str)
                    .and_then(|c| HeaderValue::from_str(c).ok())
                {
                    Some(_) => stale.with("ledger_commit", problem.extra["ledger_commit"].clone()),
                    None => stale,
                },
            )
        }
        Err(problem) => Err(problem),
    }
}
