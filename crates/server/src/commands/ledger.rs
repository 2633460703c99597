//! `dawsos ledger verify|export|show`.

use formats::json::{Export, ExportedPortfolio};
use formats::{AccountName, Directory, SecurityName, beancount, dawsos_csv_write, json};
use ledger::{Book, Entry};
use serde_json::{Map, Value, json as object};
use store::queries::portfolios::PortfolioHead;
use store::queries::{accounts, ledger as entries, securities};
use uuid::Uuid;

use super::{acting_user, portfolio_of, print_json};
use crate::app::App;
use crate::cli::{Common, ExportFormat, Ledger};
use crate::market_data::ticket;
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
            let text = export(&app, user, &head, format).await?;
            match output {
                Some(path) => std::fs::write(&path, text)?,
                None => print!("{text}"),
            }
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

struct Books {
    entries: Vec<Entry>,
    book: Book,
    accounts: Vec<accounts::Account>,
    securities: Vec<securities::Security>,
}

async fn books(app: &App, user: Uuid, head: &PortfolioHead) -> Result<Books, Stopped> {
    let (owner, id) = (head.user_id, head.id);
    let (stored, accounts, securities) = app
        .store
        .as_user(ticket(), user, async |tx| {
            let stored = entries::entries(tx, owner, id).await?;
            let accounts = accounts::list(tx, owner, id).await?;
            let mut ids: Vec<Uuid> = stored.iter().filter_map(|(entry, _)| entry.security_id).collect();
            ids.sort_unstable();
            ids.dedup();
            let securities = securities::by_ids(tx, &ids).await?;
            Ok((stored, accounts, securities))
        })
        .await?;
    let entries: Vec<Entry> = stored.into_iter().map(|(entry, _)| entry).collect();
    let book = Book::replay(head.id, &entries).map_err(Stopped::internal)?;
    Ok(Books { entries, book, accounts, securities })
}

impl Books {
    fn directory(&self) -> Directory {
        let accounts = self
            .accounts
            .iter()
            .map(|account| AccountName { id: account.id, name: account.fields.name.clone() })
            .collect();
        let securities = self
            .securities
            .iter()
            .map(|security| SecurityName {
                id: security.id,
                name: security.fields.name.clone(),
                symbol: security.symbol.clone(),
                mic: security.fields.primary_mic.clone(),
                isin: security.isin.clone(),
                figi: None,
                currency: Some(security.fields.currency),
            })
            .collect();
        Directory::new(accounts, securities)
    }
}

async fn export(app: &App, user: Uuid, head: &PortfolioHead, format: ExportFormat) -> Result<String, Stopped> {
    let books = books(app, user, head).await?;
    let names = books.directory();
    match format {
        ExportFormat::Beancount => Ok(beancount::write(&books.book, &names)),
        ExportFormat::Csv => dawsos_csv_write::write(&books.book, &names).map_err(Stopped::internal),
        ExportFormat::Json => {
            let row = |value: Value| value.as_object().cloned().unwrap_or_default();
            let accounts = books
                .accounts
                .iter()
                .map(|account| row(object!({ "id": account.id, "name": account.fields.name, "kind": account.fields.kind, "currency": account.fields.currency.code() })))
                .collect();
            let securities = books
                .securities
                .iter()
                .map(|security| {
                    row(object!({ "id": security.id, "name": security.fields.name, "kind": security.fields.kind,
                        "currency": security.fields.currency.code(), "symbol": security.symbol,
                        "mic": security.fields.primary_mic, "isin": security.isin }))
                })
                .collect();
            Ok(json::write(&Export {
                portfolio: ExportedPortfolio {
                    id: head.id,
                    name: head.name.clone(),
                    description: head.description.clone(),
                    ledger_commit: hex::encode(head.commit),
                },
                accounts,
                securities,
                entries: books.entries,
            }))
        }
    }
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
