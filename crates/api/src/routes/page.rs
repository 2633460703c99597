//! Paging parameters that lists share.

use serde_json::Value;

use crate::http::context::Context;
use crate::http::cursor::Cursor;
use crate::http::fields::Fields;
use crate::http::reply::Page;
use crate::problem::Problem;

/// Rows of a page when `limit` is not sent.
pub const LIMIT_DEFAULT: u32 = 100;

/// Paging parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging {
    /// Most rows of a page, 1 to 1,000; 100 when absent.
    pub limit: Option<u32>,
    /// `meta.page.next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    /// Reads the two parameters.
    pub fn read(f: &mut Fields<'_>) -> Self {
        let limit = f.opt_integer("limit", 1, 1000).and_then(|n| u32::try_from(n).ok());
        Self { limit, cursor: f.opt_text("cursor", 1, 4096) }
    }

    /// Rows of a page.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(LIMIT_DEFAULT)
    }

    /// The cursor that was sent, opened.
    ///
    /// # Errors
    /// `invalid_cursor` or `cursor_expired`.
    pub fn opened(&self, cx: &Context) -> Result<Option<Cursor>, Problem> {
        let open = |text: &String| cx.state.cursors().open(text, &filter_of(cx), cx.state.now());
        self.cursor.as_ref().map(open).transpose()
    }

    /// The position that was sent, as `T`.
    ///
    /// # Errors
    /// `invalid_cursor` or `cursor_expired`.
    pub fn position<T: serde::de::DeserializeOwned>(&self, cx: &Context) -> Result<Option<T>, Problem> {
        let Some(cursor) = self.opened(cx)? else { return Ok(None) };
        serde_json::from_value(cursor.position)
            .map(Some)
            .map_err(|_| Problem::new("invalid_cursor", "the cursor does not belong to this list"))
    }

    /// Cuts a list that was read with one row too many, and says where it stands.
    pub fn cut<T>(&self, cx: &Context, rows: &mut Vec<T>, position: impl Fn(&T) -> Value) -> Page {
        let limit = self.limit();
        let has_more = usize::try_from(limit).is_ok_and(|l| l < rows.len());
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next_cursor = if has_more { rows.last().map(|row| self.seal(cx, position(row), None, None)) } else { None };
        Page { limit, has_more, next_cursor, total: None }
    }

    /// A cursor after `position`, bound to the state that the page shows.
    #[must_use]
    pub fn seal(&self, cx: &Context, position: Value, pack: Option<String>, ledger_commit: Option<String>) -> String {
        cx.state.cursors().seal(&filter_of(cx), position, pack, ledger_commit, cx.state.now())
    }
}

/// Everything that decides what a list holds: route, path, user and all parameters but the paging ones.
fn filter_of(cx: &Context) -> String {
    let mut filter: Vec<&str> = cx
        .query
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("cursor=") && !p.starts_with("limit=") && !p.starts_with("count="))
        .collect();
    filter.sort_unstable();
    let user = cx.caller.as_ref().map(|c| c.user_id.to_string()).unwrap_or_default();
    format!("{} {} {user} {}", cx.route.method, cx.instance, filter.join("&"))
}
