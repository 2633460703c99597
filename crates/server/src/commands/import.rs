//! `dawsos import FILE`: every problem with its line before anything is written; all or nothing; nothing twice.

use std::io::Read;

use serde_json::Map;
use sha2::{Digest, Sha256};
use store::queries::accounts;

use super::{acting_user, portfolio_of, print_json};
use crate::app::App;
use crate::cli::{Common, Import};
use crate::market_data::ticket;
use crate::problem::Stopped;

pub(super) async fn run(common: &Common, import: Import) -> Result<u8, Stopped> {
    let mut bytes = Vec::new();
    if import.file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(&import.file).map_err(|error| {
            Stopped::input("invalid_input", format!("{} cannot be read: {error}", import.file.display()))
        })?;
    }
    let digest = hex::encode(Sha256::digest(&bytes));
    let content = String::from_utf8(bytes).map_err(|error| {
        Stopped::input("import_rejected", format!("the file is not UTF-8: byte {}", error.utf8_error().valid_up_to()))
    })?;
    let app = App::open(common).await?;
    let profile = acting_user(&app, common).await?;
    let head = portfolio_of(&app, profile.id, import.portfolio.as_deref()).await?;
    let mut args = Map::new();
    args.insert("portfolio_id".into(), head.id.to_string().into());
    args.insert("content".into(), content.into());
    if let Some(name) = &import.account {
        let owner = head.user_id;
        let all = app.store.as_user(ticket(), profile.id, async |tx| accounts::list(tx, owner, head.id).await).await?;
        let account = all
            .iter()
            .find(|account| {
                account.fields.name.to_lowercase() == name.to_lowercase() || account.id.to_string() == *name
            })
            .ok_or_else(|| Stopped::input("account_not_found", format!("there is no account `{name}`")))?;
        args.insert("account_id".into(), account.id.to_string().into());
    }
    let value = if import.dry_run {
        app.call("ledger.import_preview", profile.id, args).await?
    } else {
        // The same file on the same state of the books is the same request.
        let key = format!("cli-{}-{}", &digest[..24], &hex::encode(head.commit)[..24]);
        args.insert("idempotency_key".into(), key.into());
        app.call("ledger.import", profile.id, args).await?
    };
    app.flush().await;
    if common.json {
        print_json(&value);
    } else {
        let count = |name: &str| value["counts"][name].as_u64().unwrap_or(0);
        println!(
            "{} rows: {} new, {} known already, {} with warnings, {} with errors, {} ignored",
            value["rows_read"].as_u64().unwrap_or_else(|| ["ok", "warning", "error", "duplicate", "ignored"]
                .iter()
                .map(|name| count(name))
                .sum()),
            count("ok"),
            count("duplicate"),
            count("warning"),
            count("error"),
            count("ignored"),
        );
        for problem in value["problems"].as_array().into_iter().flatten() {
            println!(
                "  line {}, {}: {} [{}]",
                problem["line"].as_u64().unwrap_or(0),
                problem["column"].as_str().unwrap_or("row"),
                problem["message"].as_str().or(problem["detail"].as_str()).unwrap_or_default(),
                problem["code"].as_str().unwrap_or_default()
            );
        }
        if import.dry_run {
            println!("nothing was written (--dry-run)");
        } else if let Some(commit) = value["commit"].as_str() {
            println!("ledger commit {commit}");
        }
    }
    Ok(if count_errors(&value) > 0 { 2 } else { 0 })
}

fn count_errors(value: &serde_json::Value) -> u64 {
    value["counts"]["error"].as_u64().unwrap_or(0)
}
