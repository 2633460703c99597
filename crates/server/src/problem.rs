//! What a command says when it cannot do what it was asked: the same words as the API, and the exit code.

use capability::Failure;
use serde_json::{Value, json};
use store::StoreError;

/// Why a command stopped.
#[derive(Debug)]
pub struct Stopped {
    /// 1: our side failed or the work found something wrong; 2: bad usage or bad input.
    pub exit_code: u8,
    /// Problem details.
    pub body: Value,
}

impl Stopped {
    /// Bad input with a code.
    pub fn input(code: &str, detail: impl Into<String>) -> Stopped {
        Stopped::of(&Failure::new(code, detail))
    }

    /// A failure of ours.
    pub fn internal(detail: impl std::fmt::Display) -> Stopped {
        Stopped {
            exit_code: 1,
            body: json!({ "code": "internal_error", "title": "Internal error", "status": 500, "detail": detail.to_string() }),
        }
    }

    /// A failure of a capability.
    pub fn of(failure: &Failure) -> Stopped {
        let status = capability::http_status(&failure.code);
        let mut body = json!({
            "type": format!("/docs/errors/{}", failure.code),
            "title": capability::title(&failure.code),
            "status": status,
            "code": failure.code,
            "detail": failure.message,
        });
        if let Some(advice) = &failure.try_ {
            body["try"] = advice.clone().into();
        }
        if !failure.errors.is_empty() {
            body["errors"] = json!(failure.errors);
        } else if let Some(pointer) = &failure.pointer {
            body["errors"] = json!([{ "pointer": pointer, "code": failure.code, "detail": failure.message }]);
        }
        if !failure.subject.is_null() {
            body["subject"] = failure.subject.clone();
        }
        Stopped { exit_code: exit_code(status), body }
    }

    /// For people: title, detail, every problem with its place, advice.
    pub fn text(&self) -> String {
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut text = format!("{}: {}", word(&self.body["title"]), word(&self.body["detail"]));
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let mut place = String::new();
            if let Some(line) = error["line"].as_u64() {
                place.push_str(&format!("line {line}"));
            }
            for key in ["column", "pointer"] {
                if let Some(name) = error[key].as_str() {
                    place.push_str(if place.is_empty() { "" } else { ", " });
                    place.push_str(name);
                }
            }
            text.push_str(&format!("\n  {place}: {} [{}]", word(&error["detail"]), word(&error["code"])));
            if let Some(advice) = error["try"].as_str() {
                text.push_str(&format!("\n      try: {advice}"));
            }
        }
        if let Some(advice) = self.body["try"].as_str() {
            text.push_str(&format!("\n  try: {advice}"));
        }
        text
    }
}

fn exit_code(status: u16) -> u8 {
    if (400..500).contains(&status) { 2 } else { 1 }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        Stopped::of(&failure)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        let mut stopped = Stopped::of(&crate::wiring::failure_of_store(&error));
        if matches!(error, StoreError::Configuration(_) | StoreError::Migration(_)) {
            stopped.exit_code = 2;
        }
        stopped
    }
}

impl From<orchestrator::Problem> for Stopped {
    fn from(problem: orchestrator::Problem) -> Stopped {
        let body = serde_json::to_value(&*problem).unwrap_or_else(|error| json!({ "detail": error.to_string() }));
        Stopped { exit_code: exit_code(problem.status), body }
    }
}

impl From<agents::packs::PackError> for Stopped {
    fn from(error: agents::packs::PackError) -> Stopped {
        Stopped::of(&error.into_failure())
    }
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Stopped {
        Stopped {
            exit_code: 2,
            body: json!({ "code": "invalid_input", "title": "Not readable or writable", "status": 422, "detail": error.to_string() }),
        }
    }
}

impl From<crate::config::SettingsError> for Stopped {
    fn from(error: crate::config::SettingsError) -> Stopped {
        Stopped {
            exit_code: 2,
            body: json!({ "code": "invalid_input", "title": "Settings cannot be used", "status": 422, "detail": error.to_string() }),
        }
    }
}

impl From<private_postgres::Error> for Stopped {
    fn from(error: private_postgres::Error) -> Stopped {
        Stopped {
            exit_code: 1,
            body: json!({ "code": "database_unavailable", "title": "PostgreSQL does not start", "status": 503, "detail": error.to_string() }),
        }
    }
}
