//! `dawsos export`: the books as a file.

use std::path::PathBuf;

use serde_json::Map;
use store::queries::portfolios::PortfolioHead;
use uuid::Uuid;

use super::{acting_user, portfolio_of};
use crate::app::App;
use crate::cli::{Common, Export, ExportFormat};
use crate::problem::Stopped;

pub(super) async fn run(common: &Common, export: Export) -> Result<u8, Stopped> {
    let app = App::open(common).await?;
    let user = acting_user(&app, common).await?.id;
    let head = portfolio_of(&app, user, export.which.portfolio.as_deref()).await?;
    write(&app, user, &head, export.format, export.output).await?;
    app.flush().await;
    Ok(0)
}

/// Writes the books to a file or standard output.
pub(super) async fn write(
    app: &App,
    user: Uuid,
    head: &PortfolioHead,
    format: ExportFormat,
    output: Option<PathBuf>,
) -> Result<(), Stopped> {
    let name = match format {
        ExportFormat::Beancount => "beancount",
        ExportFormat::Csv => "csv",
        ExportFormat::Json => "json",
    };
    let mut args = Map::new();
    args.insert("portfolio_id".into(), head.id.to_string().into());
    args.insert("format".into(), name.into());
    let value = app.call("ledger.export", user, args).await?;
    let text = value["content"].as_str().unwrap_or_default();
    match output {
        Some(path) => std::fs::write(&path, text)?,
        None => print!("{text}"),
    }
    Ok(())
}
