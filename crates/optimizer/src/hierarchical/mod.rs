//! Hierarchical risk parity: a tree of similar assets, and risk shared out down its branches.

mod hierarchical_risk_parity;
mod linkage;

pub use hierarchical_risk_parity::{Distance, HierarchicalRiskParity, hierarchical_risk_parity};
pub use linkage::{Linkage, Merge, leaf_order, linkage};
