//! `dawsos run PATTERN`: a pattern from the shell, through the same orchestrator as the API.

use std::sync::Arc;

use api::auth::permission::Role;
use orchestrator::{Answer, Include, Member, Request, Trigger};
use serde_json::{Map, Value};

use super::{acting_user, portfolio_of};
use crate::app::App;
use crate::cli::{Common, Run, RunFormat};
use crate::print;
use crate::problem::Stopped;

pub(super) async fn run(common: &Common, run: Run) -> Result<u8, Stopped> {
    let app = App::open(common).await?;
    let profile = acting_user(&app, common).await?;
    let role: Role = profile.role.parse().map_err(Stopped::internal)?;
    let rights: Arc<[String]> = role.permission_names().into();
    let mut request = Request::new(run.pattern.clone(), profile.id, rights);
    request.inputs = inputs(&run.inputs)?;
    request.from_text = true;
    request.trigger = Trigger::Cli;
    request.no_cache = run.no_cache;
    request.pricing_pack_id.clone_from(&run.pack);
    if let Some(text) = &run.as_of {
        request.as_of =
            Some(dates::parse_date(text).map_err(|error| Stopped::input("invalid_input", error.to_string()))?);
    }
    let wants_portfolio = app
        .patterns
        .plan(&run.pattern)
        .is_ok_and(|plan| plan.inputs.iter().any(|input| input.name == "portfolio_id" && input.required));
    if wants_portfolio {
        let given = request.inputs.get("portfolio_id").and_then(Value::as_str).map(str::to_owned);
        let is_id = given.as_deref().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok());
        if !is_id {
            let head = portfolio_of(&app, profile.id, given.as_deref()).await?;
            request.inputs.insert("portfolio_id".into(), head.id.to_string().into());
        }
    }
    let answer = app.orchestrator.execute(request).await?;
    match run.format {
        RunFormat::Json => {
            let include = Include { panels: true, charts: true, trace: run.trace };
            let bytes = if run.trace { answer.to_json(include, None) } else { answer.to_reproducible_json(include) };
            println!("{}", String::from_utf8_lossy(&bytes));
        }
        RunFormat::Table => print!("{}", text(&answer, run.trace)?),
        RunFormat::Csv => print!("{}", csv_of(&answer)?),
    }
    app.flush().await;
    Ok(if answer.status == orchestrator::Status::Failed { 1 } else { 0 })
}

/// `name=value`: JSON where it parses as such, else text.
fn inputs(given: &[String]) -> Result<Map<String, Value>, Stopped> {
    let mut inputs = Map::new();
    for pair in given {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| Stopped::input("invalid_input", format!("`{pair}` is not of the form NAME=VALUE")))?;
        inputs.insert(name.to_owned(), Value::String(text.to_owned()));
    }
    Ok(inputs)
}

fn panels(answer: &Answer) -> Result<Vec<Value>, Stopped> {
    answer.body.parse(Member::Panels).map_err(Stopped::internal)
}

/// Panels for people: figures as lines, tables as tables, charts by their words.
fn text(answer: &Answer, with_trace: bool) -> Result<String, Stopped> {
    let context = &answer.context;
    let mut out = format!("{} as of {}", answer.pattern, context.as_of);
    if let Some(pack) = &context.pack {
        out.push_str(&format!("   pack {}", pack.display_id));
        if pack.revision > 0 {
            out.push_str(&format!(" (restated: {})", pack.restated_reason.as_deref().unwrap_or("reason not kept")));
        }
    }
    if let Some(ledger) = &context.ledger {
        out.push_str(&format!("   ledger {}", ledger.commit.get(..8).unwrap_or_default()));
    }
    out.push_str(&format!("   {}\n", context.base_currency));
    if let Some(pack) = context.pack.as_ref().filter(|pack| pack.superseded_by.is_some()) {
        out.push_str(&format!(
            "restated since: {} takes its place ({})\n",
            pack.superseded_by.as_deref().unwrap_or_default(),
            pack.restated_reason.as_deref().unwrap_or("reason not kept")
        ));
    }
    for panel in panels(answer)? {
        out.push_str(&format!("\n{}\n", panel["title"].as_str().unwrap_or_default()));
        match panel["kind"].as_str() {
            Some("metrics") => {
                for metric in panel["metrics"].as_array().into_iter().flatten() {
                    let shown = print::value(&metric["value"], metric["format"].as_str().unwrap_or("auto"));
                    out.push_str(&format!("  {:<32} {shown}\n", metric["label"].as_str().unwrap_or_default()));
                }
            }
            Some("table") => out.push_str(&format!("{}\n", table(&panel))),
            Some("chart") => out.push_str(&format!("  {}\n", panel["chart"]["text"].as_str().unwrap_or("no data"))),
            _ => {}
        }
    }
    if with_trace {
        let rows = answer
            .trace
            .steps
            .iter()
            .map(|step| {
                vec![
                    step.name.clone(),
                    step.capability.clone(),
                    format!("{:?}", step.state),
                    format!("{:.2}", step.lease_ms),
                    format!("{:.2}", step.compute_ms),
                    step.rows_read.to_string(),
                ]
            })
            .collect();
        out.push_str(&format!(
            "\n{}\n",
            print::table(&["step", "capability", "state", "lease ms", "compute ms", "rows"], rows)
        ));
    }
    Ok(out)
}

fn table(panel: &Value) -> String {
    let empty = Vec::new();
    let columns = panel["columns"].as_array().unwrap_or(&empty);
    let header: Vec<&str> = columns.iter().filter_map(|column| column["header"].as_str()).collect();
    let rows: Vec<Vec<String>> = panel["rows"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|column| {
                    print::value(
                        &row[column["field"].as_str().unwrap_or_default()],
                        column["format"].as_str().unwrap_or("auto"),
                    )
                })
                .collect()
        })
        .collect();
    if rows.is_empty() {
        return format!("  {}", panel["empty"].as_str().unwrap_or("no rows"));
    }
    print::table(&header, rows)
}

/// The first table panel with full precision; absences by their reason.
fn csv_of(answer: &Answer) -> Result<String, Stopped> {
    let panels = panels(answer)?;
    let Some(panel) = panels.iter().find(|panel| panel["kind"] == "table") else {
        return Err(Stopped::input("invalid_input", format!("{} has no table", answer.pattern)));
    };
    let empty = Vec::new();
    let columns = panel["columns"].as_array().unwrap_or(&empty);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let plain = |value: &Value| match value {
        Value::Object(members) if members.contains_key("amount") => {
            members["amount"].as_str().unwrap_or_default().to_owned()
        }
        value if capability::is_absent(value) => String::new(),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    writer.write_record(columns.iter().filter_map(|column| column["field"].as_str())).map_err(Stopped::internal)?;
    for row in panel["rows"].as_array().unwrap_or(&empty) {
        writer
            .write_record(columns.iter().map(|column| plain(&row[column["field"].as_str().unwrap_or_default()])))
            .map_err(Stopped::internal)?;
    }
    let bytes = writer.into_inner().map_err(Stopped::internal)?;
    String::from_utf8(bytes).map_err(Stopped::internal)
}
