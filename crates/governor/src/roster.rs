//! `agents.toml` as data: which agents there are, which families of capabilities each offers, and its bulkhead.
//!
//! Merging two agents is an edit of that file; capability names, and so patterns, do not change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::{Limits, LimitsError};

/// The agents of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Most leases out at once, over all agents.
    pub total: u32,
    /// Bulkhead that agents with `bulkhead = "others"` share.
    pub others: u32,
    /// Agents by name.
    pub agents: BTreeMap<String, AgentEntry>,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// Families of capabilities it offers: the part of the name before the dot.
    #[serde(default)]
    pub families: Vec<String>,
    /// Leases of its own; 0: it never uses a connection; not given: it shares the bulkhead `others`.
    pub leases: Option<u32>,
}

/// Why a roster cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// A family must belong to exactly one agent.
    #[error("family {family} belongs to both {first} and {second}")]
    FamilyTwice {
        /// The family.
        family: String,
        /// One agent that claims it.
        first: String,
        /// The other agent that claims it.
        second: String,
    },
    /// The limits that follow from it cannot work.
    #[error(transparent)]
    Limits(#[from] LimitsError),
}

impl Roster {
    /// Checks that each family has one agent and that the limits can work.
    pub fn check(&self) -> Result<(), RosterError> {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (agent, entry) in &self.agents {
            for family in &entry.families {
                if let Some(first) = owners.insert(family, agent) {
                    return Err(RosterError::FamilyTwice {
                        family: family.clone(),
                        first: first.to_owned(),
                        second: agent.clone(),
                    });
                }
            }
        }
        self.limits().check()?;
        Ok(())
    }

    /// The governor's limits that follow from this roster; the rest are defaults.
    pub fn limits(&self) -> Limits {
        let bulkheads = self.agents.iter().filter_map(|(agent, entry)| Some((agent.clone(), entry.leases?))).collect();
        Limits { total: self.total, bulkheads, others: self.others, ..Limits::default() }
    }

    /// Agent that offers `capability`, by its family.
    pub fn agent_of(&self, capability: &str) -> Option<&str> {
        let family = capability.split('.').next()?;
        self.agents
            .iter()
            .find(|(_, entry)| entry.families.iter().any(|offered| offered == family))
            .map(|(agent, _)| agent.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let entry = |families: &[&str], leases| AgentEntry {
            families: families.iter().map(|f| (*f).to_owned()).collect(),
            leases,
        };
        Roster {
            total: 20,
            others: 5,
            agents: [
                ("financial_analyst".to_owned(), entry(&["ledger", "portfolio"], Some(8))),
                ("charts_agent".to_owned(), entry(&["charts"], Some(0))),
                ("ratings_agent".to_owned(), entry(&["ratings"], None)),
            ]
            .into(),
        }
    }

    #[test]
    fn bulkheads_follow_from_the_roster() {
        let limits = roster().limits();
        assert_eq!(limits.bulkhead_of("financial_analyst").1, 8);
        assert_eq!(limits.bulkhead_of("charts_agent").1, 0);
        assert_eq!(limits.bulkhead_of("ratings_agent"), ("others", 5));
    }

    #[test]
    fn a_family_has_one_agent() {
        let mut twice = roster();
        assert_eq!(twice.agent_of("portfolio.historical_nav"), Some("financial_analyst"));
        assert_eq!(twice.agent_of("nothing.known"), None);
        if let Some(entry) = twice.agents.get_mut("ratings_agent") {
            entry.families.push("charts".to_owned());
        }
        assert!(matches!(twice.check(), Err(RosterError::FamilyTwice { family, .. }) if family == "charts"));
        assert_eq!(roster().check(), Ok(()));
    }
}
