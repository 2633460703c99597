//! `POST /api/imports`: takes a file; writes nothing to the ledger.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, header};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use store::queries::audit;
use store::queries::imports::{self, NewImport};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{ImportOptions, options_json};
use super::record::{AUTO, Import, detected_json};
use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Fields, Input, Place, read};
use crate::http::guard;
use crate::http::reply::{Outcome, Reply};
use crate::problem::from_store::not_found;
use crate::problem::{FieldError, Problem};

/// Life of an import that is not committed.
const UNFINISHED: TimeDelta = TimeDelta::days(7);

/// Parts of the form.
#[derive(Debug, ToSchema)]
pub struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// Portfolio that it goes to.
    pub portfolio_id: Uuid,
    /// Account of rows that name none.
    pub account_id: Option<Uuid>,
    /// `auto` (when absent) or a format id.
    pub format: Option<String>,
    /// JSON object: `skip_duplicates`, `skip_not_supported`, `create_securities`, `skip`.
    pub options: Option<String>,
}

/// The form is read by the handler, from multipart.
impl Input for UploadForm {
    fn read(_: &mut Fields<'_>) -> Self {
        Self { file: Vec::new(), portfolio_id: Uuid::nil(), account_id: None, format: None, options: None }
    }
}

/// The parts beside the file.
struct Parts {
    portfolio_id: Uuid,
    account_id: Option<Uuid>,
    format: Option<String>,
    options: Value,
}

impl Input for Parts {
    fn read(f: &mut Fields<'_>) -> Self {
        let allowed: Vec<&str> =
            std::iter::once(AUTO).chain(formats::Format::ALL.iter().map(|format| format.id())).collect();
        let format = f.opt_choice("format", &allowed).filter(|format| format != AUTO);
        let mut options = json!({"skip_duplicates": true});
        if let Some(given) = f.opt_object("options", ImportOptions::of) {
            options_json(&mut options, given);
        }
        Self { format, options, portfolio_id: f.uuid("portfolio_id"), account_id: f.opt_uuid("account_id") }
    }
}

/// Takes a file.
#[derive(Debug)]
pub struct Upload;

impl Endpoint for Upload {
    type Query = ();
    type Body = UploadForm;
    type Answer = Import;
    const SUMMARY: &'static str = "Takes a file of transactions; writes nothing to the ledger.";

    async fn handle(cx: Context, (): (), _: UploadForm) -> Outcome {
        let user = cx.user()?;
        let (file, filename, fields) = read_form(&cx).await?;
        let parts: Parts = read(Place::Body, &fields)?;
        guard::may_write(&cx, parts.portfolio_id).await?;
        let sha256: [u8; 32] = Sha256::digest(&file).into();
        let content = file.clone();
        let looked = tokio::task::spawn_blocking(move || detected_json(&content)).await;
        let (detected, mapping) = looked.map_err(Problem::internal)?;
        let format = parts.format.or_else(|| detected.map(|format| format.id().to_owned()));
        let media_type = detected.map_or("text/csv", |format| format.media_types()[0]);
        let expires_at = cx.state.now() + UNFINISHED;
        let new = NewImport {
            id: Uuid::now_v7(),
            portfolio_id: parts.portfolio_id,
            account_id: parts.account_id,
            filename,
            format: format.unwrap_or_else(|| AUTO.to_owned()),
            file_sha256: sha256,
            mapping,
            options: parts.options,
            expires_at,
        };
        let made = guard::as_user(&cx, async |tx| {
            imports::put_blob(tx, user, &sha256, media_type, &file, Some(expires_at)).await?;
            let import = imports::insert(tx, user, &new).await?;
            audit::insert(tx, &cx.audit(user, "import.upload", "import", new.id)).await?;
            Ok(import)
        })
        .await;
        let import = made.map_err(|problem| match (problem.code.code, parts.account_id) {
            ("not_found", Some(_)) => Problem::new("not_found", "the portfolio, or the account in it, does not exist"),
            ("not_found", None) => not_found("portfolio"),
            _ => problem,
        })?;
        let location = format!("/api/imports/{}", import.id);
        Ok(Reply::created(&location, &Import::of(&import))?.version(import.version))
    }
}

/// The file, its name, and the other parts as fields.
async fn read_form(cx: &Context) -> Result<(Bytes, String, Map<String, Value>), Problem> {
    let media_type = cx.headers.get(header::CONTENT_TYPE).cloned();
    let mut request = Request::new(Body::from(cx.body.clone()));
    request.headers_mut().extend(media_type.map(|value| (header::CONTENT_TYPE, value)));
    // The body was read up to the limit of uploads; the framework's own of 2 MB would refuse most of them.
    DefaultBodyLimit::disable().apply(&mut request);
    let malformed = |why: String| {
        Problem::new("invalid_input", format!("the form cannot be read: {why}")).with_error(FieldError::at(
            "",
            "invalid_input",
            "the body is not a valid multipart form",
        ))
    };
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::new("unsupported_media_type", "this route takes multipart/form-data with a boundary"))?;
    let mut file = None;
    let mut fields = Map::new();
    while let Some(part) = form.next_field().await.map_err(|e| malformed(e.body_text()))? {
        let name = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(short_name);
        let content = part.bytes().await.map_err(|e| malformed(e.body_text()))?;
        if name == "file" {
            file = Some((content, filename.unwrap_or_else(|| "upload.csv".into())));
            continue;
        }
        let text = String::from_utf8(content.to_vec()).map_err(|_| malformed(format!("{name} is not UTF-8")))?;
        let value = match name.as_str() {
            "options" => serde_json::from_str(&text).map_err(|e| malformed(format!("options is not JSON: {e}")))?,
            _ => Value::String(text),
        };
        fields.insert(name, value);
    }
    match file {
        Some((content, filename)) if !content.is_empty() => Ok((content, filename, fields)),
        Some(_) => Err(refused_file("the file is empty")),
        None => Err(refused_file("file is required")),
    }
}

fn refused_file(detail: &str) -> Problem {
    Problem::new("invalid_input", detail).with_error(FieldError::at("/file", "invalid_input", detail))
}

/// The last part of a name, without what no file name has.
fn short_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if clean.trim().is_empty() { "upload.csv".into() } else { clean }
}
