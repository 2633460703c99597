//! `ledger.history`: the entries as they were written, with the chain of commits.

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use chrono::SecondsFormat;
use ledger::{Entry, Payload};
use money::decimal_text;
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, portfolio, schema, sometimes};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let entry = Type::record([
        field("sequence", Type::Integer, "number from 1 without gaps"),
        field("commit", Type::Text, "hash of this entry and everything before it, 64 hex digits"),
        field("at", Type::Timestamp, "when it was recorded"),
        field("actor", Type::Text, "id of who recorded it"),
        field("kind", Type::one_of(["record", "void", "amend"]), "what it does"),
        sometimes("target_sequence", Type::Integer, "entry that it takes back or corrects"),
        field("source", Type::Text, "manual, import, provider or api"),
        field("summary", Type::Text, "what it says"),
    ]);
    let mut declaration = Declaration::read(
        "ledger.history",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Entries of the ledger, newest first, with the chain of commits.",
        schema([
            portfolio(),
            Field::with_default("limit", Type::Integer, 100, "most rows").between(1.0, 1000.0),
            Field::optional("cursor", Type::Text, "next_cursor of the page before"),
        ]),
        schema([
            field("entries", Type::list(entry), "newest first"),
            sometimes("next_cursor", Type::Text, "where the next page begins"),
        ]),
    );
    declaration.reads.packs = false;
    declaration
}

/// Reads the books and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args)?.into())
}

/// One page of a scene's entries.
pub fn compute(scene: &Scene, args: &Args) -> Result<Computed, Failure> {
    let count = scene.folio.records.len();
    let refuse = |_| Failure::new("invalid_cursor", "the cursor is not one of this list").at("/cursor");
    let before = match args.text("cursor") {
        Some(text) => text.parse::<usize>().map_err(refuse)?.min(count + 1),
        None => count + 1,
    };
    let end = before.saturating_sub(1);
    let begin = end.saturating_sub(args.count("limit").max(1));
    let entries = scene.folio.book.entries();
    let rows = (begin..end).rev().filter_map(|at| Some((entries.get(at)?, scene.folio.records.get(at)?))).map(
        |(entry, record)| {
            let mut row = json!({
                "sequence": entry.seq,
                "commit": hex::encode(record.commit),
                "at": entry.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
                "actor": record.recorded_by.to_string(),
                "kind": entry.action.name(),
                "source": record.source.name(),
                "summary": summary(scene, entry),
            });
            if let Some(target) = entry.target_seq {
                row["target_sequence"] = target.into();
            }
            row
        },
    );
    let mut value = json!({ "entries": rows.collect::<Vec<Value>>() });
    if 0 < begin {
        value["next_cursor"] = (begin + 1).to_string().into();
    }
    Ok(value.into())
}

fn summary(scene: &Scene, entry: &Entry) -> String {
    let symbol = entry.security_id.map(|id| scene.folio.symbol(id));
    match &entry.payload {
        Payload::Setting(setting) => format!("{} = {}", setting.key, setting.value),
        Payload::ManualPrice(price) => {
            format!(
                "price of {} on {}: {} {}",
                symbol.unwrap_or_default(),
                price.date,
                decimal_text(price.price),
                price.currency
            )
        }
        Payload::Void { reason } => match reason {
            Some(reason) => format!("{} of {} taken back: {reason}", entry.kind, entry.effective_on),
            None => format!("{} of {} taken back", entry.kind, entry.effective_on),
        },
        Payload::Transaction(transaction) => {
            let units = transaction.quantity.map(|units| format!(" {}", units.normalize())).unwrap_or_default();
            let what = symbol.map(|symbol| format!(" {symbol}")).unwrap_or_default();
            let net = format!("{} {}", decimal_text(transaction.net_amount), transaction.currency);
            format!("{}{units}{what} on {}, cash {net}", entry.kind, entry.effective_on)
        }
    }
}
