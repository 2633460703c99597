//! `GET /api/openapi.json`

use std::sync::LazyLock;

use bytes::Bytes;
use http::{StatusCode, header};
use utoipa::ToSchema;

use crate::http::context::Context;
use crate::http::endpoint::Endpoint;
use crate::http::reply::{Outcome, Reply};

static TEXT: LazyLock<Bytes> = LazyLock::new(|| crate::openapi().to_string().into());

/// An OpenAPI 3.1 document.
#[derive(Debug, ToSchema)]
pub struct OpenApiDocument {
    /// Version of the format.
    pub openapi: String,
}

/// Sends the description of all routes.
#[derive(Debug)]
pub struct OpenApi;

impl Endpoint for OpenApi {
    type Query = ();
    type Body = ();
    type Answer = OpenApiDocument;
    const SUMMARY: &'static str = "This description, as OpenAPI 3.1.";

    async fn handle(_: Context, (): (), (): ()) -> Outcome {
        Ok(Reply::raw(StatusCode::OK, "application/json", TEXT.clone()).header(header::CACHE_CONTROL, "no-cache"))
    }
}
