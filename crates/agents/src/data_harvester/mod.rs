//! Securities and, later, what providers say of them.

pub(crate) mod securities_search;
