//! `ledger.cash`: balances by account and currency, and what they are together.

use capability::{CapabilityResult, Declaration, Failure, Type};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema};
use crate::valued::{cash_by_account, rate_in_force};
use crate::values::{Maybe, amount, maybe as wire, times, total};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let balance = Type::record([
        field("account_id", Type::id("account"), "account"),
        field("account", Type::Text, "name of the account"),
        field("currency", Type::Text, "currency"),
        field("amount", Type::Money, "balance"),
        maybe("in_base", Type::Money, "in base currency"),
    ]);
    Declaration::read(
        "ledger.cash",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Cash by account and currency.",
        schema([portfolio()]),
        schema([
            field("balances", Type::list(balance), "by account and currency"),
            maybe("total", Type::Money, "all of it in base currency"),
        ]),
    )
}

/// Reads the books and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene).into())
}

/// The balances of a scene.
pub fn compute(scene: &Scene) -> Computed {
    let base = scene.base();
    let balances: Vec<_> = cash_by_account(scene)
        .into_iter()
        .map(|((account, currency), balance)| {
            let rate = rate_in_force(scene, currency);
            let value: Maybe<_> =
                if balance.is_zero() { Ok(balance) } else { rate.and_then(|rate| times(balance, rate)) };
            (account, currency, balance, value)
        })
        .collect();
    let sum = total(balances.iter().map(|(.., value)| value.clone()));
    let name =
        |id| scene.folio.accounts.iter().find(|account| account.id == id).map(|account| account.fields.name.as_str());
    let rows: Vec<Value> = balances
        .into_iter()
        .map(|(account, currency, balance, value)| {
            json!({
                "account_id": account,
                "account": name(account).unwrap_or_default(),
                "currency": currency.code(),
                "amount": amount(balance, currency),
                "in_base": wire(value, |value| amount(value, base)),
            })
        })
        .collect();
    json!({ "balances": rows, "total": wire(sum, |sum| amount(sum, base)) }).into()
}
