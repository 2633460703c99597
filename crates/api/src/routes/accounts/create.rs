//! `POST /api/portfolios/{id}/accounts`

use chrono::NaiveDate;
use serde_json::{Value, json};
use store::queries::accounts::{self, AccountFields};
use store::queries::audit;
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::{Account, KINDS, TAX_TREATMENTS};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::{FieldError, Problem};
use crate::routes::portfolios::change::write_settings;
use crate::routes::portfolios::record::COST_BASIS_METHODS;

/// An account to make.
#[derive(Debug, ToSchema)]
pub struct CreateAccount {
    /// Name, 1 to 120 characters, unique in the portfolio.
    pub name: String,
    /// `brokerage`, `retirement`, `bank`, `crypto`, `property` or `other`.
    pub kind: String,
    /// Who keeps it.
    pub institution: Option<String>,
    /// ISO 4217 code of its main cash balance.
    pub currency: String,
    /// `taxable` (when absent), `deferred` or `exempt`.
    pub tax_treatment: Option<String>,
    /// Overrides the portfolio's method of choosing lots.
    pub cost_basis_method: Option<String>,
    /// Whether more may be sold than is held; false when absent.
    pub allow_short: Option<bool>,
    /// First day.
    pub opened_on: Option<NaiveDate>,
}

impl Input for CreateAccount {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            name: f.text("name", 1, 120),
            kind: f.choice("kind", KINDS),
            institution: f.opt_text("institution", 1, 200),
            currency: f.currency("currency").map(|c| c.to_string()).unwrap_or_default(),
            tax_treatment: f.opt_choice("tax_treatment", TAX_TREATMENTS),
            cost_basis_method: f.opt_choice("cost_basis_method", COST_BASIS_METHODS),
            allow_short: f.opt_boolean("allow_short"),
            opened_on: f.opt_date("opened_on"),
        }
    }
}

/// Adds an account to a portfolio.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    type Query = ();
    type Body = CreateAccount;
    type Answer = Account;
    const SUMMARY: &'static str = "Adds an account to a portfolio of yours.";

    async fn handle(cx: Context, (): (), body: CreateAccount) -> Outcome {
        let user = cx.user()?;
        let portfolio = cx.path_id("id")?;
        guard::may_write(&cx, portfolio).await?;
        let fields = AccountFields {
            name: body.name.trim().to_owned(),
            kind: body.kind,
            institution: body.institution,
            currency: body.currency.parse().map_err(Problem::internal)?,
            tax_treatment: body.tax_treatment.unwrap_or_else(|| "taxable".into()),
            cost_basis_method: body.cost_basis_method,
            allow_short: body.allow_short.unwrap_or(false),
            opened_on: body.opened_on,
            closed_on: None,
            external_ref: None,
        };
        let id = Uuid::now_v7();
        let made = guard::as_user(&cx, async |tx| {
            let account = accounts::insert(tx, user, portfolio, id, &fields).await?;
            audit::insert(tx, &cx.audit(user, "account.create", "account", id)).await?;
            Ok(account)
        })
        .await;
        let account = made.map_err(|problem| better(problem, &fields.name))?;
        let settings = booking_settings(
            id,
            &AccountFields { allow_short: false, cost_basis_method: None, ..fields.clone() },
            &fields,
        );
        if !settings.is_empty() {
            write_settings(&cx, portfolio, None, settings).await?;
        }
        Ok(Reply::created(&format!("/api/accounts/{id}"), &Account::of(&account))?.version(account.version))
    }
}

/// What changes in how the account's lots are booked, as settings of the ledger: books depend on them, so they are dated
/// and audited there.
pub(super) fn booking_settings(account: Uuid, before: &AccountFields, after: &AccountFields) -> Vec<Value> {
    let setting =
        |key: &str, value: Value| json!({"kind": "setting", "key": key, "value": value, "account_id": account});
    let mut settings = Vec::new();
    if after.cost_basis_method != before.cost_basis_method {
        settings.push(setting("cost_basis_method", after.cost_basis_method.as_deref().unwrap_or("inherit").into()));
    }
    if after.allow_short != before.allow_short {
        settings.push(setting("allow_short", after.allow_short.into()));
    }
    settings
}

/// The same refusal with the words of this route.
pub(super) fn better(problem: Problem, name: &str) -> Problem {
    match problem.code.code {
        "already_exists" => {
            let detail = format!("an account named {name:?} exists in this portfolio already");
            Problem::new("already_exists", detail.clone()).with_error(FieldError::at("/name", "already_exists", detail))
        }
        "not_found" => crate::problem::from_store::not_found("portfolio"),
        _ => problem,
    }
}
