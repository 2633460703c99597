//! `dawsos import FILE`: every problem with its line before anything is written; all or nothing; nothing twice.
//!
//! A full export of DawsOS restores the portfolio that it holds; every other file adds transactions to a portfolio.

use std::io::{IsTerminal, Read};
use std::path::Path;

use formats::{Directory, Format, Options};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::queries::accounts::{self, Account};
use store::queries::portfolios::PortfolioHead;
use uuid::Uuid;

use super::{acting_user, portfolio_of, print_json};
use crate::app::App;
use crate::cli::{Common, Import};
use crate::market_data::ticket;
use crate::print;
use crate::problem::Stopped;

/// Files from this size on show how far reading is.
const PROGRESS_BYTES: usize = 200_000;

pub(super) async fn run(common: &Common, import: Import) -> Result<u8, Stopped> {
    if import.formats {
        list_formats(common);
        return Ok(0);
    }
    if let Some(id) = &import.undo {
        return undo(common, &import, id).await;
    }
    let Some(file) = import.file.as_deref() else {
        return Err(Stopped::input("invalid_input", "name the file to import"));
    };
    let bytes = bytes_of(file)?;
    let format = format_of(common, &import, &bytes)?;
    let app = App::open(common).await?;
    let user = acting_user(&app, common).await?.id;
    let code = match format {
        Some(Format::DawsosJson) => restore(&app, common, &import, user, &bytes).await?,
        _ => transactions(&app, common, &import, user, &bytes).await?,
    };
    app.flush().await;
    Ok(code)
}

fn list_formats(common: &Common) {
    if common.json {
        print_json(&Format::ALL.iter().map(|format| format.id()).collect::<Vec<_>>().into());
        return;
    }
    let rows = Format::ALL.iter().map(|format| vec![format.id().to_owned(), format.name().to_owned()]).collect();
    println!("{}", print::table(&["format", "files"], rows));
}

fn bytes_of(file: &Path) -> Result<Vec<u8>, Stopped> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(file)
            .map_err(|error| Stopped::input("invalid_input", format!("{} cannot be read: {error}", file.display())))?;
    }
    Ok(bytes)
}

/// The format that was named, or the one that the file has; long files are read once with a bar that shows how far.
fn format_of(common: &Common, import: &Import, bytes: &[u8]) -> Result<Option<Format>, Stopped> {
    if let Some(name) = &import.format {
        let parsed = name.parse::<Format>();
        return parsed.map(Some).map_err(|error| Stopped::input("invalid_input", error.to_string()));
    }
    let is_watched = PROGRESS_BYTES < bytes.len() && !common.json && std::io::stderr().is_terminal();
    if !is_watched {
        return Ok(formats::detect(bytes).0.format);
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("reading {bar:30} {pos} of {len} lines");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let shows = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let options = Options { progress: Some(&shows), ..Options::default() };
    let format = formats::read(bytes, &options, &Directory::default()).detected.format;
    bar.finish_and_clear();
    Ok(format)
}

/// A sign of life while the books are checked and written.
fn busy(common: &Common, bytes: usize, what: &str) -> ProgressBar {
    if common.json || bytes < PROGRESS_BYTES || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

async fn restore(app: &App, common: &Common, import: &Import, user: Uuid, bytes: &[u8]) -> Result<u8, Stopped> {
    let content = String::from_utf8_lossy(bytes).into_owned();
    if import.dry_run {
        let export = formats::json::parse(bytes).map_err(|problems| {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Stopped::input("import_rejected", texts.join("; "))
        })?;
        println!(
            "portfolio \"{}\" with {} accounts, {} securities, {} entries, ledger commit {}",
            export.portfolio.name,
            export.accounts.len(),
            export.securities.len(),
            export.entries.len(),
            export.portfolio.ledger_commit
        );
        println!("nothing was written (--dry-run)");
        return Ok(0);
    }
    let mut args = Map::new();
    args.insert("idempotency_key".into(), format!("cli-{}-{}", digest_of(bytes), Uuid::now_v7()).into());
    args.insert("content".into(), content.into());
    let bar = busy(common, bytes.len(), "restoring the portfolio");
    let outcome = app.call("ledger.restore", user, args).await;
    bar.finish_and_clear();
    let value = outcome?;
    if common.json {
        print_json(&value);
    } else {
        println!(
            "portfolio \"{}\": {} entries read, {} new, {} securities created",
            value["portfolio"]["name"].as_str().unwrap_or_default(),
            value["entries_read"],
            value["entries_written"],
            value["securities_created"]
        );
        println!("ledger commit {}", value["commit"].as_str().unwrap_or_default());
    }
    Ok(0)
}

fn digest_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))[..24].to_owned()
}

