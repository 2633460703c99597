//! Market data CSV: prices and FX rates into observations (`formats.md` §3.0). All problems first, then all rows or none.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use capability::{Failure, FailureDetail};
use chrono::{DateTime, Utc};
use money::{Currency, Decimal};
use pricing::{PriceObservation, RateObservation};
use store::queries::observations::{self, SessionPrice};
use store::queries::securities::{self, Identifier, Security, SecurityFields};
use store::{LeaseTicket, Store, StoreError};
use uuid::Uuid;

/// Longest time that a load may take.
const LOAD_TIMEOUT: Duration = Duration::from_secs(600);
/// Most problems that are listed.
const PROBLEMS_MAX: usize = 200;

/// What a file brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// `prices` or `rates`.
    pub kind: &'static str,
    /// Rows of the file.
    pub rows: usize,
    /// Rows that were new.
    pub added: u64,
}

/// A lease for loading.
pub fn ticket() -> LeaseTicket {
    LeaseTicket::platform(Uuid::nil(), LOAD_TIMEOUT)
}

/// The moment from which something loaded now is known.
pub fn now_us() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// Load a file; its header says whether it holds prices or rates.
pub async fn load(store: &Arc<Store>, text: &str) -> Result<Loaded, Failure> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| Failure::new("import_rejected", format!("the file is not CSV: {error}")))?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    let has = |name: &str| header.iter().any(|column| column == name);
    if has("base") && has("quote") && has("rate") && has("date") {
        let rates = Table { header, reader }.rates()?;
        let rows = rates.len();
        let added = store.as_worker(ticket(), async |tx| observations::insert_rates(tx, &rates).await).await;
        Ok(Loaded { kind: "rates", rows, added: added.map_err(|error| crate::wiring::failure_of_store(&error))? })
    } else if has("symbol") && has("date") && has("close") {
        let known = known_symbols(store).await.map_err(|error| crate::wiring::failure_of_store(&error))?;
        let prices = Table { header, reader }.prices(&known)?;
        let rows = prices.len();
        let added = store.as_worker(ticket(), async |tx| observations::insert_prices(tx, &prices).await).await;
        Ok(Loaded { kind: "prices", rows, added: added.map_err(|error| crate::wiring::failure_of_store(&error))? })
    } else {
        Err(Failure::new(
            "import_rejected",
            format!("the header `{}` is neither that of prices nor that of rates", header.join(",")),
        )
        .advising("prices need symbol,date,close (and mic, currency); rates need date,base,quote,rate"))
    }
}

/// Shared securities by `MIC:SYMBOL` and by `SYMBOL` where that is unique.
pub async fn known_symbols(store: &Arc<Store>) -> Result<HashMap<String, Security>, StoreError> {
    let all = store.as_worker(ticket(), async |tx| securities::all_visible(tx).await).await?;
    let mut by_name: HashMap<String, Option<Security>> = HashMap::new();
    for security in all {
        let Some(symbol) = security.symbol.clone() else { continue };
        if let Some(mic) = &security.fields.primary_mic {
            by_name.insert(format!("{mic}:{symbol}"), Some(security.clone()));
        }
        by_name.entry(symbol).and_modify(|known| *known = None).or_insert(Some(security));
    }
    Ok(by_name.into_iter().filter_map(|(name, security)| Some((name, security?))).collect())
}

/// Securities from master data rows (`symbol,name,asset_type,currency,mic,…`), added or brought up to date.
pub async fn load_securities(store: &Arc<Store>, rows: &[HashMap<String, String>]) -> Result<(), StoreError> {
    store
        .as_worker(ticket(), async |tx| {
            for row in rows {
                let given = |name: &str| row.get(name).filter(|text| !text.is_empty()).cloned();
                let Some((symbol, currency)) = given("symbol").zip(given("currency")) else { continue };
                let currency: Currency =
                    currency.parse().map_err(|error| StoreError::Invariant(format!("{symbol}: {error}")))?;
                let mut fields = SecurityFields::new(
                    given("name").unwrap_or_else(|| symbol.clone()),
                    given("asset_type").unwrap_or_else(|| "stock".into()),
                    currency,
                );
                fields.primary_mic = given("mic");
                fields.sector = given("sector");
                fields.industry = given("industry");
                fields.country = given("country");
                fields.classification_source = given("source");
                let name = Identifier::new("symbol", &symbol, given("mic").as_deref());
                let isin = given("isin").map(|isin| Identifier::new("isin", &isin, None));
                let names: Vec<Identifier> = std::iter::once(name.clone()).chain(isin).collect();
                securities::upsert_shared(tx, name.security_id(), &fields, &names).await?;
            }
            Ok(())
        })
        .await
}

