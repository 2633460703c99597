//! `GET /api/imports/formats`

use formats::Format;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};

/// A format that can be imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportFormat {
    /// Format id.
    pub id: &'static str,
    /// Name on screen.
    pub name: &'static str,
    /// Media types of such files.
    pub media_types: Vec<&'static str>,
    /// Columns without which there is no transaction.
    pub required_columns: Vec<&'static str>,
    /// Columns that are known by name.
    pub columns: Vec<&'static str>,
    /// A small file.
    pub example: &'static str,
}

/// Lists the formats.
#[derive(Debug)]
pub struct Formats;

impl Endpoint for Formats {
    type Query = ();
    type Body = ();
    type Answer = Vec<ImportFormat>;
    const SUMMARY: &'static str = "Formats that can be imported.";

    async fn handle(_: Context, (): (), (): ()) -> Outcome {
        let columns = |format: Format| match format {
            Format::DawsosCsv => formats::dawsos_csv::COLUMNS.to_vec(),
            other => other.required_columns().to_vec(),
        };
        let of = |format: Format| ImportFormat {
            id: format.id(),
            name: format.name(),
            media_types: format.media_types().to_vec(),
            required_columns: format.required_columns().to_vec(),
            columns: columns(format),
            example: format.example(),
        };
        Reply::data(&Format::ALL.into_iter().map(of).collect::<Vec<_>>())
    }
}