async fn transactions(app: &App, common: &Common, import: &Import, user: Uuid, bytes: &[u8]) -> Result<u8, Stopped> {
    let head = portfolio_of(app, user, import.portfolio.as_deref()).await?;
    let args = arguments(app, import, user, &head, bytes).await?;
    let bar = busy(common, bytes.len(), "checking the transactions against the books");
    let outcome = if import.dry_run {
        app.call("ledger.import_preview", user, args).await
    } else {
        let mut args = args;
        // The same request on the same state of the books is the same request.
        let request = hex::encode(Sha256::digest(Value::Object(args.clone()).to_string()));
        let key = format!("cli-{}-{}", &request[..24], &hex::encode(head.commit)[..24]);
        args.insert("idempotency_key".into(), key.into());
        app.call("ledger.import", user, args).await
    };
    bar.finish_and_clear();
    let value = outcome?;
    if common.json {
        print_json(&value);
    } else {
        say(&value, import.dry_run);
    }
    Ok(if count(&value, "error") > 0 || has_file_problem(&value) { 2 } else { 0 })
}

async fn arguments(
    app: &App,
    import: &Import,
    user: Uuid,
    head: &PortfolioHead,
    bytes: &[u8],
) -> Result<Map<String, Value>, Stopped> {
    let mut args = Map::new();
    args.insert("portfolio_id".into(), head.id.to_string().into());
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => args.insert("content".into(), text.into()),
        _ => args.insert("content_hex".into(), hex::encode(bytes).into()),
    };
    let file = import.file.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    if let Some(name) = file.filter(|name| name != "-") {
        args.insert("filename".into(), name.into());
    }
    if let Some(format) = &import.format {
        args.insert("format".into(), format.clone().into());
    }
    if let Some(path) = &import.mapping {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Stopped::input("invalid_input", format!("{} cannot be read: {error}", path.display())))?;
        let mapping: Value = serde_json::from_str(&text)
            .map_err(|error| Stopped::input("invalid_input", format!("{}: {error}", path.display())))?;
        args.insert("mapping".into(), mapping);
    }
    let owner = head.user_id;
    let id = head.id;
    let all = app.store.as_user(ticket(), user, async |tx| accounts::list(tx, owner, id).await).await?;
    if let Some(name) = &import.account {
        args.insert("account_id".into(), account_named(&all, name)?.to_string().into());
    }
    let mut choices = Map::new();
    for choice in &import.accounts {
        let (name, account) = pair(choice, "--account-of NAME=ACCOUNT")?;
        choices.insert(name.to_owned(), account_named(&all, account)?.to_string().into());
    }
    if !choices.is_empty() {
        args.insert("account_choices".into(), choices.into());
    }
    let mut choices = Map::new();
    for choice in &import.securities {
        let (key, answer) = pair(choice, "--security KEY=CHOICE")?;
        choices.insert(key.to_owned(), answer.into());
    }
    if !choices.is_empty() {
        args.insert("security_choices".into(), choices.into());
    }
    if !import.skip_lines.is_empty() {
        args.insert("skip".into(), import.skip_lines.clone().into());
    }
    args.insert("create_securities".into(), import.create_securities.into());
    args.insert("skip_not_supported".into(), import.skip_not_supported.into());
    Ok(args)
}

