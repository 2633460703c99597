//! `securities.search`: securities whose code or name begins with a text; never picks among several.

use std::collections::BTreeMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Reads, Type};
use serde_json::{Value, json};
use store::queries::securities::{self, Security};

use crate::agents::{Agents, Call};
use crate::books::{asset_class, symbol_of};
use crate::failure::StepError;
use crate::schema::{DATA_HARVESTER, field, maybe, schema};
use crate::values::text_or_absent;

/// What the capability promises.
pub fn declaration() -> Declaration {
    let candidate = Type::record([
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol"),
        maybe("isin", Type::Text, "ISIN"),
        maybe("figi", Type::Text, "FIGI"),
        field("name", Type::Text, "name"),
        field("kind", Type::Text, "kind as recorded"),
        field("asset_class", Type::Text, "asset class"),
        field("currency", Type::Text, "currency of its prices"),
        maybe("mic", Type::Text, "main market"),
    ]);
    let mut declaration = Declaration::read(
        "securities.search",
        "1.0.0",
        DATA_HARVESTER,
        "Securities whose code or name begins with a text.",
        schema([
            Field::required("text", Type::Text, "beginning of a symbol, ISIN, FIGI or name"),
            Field::with_default("limit", Type::Integer, 20, "most candidates").between(1.0, 100.0),
        ]),
        schema([
            field("candidates", Type::list(candidate), "exact codes first"),
            field("ambiguous", Type::list(Type::Text), "symbols that name several securities"),
        ]),
    );
    declaration.reads = Reads { rubrics: true, ..Reads::NONE };
    declaration.rights = vec!["portfolio_read".into()];
    declaration.ttl_s = Some(0);
    declaration
}

/// Reads and lists.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let text: String = call.args.text("text").unwrap_or_default().chars().take(100).collect();
    let limit = u32::try_from(call.args.count("limit")).unwrap_or(20);
    let user = call.context.user_id;
    let ticket = call.ticket()?;
    let (found, figis) = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<_, StepError> {
            let found = securities::search(tx, &text, limit).await?;
            let ids: Vec<_> = found.iter().map(|security| security.id).collect();
            let identifiers = securities::identifiers(tx, &ids).await?;
            let figis = identifiers
                .into_iter()
                .filter(|(_, identifier)| identifier.scheme == "figi" && identifier.valid_to.is_none());
            Ok((found, figis.map(|(id, identifier)| (id, identifier.value)).collect::<BTreeMap<_, _>>()))
        })
        .await?;
    Ok(CapabilityResult { ttl_s: Some(0), ..CapabilityResult::computed(compute(&found, &figis)) })
}

fn compute(found: &[Security], figis: &BTreeMap<uuid::Uuid, String>) -> Value {
    let candidates = found.iter().map(|security| {
        json!({
            "security_id": security.id,
            "symbol": symbol_of(security),
            "isin": text_or_absent(security.isin.as_deref(), "ISIN"),
            "figi": text_or_absent(figis.get(&security.id).map(String::as_str), "FIGI"),
            "name": security.fields.name,
            "kind": security.fields.kind,
            "asset_class": asset_class(&security.fields.kind),
            "currency": security.fields.currency.code(),
            "mic": text_or_absent(security.fields.primary_mic.as_deref().map(str::trim), "market"),
        })
    });
    let mut by_symbol: BTreeMap<&str, usize> = BTreeMap::new();
    for security in found {
        if let Some(symbol) = &security.symbol {
            *by_symbol.entry(symbol).or_default() += 1;
        }
    }
    let ambiguous: Vec<&str> =
        by_symbol.into_iter().filter(|(_, count)| *count > 1).map(|(symbol, _)| symbol).collect();
    json!({ "candidates": candidates.collect::<Vec<_>>(), "ambiguous": ambiguous })
}
