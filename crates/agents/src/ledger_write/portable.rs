//! Accounts and securities as the full export holds them, and back.
//!
//! Invariant: what is written is read as the same record; what an older export lacks has its default.

use capability::Failure;
use chrono::NaiveDate;
use money::{Currency, Decimal};
use serde_json::{Map, Value, json};
use store::queries::accounts::{Account, AccountFields};
use store::queries::securities::{Identifier, Security, SecurityFields};
use uuid::Uuid;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// An account with all its columns.
pub(crate) fn account_to_json(account: &Account) -> Map<String, Value> {
    let fields = &account.fields;
    object(json!({
        "id": account.id,
        "name": fields.name,
        "kind": fields.kind,
        "institution": fields.institution,
        "currency": fields.currency.code(),
        "tax_treatment": fields.tax_treatment,
        "cost_basis_method": fields.cost_basis_method,
        "allow_short": fields.allow_short,
        "opened_on": fields.opened_on,
        "closed_on": fields.closed_on,
        "external_ref": fields.external_ref,
    }))
}

/// The identity and fields of an exported account.
pub(crate) fn account_from_json(account: &Map<String, Value>, at: usize) -> Result<(Uuid, AccountFields), Failure> {
    let reader = Reader { object: account, place: format!("/accounts/{at}") };
    let mut fields = AccountFields::brokerage(reader.required("name")?, reader.currency()?);
    if let Some(kind) = reader.text("kind") {
        fields.kind = kind;
    }
    if let Some(treatment) = reader.text("tax_treatment") {
        fields.tax_treatment = treatment;
    }
    fields.institution = reader.text("institution");
    fields.cost_basis_method = reader.text("cost_basis_method");
    fields.allow_short = account.get("allow_short").and_then(Value::as_bool).unwrap_or(false);
    fields.opened_on = reader.day("opened_on")?;
    fields.closed_on = reader.day("closed_on")?;
    fields.external_ref = reader.text("external_ref");
    Ok((reader.id()?, fields))
}

/// A security with its columns and codes.
pub(crate) fn security_to_json(security: &Security, identifiers: &[&Identifier]) -> Map<String, Value> {
    let fields = &security.fields;
    let codes: Vec<Value> = identifiers
        .iter()
        .map(|code| {
            json!({
                "scheme": code.scheme, "value": code.value, "mic": code.mic, "provider": code.provider,
                "valid_from": code.valid_from, "valid_to": code.valid_to,
            })
        })
        .collect();
    object(json!({
        "id": security.id,
        "name": fields.name,
        "kind": fields.kind,
        "currency": fields.currency.code(),
        "quote_unit": fields.quote_unit,
        "price_factor": fields.price_factor.normalize().to_string(),
        "mic": fields.primary_mic,
        "country": fields.country,
        "sector": fields.sector,
        "industry": fields.industry,
        "classification_source": fields.classification_source,
        "active_from": fields.active_from,
        "active_to": fields.active_to,
        "attributes": fields.attributes,
        "symbol": security.symbol,
        "isin": security.isin,
        "identifiers": codes,
    }))
}

/// The identity, fields and codes of an exported security.
pub(crate) fn security_from_json(
    security: &Map<String, Value>,
    at: usize,
) -> Result<(Uuid, SecurityFields, Vec<Identifier>), Failure> {
    let reader = Reader { object: security, place: format!("/securities/{at}") };
    let kind = reader.text("kind").unwrap_or_else(|| "stock".to_owned());
    let mut fields = SecurityFields::new(reader.required("name")?, kind, reader.currency()?);
    if let Some(unit) = reader.text("quote_unit") {
        fields.quote_unit = unit;
    }
    if let Some(factor) = reader.text("price_factor") {
        let refuse = |error: money::NumberError| reader.refuse("price_factor", &error.to_string());
        let factor: Decimal = money::parse_decimal(&factor).map_err(refuse)?;
        fields.price_factor = factor;
    }
    fields.primary_mic = reader.text("mic");
    fields.country = reader.text("country");
    fields.sector = reader.text("sector");
    fields.industry = reader.text("industry");
    fields.classification_source = reader.text("classification_source");
    fields.active_from = reader.day("active_from")?;
    fields.active_to = reader.day("active_to")?;
    if let Some(attributes) = security.get("attributes").filter(|attributes| attributes.is_object()) {
        fields.attributes = attributes.clone();
    }
    let mut codes = Vec::new();
    for (number, code) in security.get("identifiers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let Some(code) = code.as_object() else { continue };
        let inner = Reader { object: code, place: format!("/securities/{at}/identifiers/{number}") };
        let mic = inner.text("mic");
        let mut identifier = Identifier::new(inner.required("scheme")?, &inner.required("value")?, mic.as_deref());
        identifier.provider = inner.text("provider");
        identifier.valid_from = inner.day("valid_from")?;
        identifier.valid_to = inner.day("valid_to")?;
        codes.push(identifier);
    }
    if codes.is_empty() {
        // Exports of earlier versions name only the newest codes.
        let mic = reader.text("mic");
        codes.extend(reader.text("isin").map(|isin| Identifier::new("isin", &isin, None)));
        codes.extend(reader.text("symbol").map(|symbol| Identifier::new("symbol", &symbol, mic.as_deref())));
    }
    Ok((reader.id()?, fields, codes))
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    place: String,
}

impl Reader<'_> {
    fn refuse(&self, field: &str, why: &str) -> Failure {
        Failure::new("import_rejected", format!("{}/{field}: {why}", self.place)).at(format!("{}/{field}", self.place))
    }

    fn text(&self, field: &str) -> Option<String> {
        self.object
            .get(field)
            .and_then(Value::as_str)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    fn required(&self, field: &str) -> Result<String, Failure> {
        self.text(field).ok_or_else(|| self.refuse(field, "is missing"))
    }

    fn id(&self) -> Result<Uuid, Failure> {
        Uuid::try_parse(&self.required("id")?).map_err(|_| self.refuse("id", "is not a UUID"))
    }

    fn currency(&self) -> Result<Currency, Failure> {
        self.required("currency")?
            .parse()
            .map_err(|error: money::CurrencyError| self.refuse("currency", &error.to_string()))
    }

    fn day(&self, field: &str) -> Result<Option<NaiveDate>, Failure> {
        let day = self.text(field).map(|text| dates::parse_date(&text)).transpose();
        day.map_err(|error| self.refuse(field, &error.to_string()))
    }
}
