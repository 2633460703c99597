//! A pricing pack as a record.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use store::queries::packs::{PackBuild, PackInfo};
use utoipa::ToSchema;

use crate::routes::wire::timestamp;

/// The policy of packs that are meant where none is named.
pub const DEFAULT_POLICY: &str = "default";

/// An immutable set of prices and exchange rates of a day, with everything before it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricingPack {
    /// Display id, such as `PP_2024-03-28`.
    pub pricing_pack_id: String,
    /// Hash of the pack, 64 hex digits.
    pub hash: String,
    /// Hash of the pack of the day before.
    pub parent: Option<String>,
    /// Hash of the day's prices and rates.
    pub content_hash: String,
    /// Policy that it was built by.
    pub policy: String,
    /// Day.
    pub date: NaiveDate,
    /// 0, or the number of the restatement.
    pub revision: u32,
    /// `fresh`: a pack that is there is complete.
    pub status: &'static str,
    /// Current pack of the day, where that is another one.
    pub superseded_by: Option<String>,
    /// Moment up to which everything known counts.
    pub known_at: String,
    /// Why it was made, for a restatement.
    pub reason: Option<String>,
    /// Share of expected prices and rates found; where the build noted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub coverage: Option<Value>,
    /// What is missing, with reasons; where the build noted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub missing: Option<Value>,
}

impl PricingPack {
    /// The wire form, with what its build noted.
    #[must_use]
    pub fn of(info: &PackInfo, build: Option<&PackBuild>) -> Self {
        let pack = &info.pack;
        Self {
            pricing_pack_id: pack.display_id.clone(),
            hash: hex::encode(pack.hash),
            parent: pack.parent_hash.map(hex::encode),
            content_hash: hex::encode(pack.content_hash),
            policy: pack.policy_id.clone(),
            date: pack.date,
            revision: pack.revision,
            status: "fresh",
            superseded_by: info.superseded_by.clone(),
            known_at: timestamp(pack.known_at),
            reason: pack.reason.clone(),
            coverage: build.map(|b| b.coverage.clone()),
            missing: build.map(|b| b.absent.clone()),
        }
    }
}
