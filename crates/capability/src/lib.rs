//! What a capability promises: name, version, agent, typed inputs and outputs, what it reads, what it costs.
//!
//! Everything here is data: the pattern checker, the editor's schema, OpenAPI and the dependency map come from one
//! [`Declaration`]. Invariant: a value that does not exist is [`absent`] with a typed reason, never a default.
//! Source: `capabilities.md` §1.

mod absent;
mod aliases;
mod check;
mod codes;
mod context;
mod declaration;
mod json_schema;
mod nearest;
mod result;
mod types;
pub mod wire;

pub use absent::{absence_code, absent, absent_with, is_absent};
pub use aliases::{canonical_field, canonical_name, field_aliases, local_field};
pub use canonical_json::canonical;
pub use check::{Mismatch, check_argument, check_passed_value, check_value};
pub use codes::{CODES, Code, http_status, title};
pub use context::{ExecutionContext, LedgerInfo, PackInfo};
pub use declaration::{Cost, Declaration, Effect, Reads};
pub use json_schema::{schema_of, type_schema};
pub use nearest::nearest;
pub use result::{CapabilityResult, Failure, FailureDetail, Provenance, ProvenanceKind, Source, Warning};
pub use types::{Field, Schema, Type};