struct Table<'t> {
    header: Vec<String>,
    reader: csv::Reader<&'t [u8]>,
}

impl Table<'_> {
    /// Rows with their line numbers; every problem is collected by `read`.
    fn rows<T>(
        mut self,
        read: impl Fn(&dyn Fn(&str) -> Option<String>) -> Result<T, (String, String, String)>,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut problems = Vec::new();
        for record in self.reader.records() {
            let line = record.as_ref().ok().and_then(csv::StringRecord::position).map(csv::Position::line);
            let outcome = match &record {
                Ok(record) => {
                    let field = |name: &str| {
                        let at = self.header.iter().position(|column| column == name)?;
                        record.get(at).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
                    };
                    read(&field)
                }
                Err(error) => Err((String::new(), "bad_row".into(), error.to_string())),
            };
            match outcome {
                Ok(row) => rows.push(row),
                Err((column, code, detail)) if problems.len() < PROBLEMS_MAX => problems.push(FailureDetail {
                    line,
                    column: Some(column).filter(|column| !column.is_empty()),
                    code,
                    detail,
                    ..FailureDetail::default()
                }),
                Err(_) => {}
            }
        }
        if problems.is_empty() {
            return Ok(rows);
        }
        Err(Failure::new("import_rejected", format!("{} rows cannot be read; nothing was stored", problems.len()))
            .with_errors(problems))
    }

    fn rates(self) -> Result<Vec<RateObservation>, Failure> {
        let known_at = now_us();
        self.rows(|field| {
            Ok(RateObservation {
                base: currency(field, "base")?,
                quote: currency(field, "quote")?,
                date: date(field)?,
                rate: positive(field, "rate")?,
                source: field("source").unwrap_or_else(|| "file".into()),
                known_at,
            })
        })
    }

    fn prices(self, known: &HashMap<String, Security>) -> Result<Vec<SessionPrice>, Failure> {
        let known_at = now_us();
        self.rows(|field| {
            let symbol = required(field, "symbol")?;
            let name = field("mic").map_or(symbol.clone(), |mic| format!("{mic}:{symbol}"));
            let security = known.get(&name).ok_or_else(|| {
                (
                    "symbol".to_owned(),
                    "unknown_security".to_owned(),
                    format!("{name} is not a known security, or not unique"),
                )
            })?;
            let currency = match field("currency") {
                Some(_) => currency(field, "currency")?,
                None => security.fields.currency,
            };
            if currency != security.fields.currency {
                return Err((
                    "currency".into(),
                    "currency_differs".into(),
                    format!("{name} is quoted in {}, not in {currency}", security.fields.currency),
                ));
            }
            let optional = |name: &str| field(name).map(|_| positive(field, name)).transpose();
            Ok(SessionPrice {
                observation: PriceObservation {
                    security_id: security.id,
                    date: date(field)?,
                    close: positive(field, "close")?,
                    currency,
                    source: field("source").unwrap_or_else(|| "file".into()),
                    known_at,
                },
                open: optional("open")?,
                high: optional("high")?,
                low: optional("low")?,
                volume: field("volume").and_then(|text| text.parse().ok()),
            })
        })
    }
}

type Field<'f> = &'f dyn Fn(&str) -> Option<String>;
type RowProblem = (String, String, String);

fn required(field: Field<'_>, name: &str) -> Result<String, RowProblem> {
    field(name).ok_or_else(|| (name.to_owned(), "missing_value".to_owned(), format!("{name} is empty")))
}

fn date(field: Field<'_>) -> Result<dates::Date, RowProblem> {
    let text = required(field, "date")?;
    dates::parse_date(&text).map_err(|error| ("date".to_owned(), "bad_date".to_owned(), error.to_string()))
}

fn currency(field: Field<'_>, name: &str) -> Result<Currency, RowProblem> {
    let text = required(field, name)?;
    text.parse()
        .map_err(|error: money::CurrencyError| (name.to_owned(), "unknown_currency".to_owned(), error.to_string()))
}

fn positive(field: Field<'_>, name: &str) -> Result<Decimal, RowProblem> {
    let text = required(field, name)?;
    match text.parse::<Decimal>() {
        Ok(value) if value > Decimal::ZERO => Ok(value),
        _ => Err((name.to_owned(), "bad_number".to_owned(), format!("`{text}` is not a decimal number above 0"))),
    }
}
