//! `POST /api/securities`: a private security.

use store::queries::audit;
use store::queries::securities::{self, Identifier, SecurityFields};
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::{KINDS, Security};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::Problem;

/// A code that names a security.
#[derive(Debug, ToSchema)]
pub struct IdentifierInput {
    /// `isin`, `figi`, `wkn`, `sedol`, `cusip` or `symbol`.
    pub scheme: String,
    /// The code.
    pub value: String,
    /// Exchange of a symbol (MIC).
    pub mic: Option<String>,
}

/// A security that only you see.
#[derive(Debug, ToSchema)]
pub struct CreateSecurity {
    /// Name on screen, 1 to 200 characters.
    pub name: String,
    /// `stock`, `etf`, `fund`, `bond`, `property`, `private`, …
    pub kind: String,
    /// ISO 4217 code of its prices.
    pub currency: String,
    /// Codes that name it.
    pub identifiers: Option<Vec<IdentifierInput>>,
    /// ISO 3166 code of the issuer, two letters.
    pub country: Option<String>,
    /// Sector.
    pub sector: Option<String>,
    /// Industry.
    pub industry: Option<String>,
}

impl Input for CreateSecurity {
    fn read(f: &mut Fields<'_>) -> Self {
        let identifiers = f.opt_objects("identifiers", 20, |f| {
            let identifier = IdentifierInput {
                scheme: f.choice("scheme", &["isin", "figi", "wkn", "sedol", "cusip", "symbol"]),
                value: f.text("value", 1, 64).to_uppercase(),
                mic: f.opt_text("mic", 4, 4).map(|mic| mic.to_uppercase()),
            };
            if identifier.scheme == "isin" && !is_isin(&identifier.value) {
                f.refuse("value", "the ISIN has a wrong check digit or form");
            }
            identifier
        });
        let country = f.opt_text("country", 2, 2).map(|text| text.to_uppercase());
        if country.as_deref().is_some_and(|text| !text.bytes().all(|b| b.is_ascii_uppercase())) {
            f.refuse("country", "country must be two letters");
        }
        Self {
            name: f.text("name", 1, 200),
            kind: f.choice("kind", KINDS),
            currency: f.currency("currency").map(|c| c.to_string()).unwrap_or_default(),
            identifiers,
            country,
            sector: f.opt_text("sector", 1, 100),
            industry: f.opt_text("industry", 1, 100),
        }
    }
}

/// Form and check digit of an ISIN (ISO 6166: Luhn over the digits, letters as two digits).
fn is_isin(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_form = bytes.len() == 12
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..11].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && bytes[11].is_ascii_digit();
    if !is_form {
        return false;
    }
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|c| c.to_digit(36))
        .flat_map(|value| if value < 10 { vec![value] } else { vec![value / 10, value % 10] })
        .collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// Makes a private security.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    type Query = ();
    type Body = CreateSecurity;
    type Answer = Security;
    const SUMMARY: &'static str = "Makes a security that only you see.";

    async fn handle(cx: Context, (): (), body: CreateSecurity) -> Outcome {
        let user = cx.user()?;
        let currency = body.currency.parse().map_err(Problem::internal)?;
        let fields = SecurityFields {
            country: body.country,
            sector: body.sector,
            industry: body.industry,
            ..SecurityFields::new(body.name, body.kind, currency)
        };
        let named = body.identifiers.unwrap_or_default();
        let identifiers: Vec<Identifier> =
            named.iter().map(|i| Identifier::new(i.scheme.as_str(), &i.value, i.mic.as_deref())).collect();
        let id = Uuid::now_v7();
        guard::as_user(&cx, async |tx| {
            securities::insert_private(tx, user, id, &fields, &identifiers).await?;
            audit::insert(tx, &cx.audit(user, "security.create", "security", id)).await
        })
        .await?;
        let (security, version) = super::show::read(&cx, id).await?;
        Ok(Reply::created(&format!("/api/securities/{id}"), &security)?.version(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isins_are_checked_by_their_digit() {
        for good in ["US0378331005", "DE000BASF111", "CH0038863350", "CA1363751027"] {
            assert!(is_isin(good), "{good}");
        }
        for bad in ["US0378331006", "us0378331005", "US03783310", "1S0378331005", "US037833100X"] {
            assert!(!is_isin(bad), "{bad}");
        }
    }
}
