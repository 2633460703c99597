//! `dawsos packs list|show|import|build|restate|verify`.

use std::collections::HashMap;

use agents::packs::{Changes, PriceChange, RateChange};
use capability::Failure;
use dates::{Date, parse_date};
use money::{Currency, Decimal};
use serde_json::json;
use store::queries::packs::{self, PackInfo};
use store::queries::securities::Security;

use super::print_json;
use crate::app::App;
use crate::cli::{Common, Packs};
use crate::market_data::{self, ticket};
use crate::print;
use crate::problem::Stopped;

const POLICY: &str = pricing::DEFAULT_POLICY;

pub(super) async fn run(common: &Common, command: Packs) -> Result<u8, Stopped> {
    let app = App::open(common).await?;
    match command {
        Packs::List { limit } => list(&app, common, limit).await,
        Packs::Show { pack } => show(&app, common, pack.as_deref()).await,
        Packs::Import { file } => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                Stopped::input("invalid_input", format!("{} cannot be read: {error}", file.display()))
            })?;
            let loaded = market_data::load(&app.store, &text).await?;
            println!("{} {}, {} new; `dawsos packs build` makes packs of them", loaded.rows, loaded.kind, loaded.added);
            Ok(0)
        }
        Packs::Build { from, to } => {
            let report = agents::packs::build_range(&app.store, POLICY, day(&from)?, day(&to)?).await?;
            println!("{} packs built, newest {}", report.packs, report.head.as_deref().unwrap_or("unchanged"));
            for missing in &report.missing {
                println!("  missing: {missing:?}");
            }
            Ok(0)
        }
        Packs::Restate { date, prices, rates, reason } => restate(&app, common, &date, &prices, &rates, &reason).await,
        Packs::Verify { pack } => verify(&app, common, pack.as_deref()).await,
    }
}

fn day(text: &str) -> Result<Date, Stopped> {
    parse_date(text).map_err(|error| Stopped::input("invalid_input", error.to_string()))
}

async fn pack_of(app: &App, wanted: Option<&str>) -> Result<PackInfo, Stopped> {
    let found = app
        .store
        .as_worker(ticket(), async |tx| match wanted {
            Some(text) => packs::by_display_id_or_hash(tx, text).await,
            None => packs::latest(tx, POLICY, None).await,
        })
        .await?;
    found.ok_or_else(|| match wanted {
        Some(text) => Stopped::input("pricing_pack_not_found", format!("there is no pricing pack {text}")),
        None => Stopped::input("pricing_pack_not_found", "there is no pricing pack yet"),
    })
}

async fn list(app: &App, common: &Common, limit: usize) -> Result<u8, Stopped> {
    let limit = u32::try_from(limit.clamp(1, 1_000)).unwrap_or(1_000);
    let page = app.store.as_worker(ticket(), async |tx| packs::page(tx, POLICY, None, None, None, limit).await).await?;
    if common.json {
        print_json(&json!(page.iter().map(of_pack).collect::<Vec<_>>()));
        return Ok(0);
    }
    let rows = page
        .iter()
        .map(|info| {
            vec![
                info.pack.display_id.clone(),
                info.pack.date.to_string(),
                info.superseded_by.as_ref().map_or_else(|| "in force".to_owned(), |by| format!("superseded by {by}")),
                info.pack.reason.clone().unwrap_or_default(),
                hex::encode(&info.pack.hash[..6]),
            ]
        })
        .collect();
    println!("{}", print::table(&["pack", "date", "state", "reason", "hash"], rows));
    Ok(0)
}

fn of_pack(info: &PackInfo) -> serde_json::Value {
    json!({
        "pricing_pack_id": info.pack.display_id,
        "pricing_pack_hash": hex::encode(info.pack.hash),
        "date": info.pack.date,
        "revision": info.pack.revision,
        "parent": info.pack.parent_hash.map(hex::encode),
        "known_at": info.pack.known_at,
        "reason": info.pack.reason,
        "superseded_by": info.superseded_by,
        "restated_reason": info.restated_reason,
    })
}

async fn show(app: &App, common: &Common, wanted: Option<&str>) -> Result<u8, Stopped> {
    let info = pack_of(app, wanted).await?;
    let pack = info.pack.clone();
    let contents =
        app.store.as_worker(ticket(), async |tx| packs::contents_of(tx, std::slice::from_ref(&pack)).await).await?;
    let names: HashMap<_, _> = market_data::known_symbols(&app.store)
        .await?
        .into_iter()
        .filter(|(name, _)| name.contains(':') || !name.is_empty())
        .map(|(name, security)| (security.id, name))
        .collect();
    if common.json {
        let mut value = of_pack(&info);
        value["prices"] = contents.iter().flat_map(|content| content.prices()).map(|row| json!({
            "security": names.get(&row.security_id), "security_id": row.security_id, "close": row.close.to_string(),
            "currency": row.currency.code(), "quoted_on": row.quoted_on,
        })).collect();
        print_json(&value);
        return Ok(0);
    }
    println!("{}  {}  known at {}", info.pack.display_id, hex::encode(info.pack.hash), info.pack.known_at);
    if let Some(by) = &info.superseded_by {
        println!("superseded by {by}: {}", info.restated_reason.as_deref().unwrap_or("reason not kept"));
    }
    for content in &contents {
        let rows = content
            .prices()
            .iter()
            .map(|row| {
                vec![
                    names.get(&row.security_id).cloned().unwrap_or_else(|| row.security_id.to_string()),
                    row.close.to_string(),
                    row.currency.code().to_owned(),
                    row.quoted_on.to_string(),
                ]
            })
            .collect();
        println!("{}", print::table(&["security", "close", "currency", "quoted on"], rows));
        let rows = content
            .rates()
            .iter()
            .map(|row| vec![format!("{}/{}", row.base, row.quote), row.rate.to_string(), row.quoted_on.to_string()])
            .collect();
        println!("{}", print::table(&["pair", "rate", "quoted on"], rows));
    }
    Ok(0)
}

