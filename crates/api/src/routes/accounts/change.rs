//! `PATCH /api/accounts/{id}`

use chrono::NaiveDate;
use store::queries::{accounts, audit};
use utoipa::ToSchema;

use super::create::{better, booking_settings};
use super::record::{Account, KINDS, TAX_TREATMENTS};
use crate::http::context::{Context, stale_version};
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;
use crate::problem::{FieldError, Problem};
use crate::routes::portfolios::change::write_settings;
use crate::routes::portfolios::record::COST_BASIS_METHODS;

/// Changes of an account; absent fields stay, `null` clears an optional one.
#[derive(Debug, ToSchema)]
pub struct ChangeAccount {
    /// New name.
    pub name: Option<String>,
    /// New kind.
    pub kind: Option<String>,
    /// New institution.
    #[schema(value_type = Option<String>)]
    pub institution: Option<Option<String>>,
    /// New tax treatment.
    pub tax_treatment: Option<String>,
    /// New method of choosing lots.
    #[schema(value_type = Option<String>)]
    pub cost_basis_method: Option<Option<String>>,
    /// Whether more may be sold than is held.
    pub allow_short: Option<bool>,
    /// First day.
    #[schema(value_type = Option<NaiveDate>)]
    pub opened_on: Option<Option<NaiveDate>>,
    /// Last day: the account takes no entries after it.
    #[schema(value_type = Option<NaiveDate>)]
    pub closed_on: Option<Option<NaiveDate>>,
}

impl Input for ChangeAccount {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            name: f.opt_text("name", 1, 120),
            kind: f.opt_choice("kind", KINDS),
            institution: cleared(f, "institution", |f| f.opt_text("institution", 1, 200)),
            tax_treatment: f.opt_choice("tax_treatment", TAX_TREATMENTS),
            cost_basis_method: cleared(f, "cost_basis_method", |f| {
                f.opt_choice("cost_basis_method", COST_BASIS_METHODS)
            }),
            allow_short: f.opt_boolean("allow_short"),
            opened_on: cleared(f, "opened_on", |f| f.opt_date("opened_on")),
            closed_on: cleared(f, "closed_on", |f| f.opt_date("closed_on")),
        }
    }
}

/// `None`: stays; `Some(None)`: is cleared; `Some(Some(…))`: is replaced.
fn cleared<T>(f: &mut Fields<'_>, name: &str, read: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Option<Option<T>> {
    let is_null = f.is_null(name);
    let value = read(f);
    if is_null { Some(None) } else { value.map(Some) }
}

/// Changes one account.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    type Query = ();
    type Body = ChangeAccount;
    type Answer = Account;
    const SUMMARY: &'static str = "Changes an account of yours.";

    async fn handle(cx: Context, (): (), body: ChangeAccount) -> Outcome {
        let user = cx.user()?;
        let id = cx.path_id("id")?;
        let version = cx.if_match()?;
        let before = guard::as_user(&cx, async |tx| accounts::by_id(tx, user, id).await).await?;
        let before = before.ok_or_else(|| not_found("account"))?;
        let mut fields = before.fields.clone();
        fields.name = body.name.map(|n| n.trim().to_owned()).unwrap_or(fields.name);
        fields.kind = body.kind.unwrap_or(fields.kind);
        fields.institution = body.institution.unwrap_or(fields.institution);
        fields.tax_treatment = body.tax_treatment.unwrap_or(fields.tax_treatment);
        fields.cost_basis_method = body.cost_basis_method.unwrap_or(fields.cost_basis_method);
        fields.allow_short = body.allow_short.unwrap_or(fields.allow_short);
        fields.opened_on = body.opened_on.unwrap_or(fields.opened_on);
        fields.closed_on = body.closed_on.unwrap_or(fields.closed_on);
        if let (Some(opened), Some(closed)) = (fields.opened_on, fields.closed_on)
            && closed < opened
        {
            let detail = format!("closed_on {closed} is before opened_on {opened}");
            let error = FieldError::at("/closed_on", "invalid_input", detail.clone());
            return Err(Problem::new("invalid_input", detail).with_error(error));
        }
        let settings = booking_settings(id, &before.fields, &fields);
        if !settings.is_empty() {
            if before.version != version {
                return Err(stale_version("account", before.version));
            }
            write_settings(&cx, before.portfolio_id, None, settings).await?;
        }
        let changed = guard::as_user(&cx, async |tx| {
            let account = accounts::update(tx, user, id, version, &fields).await?;
            audit::insert(tx, &cx.audit(user, "account.change", "account", id)).await?;
            Ok(account)
        })
        .await;
        let account = changed.map_err(|problem| better(problem, &fields.name))?;
        Ok(Reply::data(&Account::of(&account))?.version(account.version))
    }
}
