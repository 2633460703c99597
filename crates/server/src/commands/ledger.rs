//! `dawsos ledger verify|export|show`.

use serde_json::{Map, Value};
use store::queries::portfolios::PortfolioHead;
use uuid::Uuid;

use super::{acting_user, portfolio_of, print_json};
use crate::app::App;
use crate::cli::{Common, Ledger};
use crate::print;
use crate::problem::Stopped;

pub(super) async fn run(common: &Common, command: Ledger) -> Result<u8, Stopped> {
    let app = App::open(common).await?;
    let user = acting_user(&app, common).await?.id;
    let code = match command {
        Ledger::Verify(which) => {
            let head = portfolio_of(&app, user, which.portfolio.as_deref()).await?;
            verify(&app, common, user, &head).await?
        }
        Ledger::Export { which, format, output } => {
            let head = portfolio_of(&app, user, which.portfolio.as_deref()).await?;
            super::export::write(&app, user, &head, format, output).await?;
            0
        }
        Ledger::Show { which, limit } => {
            let head = portfolio_of(&app, user, which.portfolio.as_deref()).await?;
            show(&app, common, user, &head, limit).await?
        }
    };
    app.flush().await;
    Ok(code)
}

async fn verify(app: &App, common: &Common, user: Uuid, head: &PortfolioHead) -> Result<u8, Stopped> {
    let mut args = Map::new();
    args.insert("portfolio_id".into(), head.id.to_string().into());
    let value = app.call("ledger.verify", user, args).await?;
    let is_good = value["matches"] == true && value["commit_ok"] == true;
    if common.json {
        print_json(&value);
    } else {
        println!(
            "{}: {} entries, commit chain {}, replay {}",
            head.name,
            value["entries_checked"].as_u64().unwrap_or(0),
            if value["commit_ok"] == true { "intact" } else { "BROKEN" },
            if value["matches"] == true { "equals the stored rows" } else { "DIFFERS from the stored rows" },
        );
        for difference in value["differences"].as_array().into_iter().flatten() {
            println!("  {difference}");
        }
    }
    Ok(u8::from(!is_good))
}

async fn show(app: &App, common: &Common, user: Uuid, head: &PortfolioHead, limit: usize) -> Result<u8, Stopped> {
    let mut args = Map::new();
    args.insert("portfolio_id".into(), head.id.to_string().into());
    args.insert("limit".into(), limit.clamp(1, 1_000).into());
    let value = app.call("ledger.history", user, args).await?;
    if common.json {
        print_json(&value);
        return Ok(0);
    }
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = value["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            let sequence = if entry["sequence"].is_null() { &entry["seq"] } else { &entry["sequence"] };
            vec![
                word(sequence),
                word(&entry["at"]),
                word(&entry["kind"]),
                word(&entry["summary"]),
                word(&entry["commit"]).chars().take(12).collect(),
            ]
        })
        .collect();
    println!("{}", print::table(&["seq", "recorded", "action", "entry", "commit"], rows));
    Ok(0)
}
