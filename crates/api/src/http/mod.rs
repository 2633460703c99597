//! The frame around every handler: reading requests, conventions, writing answers.

pub mod context;
pub mod cursor;
pub mod endpoint;
pub mod fields;
pub mod guard;
pub mod idempotency;
pub mod rate_limit;
pub mod reply;
pub mod serve;

use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Compresses answers of 1 KiB and more, except event streams and images.
pub(crate) fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(1024).and(NotForContentType::SSE).and(NotForContentType::IMAGES))
}
