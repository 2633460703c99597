//! `POST /api/portfolios`

use store::queries::portfolios::{self, NewPortfolio};
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::{COST_BASIS_METHODS, Portfolio};
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
        let user = cx.user()?;
        let base_currency = body.base_currency.parse().map_err(Problem::internal)?;
        let new = NewPortfolio {
            id: Uuid::now_v7(),
            name: body.name.trim().to_owned(),
            description: body.description.unwrap_or_default(),
            base_currency,
            cost_basis_method: body.cost_basis_method.unwrap_or_else(|| "fifo".into()),
            valuation_calendar: "all_days".into(),
            demo: false,
        };
        if new.name.is_empty() {
            let error = FieldError::at("/name", "invalid_input", "name must not be blank");
            return Err(Problem::new("invalid_input", "name must not be blank").with_error(error));
        }
        let made = guard::as_user(&cx, async |tx| portfolios::insert(tx, user, &new).await).await;
        let head = made.map_err(|problem| name_is_taken(problem, &new.name))?;
        let location = format!("/api/portfolios/{}", head.id);
        Ok(Reply::created(&location, &Portfolio::of(&head, user))?.version(head.version))
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
