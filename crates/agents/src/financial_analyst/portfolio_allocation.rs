//! `portfolio.allocation`: what the value is spread over, and how concentrated it is.

use std::collections::BTreeMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use formulas::portfolio::concentration;
use money::Decimal;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::books::asset_class;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio_or_rows, schema};
use crate::valued::{ValuedBook, weight};
use crate::values::{Absence, Maybe, amount, maybe as wire, statistic, total};

const UNCLASSIFIED: &str = "Unclassified";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let group = Type::record([
        field("key", Type::Text, "key of the group"),
        field("label", Type::Text, "name of the group"),
        maybe("market_value", Type::Money, "value in base currency"),
        maybe("weight", Type::Fraction, "share of the net asset value"),
        field("position_count", Type::Integer, "holdings in it"),
    ]);
    let spread = Type::record([
        maybe("hhi", Type::Ratio, "sum of squared weights"),
        maybe("effective_n", Type::Ratio, "number of equal holdings with the same sum"),
        maybe("top1", Type::Fraction, "largest weight"),
        maybe("top10", Type::Fraction, "ten largest weights"),
    ]);
    let mut declaration = Declaration::read(
        "portfolio.allocation",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Value by sector, asset class, currency, country, account or security, and how concentrated it is.",
        schema([
            portfolio_or_rows(),
            Field::with_default(
                "by",
                Type::one_of(["sector", "asset_class", "currency", "country", "account", "security"]),
                "sector",
                "one group per",
            ),
        ]),
        schema([
            field("groups", Type::list(group), "largest first"),
            maybe("unclassified", Type::Fraction, "share without a classification"),
            field("concentration", spread, "over the holdings and cash"),
        ]),
    );
    declaration.calculators = vec!["concentration".into()];
    declaration
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args).into())
}

/// A holding's share of a group.
struct Share {
    key: String,
    label: String,
    value: Maybe<Decimal>,
    is_position: bool,
}

/// The groups of a scene.
pub fn compute(scene: &Scene, args: &Args) -> Computed {
    let valued = scene.valued();
    let by = args.text("by").unwrap_or("sector");
    let mut groups: BTreeMap<String, (String, Vec<Maybe<Decimal>>, usize)> = BTreeMap::new();
    for share in shares(scene, &valued, by) {
        let group = groups.entry(share.key).or_insert_with(|| (share.label, Vec::new(), 0));
        group.1.push(share.value);
        group.2 += usize::from(share.is_position);
    }
    let nav = &valued.net_asset_value;
    let mut rows: Vec<(String, String, Maybe<Decimal>, usize)> =
        groups.into_iter().map(|(key, (label, values, count))| (key, label, total(values), count)).collect();
    rows.sort_by(|a, b| {
        b.2.clone().unwrap_or_default().cmp(&a.2.clone().unwrap_or_default()).then_with(|| a.0.cmp(&b.0))
    });
    let zero = Ok(Decimal::ZERO);
    let unclassified =
        rows.iter().find(|(key, ..)| key == UNCLASSIFIED).map_or(&zero, |(_, _, value, _)| value).clone();
    let weights: Maybe<Vec<f64>> = valued
        .holdings
        .iter()
        .map(|holding| weight(&holding.market_value, nav))
        .chain(valued.cash.iter().map(|balance| weight(&balance.base_value, nav)))
        .collect();
    let spread = weights.and_then(|weights| concentration(&weights).map_err(Absence::from));
    let part =
        |of: fn(&formulas::portfolio::Concentration) -> f64| statistic(spread.as_ref().map(of).map_err(Clone::clone));
    let groups: Vec<Value> = rows
        .into_iter()
        .map(|(key, label, value, count)| {
            json!({
                "key": key,
                "label": label,
                "weight": statistic(weight(&value, nav)),
                "market_value": wire(value, |value| amount(value, scene.base())),
                "position_count": count,
            })
        })
        .collect();
    let value = json!({
        "groups": groups,
        "unclassified": statistic(weight(&unclassified, nav)),
        "concentration": { "hhi": part(|c| c.hhi), "effective_n": part(|c| c.effective_n), "top1": part(|c| c.top1), "top10": part(|c| c.top10) },
    });
    Computed { value, warnings: Vec::new(), sources: scene.sources() }
}

fn shares(scene: &Scene, valued: &ValuedBook, by: &str) -> Vec<Share> {
    let mut shares = Vec::new();
    for holding in &valued.holdings {
        let id = holding.holding.security_id;
        let fields = scene.folio.securities.get(&id).map(|security| &security.fields);
        let classified = |text: Option<String>| text.unwrap_or_else(|| UNCLASSIFIED.to_owned());
        if by == "account" {
            for account in &holding.holding.account_ids {
                let lots = holding.holding.lots.iter().filter(|lot| lot.account_id == *account);
                let units: Decimal = lots.map(|lot| lot.quantity_open).sum();
                let value = holding
                    .market_value
                    .clone()
                    .and_then(|value| crate::values::over(crate::values::times(value, units)?, holding.quantity));
                shares.push(Share {
                    key: account.to_string(),
                    label: account_name(scene, *account),
                    value,
                    is_position: true,
                });
            }
            continue;
        }
        let (key, label) = match by {
            "asset_class" => same(asset_class(fields.map_or("", |f| f.kind.as_str()))),
            "currency" => same(
                &holding
                    .fx
                    .as_ref()
                    .map_or_else(|_| classified(fields.map(|f| f.currency.to_string())), |(c, _)| c.to_string()),
            ),
            "country" => same(&classified(fields.and_then(|f| f.country.clone()))),
            "security" => (id.to_string(), scene.folio.symbol(id)),
            _ => same(&classified(fields.and_then(|f| f.sector.clone()))),
        };
        shares.push(Share { key, label, value: holding.market_value.clone(), is_position: true });
    }
    if by == "account" {
        for ((account, currency), balance) in
            crate::valued::cash_by_account(scene).into_iter().filter(|(_, balance)| !balance.is_zero())
        {
            let value =
                crate::valued::rate_in_force(scene, currency).and_then(|rate| crate::values::times(balance, rate));
            shares.push(Share {
                key: account.to_string(),
                label: account_name(scene, account),
                value,
                is_position: false,
            });
        }
        return shares;
    }
    for balance in &valued.cash {
        let (key, label) = match by {
            "currency" => same(balance.currency.code()),
            "security" => (balance.currency.to_string(), format!("Cash {}", balance.currency)),
            "asset_class" => same("cash"),
            _ => ("cash".to_owned(), "Cash".to_owned()),
        };
        shares.push(Share { key, label, value: balance.base_value.clone(), is_position: false });
    }
    shares
}

fn same(text: &str) -> (String, String) {
    (text.to_owned(), text.to_owned())
}

fn account_name(scene: &Scene, id: uuid::Uuid) -> String {
    let account = scene.folio.accounts.iter().find(|account| account.id == id);
    account.map_or_else(|| id.to_string(), |account| account.fields.name.clone())
}