fn pair<'a>(text: &'a str, form: &str) -> Result<(&'a str, &'a str), Stopped> {
    text.rsplit_once('=').ok_or_else(|| Stopped::input("invalid_input", format!("{text}: write {form}")))
}

fn account_named(all: &[Account], name: &str) -> Result<Uuid, Stopped> {
    let is_it = |account: &&Account| {
        account.fields.name.to_lowercase() == name.to_lowercase() || account.id.to_string() == name
    };
    let found = all.iter().find(is_it).map(|account| account.id);
    found.ok_or_else(|| Stopped::input("account_not_found", format!("there is no account `{name}`")))
}

fn count(value: &Value, name: &str) -> u64 {
    value["counts"][name].as_u64().unwrap_or(0)
}

/// A problem of the file as a whole has no row that counts.
fn has_file_problem(value: &Value) -> bool {
    value["rows_read"] == 0 && value["problems"].as_array().is_some_and(|problems| !problems.is_empty())
}

fn say(value: &Value, dry_run: bool) {
    if let Some(format) = value["detected"]["format"].as_str() {
        println!("format {format}");
    }
    println!(
        "{} rows: {} new, {} known already, {} with warnings, {} with errors, {} ignored",
        value["rows_read"].as_u64().unwrap_or(0),
        count(value, "ok"),
        count(value, "duplicate"),
        count(value, "warning"),
        count(value, "error"),
        count(value, "ignored"),
    );
    for problem in value["problems"].as_array().into_iter().flatten() {
        println!(
            "  line {}, {}: {} [{}]",
            problem["line"].as_u64().unwrap_or(0),
            problem["column"].as_str().unwrap_or("row"),
            problem["message"].as_str().unwrap_or_default(),
            problem["code"].as_str().unwrap_or_default()
        );
        if let Some(advice) = problem["try"].as_str() {
            println!("    {advice}");
        }
    }
    for question in value["questions"].as_array().into_iter().flatten() {
        println!(
            "  which security is {}? {} ({} rows)",
            question["label"].as_str().unwrap_or_default(),
            question["why"].as_str().unwrap_or_default(),
            question["rows"]
        );
        let key = question["key"].as_str().unwrap_or_default();
        for candidate in question["candidates"].as_array().into_iter().flatten() {
            println!(
                "    --security '{key}={}'  {}",
                candidate["security_id"].as_str().unwrap_or_default(),
                candidate["label"].as_str().unwrap_or_default()
            );
        }
        println!("    --security '{key}=create'  or  '{key}=ignore'");
    }
    let created: Vec<&str> =
        value["created_securities"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !created.is_empty() {
        println!("  securities created: {}", created.join(", "));
    }
    if dry_run {
        println!("nothing was written (--dry-run)");
    } else if let Some(commit) = value["commit"].as_str() {
        println!("import {}", value["import_id"].as_str().unwrap_or_default());
        println!("ledger commit {commit}");
    }
}

/// Takes an import back.
async fn undo(common: &Common, import: &Import, id: &str) -> Result<u8, Stopped> {
    let id =
        Uuid::try_parse(id).map_err(|_| Stopped::input("invalid_id", format!("{id} is not the id of an import")))?;
    let app = App::open(common).await?;
    let user = acting_user(&app, common).await?.id;
    let found = app
        .store
        .as_user(ticket(), user, async |tx| store::queries::imports::by_id(tx, user, id).await)
        .await?
        .ok_or_else(|| Stopped::input("not_found", format!("there is no import {id}")))?;
    let mut args = Map::new();
    args.insert("portfolio_id".into(), found.portfolio_id.to_string().into());
    args.insert("import_id".into(), id.to_string().into());
    args.insert("reason".into(), import.reason.clone().into());
    args.insert("idempotency_key".into(), format!("cli-undo-{id}").into());
    let value = app.call("ledger.revert_import", user, args).await?;
    app.flush().await;
    if common.json {
        print_json(&value);
    } else {
        println!("{} transactions taken back", value["voided"]);
        println!("ledger commit {}", value["commit"].as_str().unwrap_or_default());
    }
    Ok(0)
}
