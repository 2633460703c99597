//! `pricing.pack_status`: the pack of a day, how complete it is, and what became of it.

use capability::{CapabilityResult, Declaration, Failure, Field, Reads, Type, wire};
use money::Currency;
use pricing::{DayContent, PriceState};
use serde_json::{Map, Value, json};
use store::queries::packs::{self, BuildStatus, PackBuild, PackInfo};
use store::queries::securities;

use crate::agents::{Agents, Call};
use crate::books::symbol_of;
use crate::failure::StepError;
use crate::schema::{FINANCIAL_ANALYST, field, maybe, schema, sometimes};
use crate::values::{Absence, maybe as maybe_wire};

/// What the capability promises.
pub fn declaration() -> Declaration {
    let coverage = Type::record([
        field("prices", Type::Integer, "prices in the pack"),
        field("rates", Type::Integer, "rates in the pack"),
        field("carried_prices", Type::Integer, "of these, carried forward"),
        field("carried_rates", Type::Integer, "of these, carried forward"),
    ]);
    let stale = Type::record([
        field("subject", Type::Text, "security or pair"),
        field("quoted_on", Type::Date, "day of the observation"),
    ]);
    let pack = Type::record([
        field("id", Type::id("pricing_pack"), "display id"),
        field("date", Type::Date, "day"),
        field("status", Type::one_of(["warming", "fresh", "failed"]), "state"),
        sometimes("hash", Type::Text, "full hash"),
        sometimes("parent", Type::Text, "hash of the pack before"),
        sometimes("known_at", Type::Timestamp, "when its content was known"),
        sometimes("superseded_by", Type::Text, "current pack of the same day"),
        sometimes("restated_since", Type::Text, "why it was restated"),
        sometimes("coverage", coverage, "what it holds"),
        field("missing", Type::list(Type::Any), "what it lacks"),
        field("stale", Type::list(stale), "what was carried forward"),
    ]);
    let past = Type::record([
        field("id", Type::id("pricing_pack"), "display id"),
        field("hash", Type::Text, "full hash"),
        field("revision", Type::Integer, "0 for the first build"),
        sometimes("superseded_by", Type::Text, "current pack of the same day"),
    ]);
    let mut declaration = Declaration::read(
        "pricing.pack_status",
        "1.0.0",
        FINANCIAL_ANALYST,
        "State, completeness and revisions of the pricing pack of a day.",
        schema([Field::optional("date", Type::Date, "day; that of the execution when absent")]),
        schema([
            maybe("pack", pack, "the current pack on or before the day"),
            field("history", Type::list(past), "all packs of that day, newest revision first"),
        ]),
    );
    declaration.reads = Reads { packs: true, ..Reads::NONE };
    // A build may finish at any moment.
    declaration.ttl_s = Some(5);
    declaration
}

struct Found {
    info: Option<PackInfo>,
    content: Option<DayContent>,
    build: Option<PackBuild>,
    newest: Option<PackBuild>,
    history: Vec<PackInfo>,
    names: Vec<securities::Security>,
}

/// Reads the pack and its builds and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let date = call.args.date("date")?.unwrap_or(call.context.as_of);
    let (user, policy) = (call.context.user_id, agents.settings.policy.clone());
    let ticket = call.ticket()?;
    let found = agents
        .store
        .try_as_user(ticket, user, async |tx| -> Result<Found, StepError> {
            let info = packs::latest(tx, &policy, Some(date)).await?;
            let newest = packs::builds(tx, &policy, Some(date), 1).await?.pop();
            let Some(head) = &info else {
                return Ok(Found { info, content: None, build: None, newest, history: Vec::new(), names: Vec::new() });
            };
            let content = packs::contents_of(tx, std::slice::from_ref(&head.pack)).await?.pop();
            let build = packs::build_of_pack(tx, &head.pack.hash).await?;
            let day = head.pack.date;
            let history = packs::page(tx, &policy, Some(day), Some(day), None, 100).await?;
            let ids: Vec<_> = content.iter().flat_map(DayContent::prices).map(|row| row.security_id).collect();
            let names = securities::by_ids(tx, &ids).await?;
            Ok(Found { info, content, build, newest, history, names })
        })
        .await?;
    Ok(CapabilityResult { ttl_s: Some(5), ..CapabilityResult::computed(compute(date, &found)) })
}

fn compute(date: dates::Date, found: &Found) -> Value {
    let history: Vec<Value> = found
        .history
        .iter()
        .map(|info| {
            let mut row = json!({ "id": info.pack.display_id, "hash": hex::encode(info.pack.hash), "revision": info.pack.revision });
            if let Some(newer) = &info.superseded_by {
                row["superseded_by"] = newer.clone().into();
            }
            row
        })
        .collect();
    let none = || Absence::new("not_found", format!("no pricing pack is as old as {date}"), json!({ "date": date }));
    let pack = found.info.as_ref().ok_or_else(none).map(|info| pack(info, found));
    let warming = found.newest.as_ref().filter(|build| {
        build.status != BuildStatus::Fresh && found.info.as_ref().is_none_or(|i| i.pack.date < build.date)
    });
    let pack = match warming {
        Some(build) => Ok(json!({
            "id": pricing::display_id(build.date, build.revision),
            "date": build.date,
            "status": build.status.name(),
            "missing": build.absent.as_array().cloned().unwrap_or_default(),
            "stale": [],
        })),
        None => pack,
    };
    json!({ "pack": maybe_wire(pack, |pack| pack), "history": history })
}

fn pack(info: &PackInfo, found: &Found) -> Value {
    let pack = &info.pack;
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("id", pack.display_id.clone().into());
    put("date", wire::date(pack.date));
    put("status", BuildStatus::Fresh.name().into());
    put("hash", hex::encode(pack.hash).into());
    if let Some(parent) = pack.parent_hash {
        put("parent", hex::encode(parent).into());
    }
    put("known_at", pack.known_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true).into());
    if let Some(newer) = &info.superseded_by {
        put("superseded_by", newer.clone().into());
        if let Some(reason) = &info.restated_reason {
            put("restated_since", reason.clone().into());
        }
    }
    let (mut stale, mut counts) = (Vec::new(), [0_usize; 4]);
    if let Some(content) = &found.content {
        let name = |id: uuid::Uuid| {
            found.names.iter().find(|security| security.id == id).map_or_else(|| id.to_string(), symbol_of)
        };
        let pair = |base: Currency, quote: Currency| format!("{base}/{quote}");
        let prices = content
            .prices()
            .iter()
            .filter(|row| row.state == PriceState::Carried)
            .map(|row| (name(row.security_id), row.quoted_on));
        let rates = content
            .rates()
            .iter()
            .filter(|row| row.state == PriceState::Carried)
            .map(|row| (pair(row.base, row.quote), row.quoted_on));
        let (prices, rates): (Vec<_>, Vec<_>) = (prices.collect(), rates.collect());
        counts = [content.prices().len(), content.rates().len(), prices.len(), rates.len()];
        stale = prices
            .into_iter()
            .chain(rates)
            .map(|(subject, quoted_on)| json!({ "subject": subject, "quoted_on": quoted_on }))
            .collect();
    }
    let [prices, rates, carried_prices, carried_rates] = counts;
    put(
        "coverage",
        json!({ "prices": prices, "rates": rates, "carried_prices": carried_prices, "carried_rates": carried_rates }),
    );
    let missing = found.build.as_ref().and_then(|build| build.absent.as_array().cloned()).unwrap_or_default();
    put("missing", missing.into());
    put("stale", stale.into());
    Value::Object(row)
}
