//! A route's handler with the types of its query, body and answer.

use std::future::Future;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::context::Context;
use super::fields::{self, Input, Place};
use super::reply::Outcome;
use crate::problem::Problem;

/// A handler. Query and body are read, and refused as a whole when anything is wrong, before it runs.
pub trait Endpoint: Send + Sync + 'static {
    /// Fields of the query string; `()` for none.
    type Query: Input + ToSchema + 'static;
    /// Fields of the JSON body; `()` for none.
    type Body: Input + ToSchema + 'static;
    /// `data` of the answer.
    type Answer: ToSchema + 'static;
    /// One sentence for the API's description.
    const SUMMARY: &'static str;

    /// Handles the request.
    fn handle(cx: Context, query: Self::Query, body: Self::Body) -> impl Future<Output = Outcome> + Send;
}

/// Reads query and body, then runs the handler.
///
/// # Errors
/// What reading or the handler refuses.
pub async fn run<E: Endpoint>(cx: Context) -> Outcome {
    let query = fields::read::<E::Query>(Place::Query, &fields::query_object(&cx.query)?)?;
    let body = fields::read::<E::Body>(Place::Body, &body_object(&cx)?)?;
    E::handle(cx, query, body).await
}

fn body_object(cx: &Context) -> Result<Map<String, Value>, Problem> {
    if cx.body.is_empty() || cx.route.is_upload() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&cx.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new("invalid_json", "the body must be a JSON object")),
        Err(error) => {
            let detail = format!("line {}, column {}: {}", error.line(), error.column(), describe(&error));
            let place = crate::problem::FieldError {
                line: u64::try_from(error.line()).ok(),
                column: Some(error.column().to_string()),
                code: "invalid_json".into(),
                detail: detail.clone(),
                ..Default::default()
            };
            Err(Problem::new("invalid_json", detail).with_error(place))
        }
    }
}

fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}
