//! The web interface, out of the binary: `index.html` for every page address, hashed assets for ever.
//!
//! Invariant: unknown `/api/*` is a problem, never HTML; a missing file with an extension is 404, never `index.html`.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::serve;
use crate::problem::Problem;
use crate::state::AppState;

/// The built interface; empty when the binary was built without it.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Interface;

/// Answers everything that no route takes.
pub async fn fallback(state: AppState, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") || path.starts_with("/docs/") {
        let detail = format!("there is no route {} {path}", request.method());
        return serve::refuse(&state, &request, &Problem::new("route_not_found", detail));
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return serve::other_method(&state, "GET, HEAD", &request);
    }
    let name = path.trim_start_matches('/');
    let is_page = !name.rsplit('/').next().unwrap_or_default().contains('.');
    let name = if is_page { "index.html" } else { name };
    match Interface::get(name) {
        Some(file) => {
            let mut response = asset(name, file, request.headers());
            serve::dress(&state, request.headers(), &mut response);
            response
        }
        None if is_page => {
            let problem = Problem::new("route_not_found", "this binary was built without the web interface")
                .trying("build the interface first (`make build`), or use the API under /api");
            serve::refuse(&state, &request, &problem)
        }
        None => serve::refuse(&state, &request, &Problem::new("route_not_found", format!("there is no file {path}"))),
    }
}

fn asset(name: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let accepts_br = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim().split(';').next() == Some("br")));
    let compressed = accepts_br.then(|| Interface::get(&format!("{name}.br"))).flatten();
    let is_known = request.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let is_br = compressed.is_some();
    let body = match (is_known, compressed) {
        (true, _) => Body::empty(),
        (false, Some(br)) => Body::from(br.data.into_owned()),
        (false, None) => Body::from(file.data.into_owned()),
    };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let media_type = mime_guess::from_path(name).first_or_octet_stream();
    let media_type = match (media_type.type_().as_str(), media_type.essence_str()) {
        ("text", essence) => format!("{essence}; charset=utf-8"),
        (_, essence) => essence.to_owned(),
    };
    let caching = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut set = |name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, &media_type);
    set(header::CACHE_CONTROL, caching);
    set(header::ETAG, &etag);
    set(header::VARY, "Accept-Encoding");
    if is_br {
        set(header::CONTENT_ENCODING, "br");
    }
    response
}
