//! `GET /api/imports/formats`

use serde::Serialize;
use utoipa::ToSchema;

use super::record::DAWSOS_CSV;
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
    /// All columns.
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
        Reply::data(&vec![ImportFormat {
            id: DAWSOS_CSV,
            name: "DawsOS CSV",
            media_types: vec!["text/csv"],
            required_columns: formats::dawsos_csv::REQUIRED.to_vec(),
            columns: formats::dawsos_csv::COLUMNS.to_vec(),
            example: "kind,trade_date,account,isin,quantity,price,currency,gross_amount,fees\n\
                      deposit,2024-01-02,Broker,,,,EUR,10000.00,\n\
                      buy,2024-01-03,Broker,DE000BASF111,20,48.15,EUR,,4.90\n",
        }])
    }
}
