//! `POST /api/portfolios`

use orchestrator::Member;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::{COST_BASIS_METHODS, Portfolio};
use crate::computed::run_command;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::{FieldError, Problem};

/// A portfolio to make.
#[derive(Debug, ToSchema)]
pub struct CreatePortfolio {
    /// Name, 1 to 120 characters, unique among your active portfolios.
    pub name: String,
    /// ISO 4217 code of totals.
    pub base_currency: String,
    /// Free text.
    pub description: Option<String>,
    /// How lots are chosen on a sale; `fifo` when absent.
    pub cost_basis_method: Option<String>,
}

impl Input for CreatePortfolio {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            name: f.text("name", 1, 120),
            base_currency: f.currency("base_currency").map(|c| c.to_string()).unwrap_or_default(),
            description: f.opt_text("description", 0, 2000),
            cost_basis_method: f.opt_choice("cost_basis_method", COST_BASIS_METHODS),
        }
    }
}

/// Makes a portfolio with an empty ledger.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    type Query = ();
    type Body = CreatePortfolio;
    type Answer = Portfolio;
    const SUMMARY: &'static str = "Makes a portfolio with an empty ledger.";

    async fn handle(cx: Context, (): (), body: CreatePortfolio) -> Outcome {
        let name = body.name.trim().to_owned();
        if name.is_empty() {
            let error = FieldError::at("/name", "invalid_input", "name must not be blank");
            return Err(Problem::new("invalid_input", "name must not be blank").with_error(error));
        }
        let mut args = Map::new();
        args.insert("name".into(), name.clone().into());
        args.insert("base_currency".into(), body.base_currency.into());
        args.insert("cost_basis_method".into(), body.cost_basis_method.unwrap_or_else(|| "fifo".into()).into());
        if let Some(description) = body.description {
            args.insert("description".into(), description.into());
        }
        let key = cx.idempotency_key().map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
        args.insert("idempotency_key".into(), key.into());
        let made = run_command(&cx, "portfolio.create", args).await;
        let answer = made.map_err(|problem| name_is_taken(problem, &name))?;
        let data: Value = answer.body.parse(Member::Data).map_err(Problem::internal)?;
        let id = data["portfolio"]["portfolio_id"].as_str().and_then(|text| Uuid::try_parse(text).ok());
        let id = id.ok_or_else(|| Problem::internal("portfolio.create gave no portfolio"))?;
        let head = guard::portfolio(&cx, id).await?;
        let location = format!("/api/portfolios/{id}");
        Ok(Reply::created(&location, &Portfolio::of(&head, cx.user()?))?.version(head.version))
    }
}

/// The same refusal with a pointer to the name.
pub(super) fn name_is_taken(problem: Problem, name: &str) -> Problem {
    if problem.code.code != "already_exists" {
        return problem;
    }
    let detail = format!("an active portfolio named {name:?} exists already");
    Problem::new("already_exists", detail.clone()).with_error(FieldError::at("/name", "already_exists", detail))
}
