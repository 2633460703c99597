//! `PUT /api/settings`

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use store::queries::{audit, settings};
use utoipa::ToSchema;

use super::show::UserSettings;
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// Periods that a page can begin with.
const PERIODS: &[&str] = &["1d", "1w", "mtd", "qtd", "ytd", "1m", "3m", "6m", "1y", "3y", "5y", "10y", "inception"];

/// A user's settings. All fields are optional; PUT replaces the whole.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ReplaceSettings {
    /// Locale by which numbers and dates are written, such as `de-CH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_format: Option<String>,
    /// `system`, `dark`, `light` or `contrast`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// `comfortable` or `compact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density: Option<String>,
    /// Colours of signs: `green_red`, `red_green` or `blue_orange`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs: Option<String>,
    /// Whether amounts are hidden on screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<bool>,
    /// Currency of totals over several portfolios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_currency: Option<String>,
    /// Series of the risk-free rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk_free: Option<String>,
    /// Period that pages begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_period: Option<String>,
    /// Columns by table, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<BTreeMap<String, Vec<String>>>,
    /// Own tax rates by name, as fractions in decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rates: Option<BTreeMap<String, String>>,
    /// Which notifications are wanted, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<BTreeMap<String, bool>>,
}

impl Input for ReplaceSettings {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            number_format: f.opt_text("number_format", 2, 35),
            theme: f.opt_choice("theme", &["system", "dark", "light", "contrast"]),
            density: f.opt_choice("density", &["comfortable", "compact"]),
            signs: f.opt_choice("signs", &["green_red", "red_green", "blue_orange"]),
            privacy: f.opt_boolean("privacy"),
            base_currency: f.opt_currency("base_currency").map(|c| c.to_string()),
            risk_free: f.opt_text("risk_free", 1, 64),
            default_period: f.opt_choice("default_period", PERIODS),
            columns: map_of(f, "columns", |value| {
                let words = value.as_array()?.iter().map(|w| Some(w.as_str()?.to_owned()));
                words.collect::<Option<Vec<String>>>()
            }),
            tax_rates: map_of(f, "tax_rates", |value| {
                let text = value.as_str()?;
                let rate = crate::http::fields::parse_decimal(text)?;
                (rust_decimal::Decimal::ZERO <= rate && rate <= rust_decimal::Decimal::ONE).then(|| text.to_owned())
            }),
            notifications: map_of(f, "notifications", Value::as_bool),
        }
    }
}

/// An object whose values all have one form.
fn map_of<T>(
    f: &mut Fields<'_>,
    name: &'static str,
    value_of: impl Fn(&Value) -> Option<T>,
) -> Option<BTreeMap<String, T>> {
    let object: Map<String, Value> = f.opt_free_object(name)?;
    let mut map = BTreeMap::new();
    for (key, value) in object {
        match value_of(&value) {
            Some(value) if key.len() <= 64 => {
                map.insert(key, value);
            }
            _ => f.refuse(name, format!("{name}.{key} has a wrong value")),
        }
    }
    Some(map)
}

/// Replaces the settings.
#[derive(Debug)]
pub struct Replace;

impl Endpoint for Replace {
    type Query = ();
    type Body = ReplaceSettings;
    type Answer = UserSettings;
    const SUMMARY: &'static str = "Replaces your settings.";

    async fn handle(cx: Context, (): (), body: ReplaceSettings) -> Outcome {
        let user = cx.user()?;
        let version = cx.if_match()?;
        let value = serde_json::to_value(&body).map_err(Problem::internal)?;
        let (saved, version) = guard::as_user(&cx, async |tx| {
            let before = settings::of_user(tx, user).await?;
            let new = settings::UserSettings { version, settings: value, ..before };
            let version = settings::put_user(tx, user, &new).await?;
            audit::insert(tx, &cx.audit(user, "settings.change", "user", user)).await?;
            Ok((new, version))
        })
        .await?;
        Ok(Reply::data(&UserSettings::of(&saved.settings))?.version(version))
    }
}
