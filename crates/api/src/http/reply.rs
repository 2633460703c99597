//! What a handler answers, before the envelope is written around it.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::problem::Problem;

/// What every handler returns.
pub type Outcome = Result<Reply, Problem>;

/// Where a page of a list stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page {
    /// Most rows of a page.
    pub limit: u32,
    /// Whether more rows follow.
    pub has_more: bool,
    /// Send this as `cursor` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Number of all rows, with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The body of an answer.
#[derive(Debug)]
pub enum ReplyBody {
    /// No body.
    Empty,
    /// `{"data": …, "meta": {…}}`.
    Data {
        /// Serialised data.
        data: Bytes,
        /// Members of `meta` beside the ids of the request.
        meta: Map<String, Value>,
    },
    /// An object that ends in `"meta":{…` without its closing braces: the ids of the request are added at the end.
    OpenMeta(Vec<Bytes>),
    /// Bytes of another kind.
    Raw(&'static str, Bytes),
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers beyond the standing ones.
    pub headers: HeaderMap,
    /// Body.
    pub body: ReplyBody,
}

impl Reply {
    /// 200 with data.
    ///
    /// # Errors
    /// When the data cannot be written as JSON, which is a bug.
    pub fn data(data: &impl Serialize) -> Outcome {
        let data = serde_json::to_vec(data).map_err(Problem::internal)?.into();
        Ok(Self::new(StatusCode::OK, ReplyBody::Data { data, meta: Map::new() }))
    }

    /// 201 with data and the address of the new record.
    ///
    /// # Errors
    /// As [`Reply::data`].
    pub fn created(location: &str, data: &impl Serialize) -> Outcome {
        let mut reply = Self::data(data)?;
        reply.status = StatusCode::CREATED;
        Ok(reply.header(header::LOCATION, location))
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, ReplyBody::Empty)
    }

    /// 304 for a result that the caller has already.
    #[must_use]
    pub fn not_modified(etag: &str) -> Self {
        Self::new(StatusCode::NOT_MODIFIED, ReplyBody::Empty).header(header::ETAG, etag)
    }

    /// Bytes with their media type.
    #[must_use]
    pub fn raw(status: StatusCode, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self::new(status, ReplyBody::Raw(media_type, bytes.into()))
    }

    /// An answer of a status and body.
    #[must_use]
    pub fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self { status, headers: HeaderMap::new(), body }
    }

    /// With one more header; a value that cannot be a header is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// With the version of the record as its ETag.
    #[must_use]
    pub fn version(self, version: i32) -> Self {
        self.header(header::ETAG, &format!("\"v{version}\""))
    }

    /// With `meta.page`.
    #[must_use]
    pub fn page(self, page: &Page) -> Self {
        self.meta("page", serde_json::to_value(page).unwrap_or_default())
    }

    /// With one more member of `meta`.
    #[must_use]
    pub fn meta(mut self, name: &str, value: Value) -> Self {
        if let ReplyBody::Data { meta, .. } = &mut self.body {
            meta.insert(name.to_owned(), value);
        }
        self
    }

    /// The bytes of the body with the ids of the request written into `meta`, and their media type.
    #[must_use]
    pub fn body_bytes(&self, request_id: &str, trace_id: &str) -> (Option<&'static str>, Bytes) {
        // Both ids are made of [A-Za-z0-9_-] only, so they need no escaping.
        let ids = format!("\"request_id\":\"{request_id}\",\"trace_id\":\"{trace_id}\"}}}}");
        match &self.body {
            ReplyBody::Empty => (None, Bytes::new()),
            ReplyBody::Raw(media_type, bytes) => (Some(media_type), bytes.clone()),
            ReplyBody::Data { data, meta } => {
                let mut out = Vec::with_capacity(data.len() + 256);
                out.extend_from_slice(b"{\"data\":");
                out.extend_from_slice(data);
                out.extend_from_slice(b",\"meta\":{");
                for (name, value) in meta {
                    out.extend_from_slice(Value::String(name.clone()).to_string().as_bytes());
                    out.push(b':');
                    out.extend_from_slice(value.to_string().as_bytes());
                    out.push(b',');
                }
                out.extend_from_slice(ids.as_bytes());
                (Some("application/json"), out.into())
            }
            ReplyBody::OpenMeta(parts) => {
                let size: usize = parts.iter().map(Bytes::len).sum();
                let mut out = Vec::with_capacity(size + ids.len());
                for part in parts {
                    out.extend_from_slice(part);
                }
                out.extend_from_slice(ids.as_bytes());
                (Some("application/json"), out.into())
            }
        }
    }

    /// The response.
    #[must_use]
    pub fn into_response(self, request_id: &str, trace_id: &str) -> Response {
        let (media_type, bytes) = self.body_bytes(request_id, trace_id);
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        let headers = response.headers_mut();
        if let Some(media_type) = media_type {
            headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_envelope_is_valid_json_with_ids_and_page() {
        let page = Page { limit: 2, has_more: true, next_cursor: Some("abc".into()), total: None };
        let reply = Reply::data(&json!([1, 2])).expect("data").page(&page);
        let (_, bytes) = reply.body_bytes("r1", "t1");
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(
            body,
            json!({"data": [1, 2], "meta": {
                "page": {"limit": 2, "has_more": true, "next_cursor": "abc"},
                "request_id": "r1", "trace_id": "t1"}})
        );
    }

    #[test]
    fn prepared_parts_are_joined_with_the_ids() {
        let parts = vec![Bytes::from_static(b"{\"data\":{},"), Bytes::from_static(b"\"meta\":{\"cache\":\"hit\",")];
        let (_, bytes) = Reply::new(StatusCode::OK, ReplyBody::OpenMeta(parts)).body_bytes("r", "t");
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(body, json!({"data": {}, "meta": {"cache": "hit", "request_id": "r", "trace_id": "t"}}));
    }
}