async fn restate(
    app: &App,
    common: &Common,
    date: &str,
    prices: &[String],
    rates: &[String],
    reason: &str,
) -> Result<u8, Stopped> {
    let date = day(date)?;
    let known = market_data::known_symbols(&app.store).await?;
    let changes = Changes {
        prices: prices.iter().map(|text| price_change(text, &known)).collect::<Result<_, _>>()?,
        rates: rates.iter().map(|text| rate_change(text)).collect::<Result<_, _>>()?,
    };
    if changes.is_empty() {
        return Err(Stopped::input("invalid_input", "name at least one --price or --rate"));
    }
    let report = agents::packs::restate(&app.store, POLICY, date, &changes, reason).await?;
    let first = report.packs.first();
    if common.json {
        print_json(&json!({
            "date": date, "changed_prices": report.changed_prices, "changed_rates": report.changed_rates,
            "packs": report.packs.iter().map(|pack| json!({ "old": pack.old, "new": pack.new })).collect::<Vec<_>>(),
        }));
    } else if let (Some(first), Some(last)) = (first, report.packs.last()) {
        println!(
            "{} packs restated: {} is now {}, … {} is now {}",
            report.packs.len(),
            first.old,
            first.new,
            last.old,
            last.new
        );
    }
    Ok(0)
}

fn price_change(text: &str, known: &HashMap<String, Security>) -> Result<PriceChange, Stopped> {
    let (name, price) = pair(text, '=', "SECURITY=PRICE")?;
    let security = known.get(name).ok_or_else(|| {
        let near = capability::nearest(name, known.keys().map(String::as_str));
        let failure = Failure::new("security_not_found", format!("there is no security {name}, or it is not unique"));
        Stopped::of(&match near {
            Some(near) => failure.advising(format!("did you mean {near}?")),
            None => failure,
        })
    })?;
    Ok(PriceChange { security_id: security.id, price: positive(price)?, currency: security.fields.currency })
}

fn rate_change(text: &str) -> Result<RateChange, Stopped> {
    let (names, rate) = pair(text, '=', "BASE/QUOTE=RATE")?;
    let (base, quote) = pair(names, '/', "BASE/QUOTE=RATE")?;
    let currency = |code: &str| -> Result<Currency, Stopped> {
        code.parse().map_err(|error: money::CurrencyError| Stopped::input("unknown_currency", error.to_string()))
    };
    Ok(RateChange { base: currency(base)?, quote: currency(quote)?, rate: positive(rate)? })
}

fn pair<'t>(text: &'t str, at: char, form: &str) -> Result<(&'t str, &'t str), Stopped> {
    text.split_once(at).ok_or_else(|| Stopped::input("invalid_input", format!("`{text}` is not of the form {form}")))
}

fn positive(text: &str) -> Result<Decimal, Stopped> {
    text.parse::<Decimal>()
        .ok()
        .filter(|value| *value > Decimal::ZERO)
        .ok_or_else(|| Stopped::input("invalid_input", format!("`{text}` is not a number above 0")))
}

async fn verify(app: &App, common: &Common, wanted: Option<&str>) -> Result<u8, Stopped> {
    let info = pack_of(app, wanted).await?;
    let chain = app.store.as_worker(ticket(), async |tx| packs::chain_of(tx, &info.pack.hash).await).await?;
    let forged: Vec<&str> = chain
        .iter()
        .filter(|(pack, content)| content.hash() != pack.content_hash)
        .map(|(pack, _)| pack.display_id.as_str())
        .collect();
    let packs: Vec<pricing::Pack> = chain.iter().map(|(pack, _)| pack.clone()).collect();
    let chain_error = pricing::verify_chain(&packs).err().map(|error| error.to_string());
    let is_good = forged.is_empty() && chain_error.is_none();
    if common.json {
        print_json(
            &json!({ "packs": packs.len(), "contents_ok": forged.is_empty(), "forged": forged, "chain_ok": chain_error.is_none(), "chain_error": chain_error }),
        );
    } else if is_good {
        println!("{} packs up to {}: every content and every link has its hash", packs.len(), info.pack.display_id);
    } else {
        println!(
            "contents that differ from their hash: {}; chain: {}",
            forged.join(", "),
            chain_error.unwrap_or_else(|| "intact".into())
        );
    }
    Ok(u8::from(!is_good))
}
