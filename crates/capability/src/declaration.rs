//! The declaration of a capability: one record from which checker, editor, OpenAPI and dependency map are made.

use crate::types::Schema;
use serde::{Deserialize, Serialize};

/// What a capability promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// Canonical name, `family.verb_or_noun`.
    pub name: String,
    /// Semantic version: patch = same values, minor = added fields, major = changed meaning.
    pub version: String,
    /// The agent that offers it.
    pub agent: String,
    /// One sentence.
    pub summary: String,
    /// Arguments.
    pub input: Schema,
    /// Fields of the value.
    pub output: Schema,
    /// What it reads.
    pub reads: Reads,
    /// Permissions that a pattern needs to call it.
    pub rights: Vec<String>,
    /// What it changes.
    pub effect: Effect,
    /// What it costs.
    pub cost: Cost,
    /// May use a database connection.
    pub lease: bool,
    /// Longest time for one call, milliseconds.
    pub timeout_ms: u64,
    /// Codes worth a retry.
    pub transient: Vec<String>,
    /// Seconds after which a provider-backed value is stale; `None`: never.
    pub ttl_s: Option<u64>,
    /// Functions of `analytics.md` that it uses.
    pub calculators: Vec<String>,
}

impl Declaration {
    /// A read of the portfolio's books and prices, without effect; the usual case, to be adjusted.
    pub fn read(name: &str, version: &str, agent: &str, summary: &str, input: Schema, output: Schema) -> Declaration {
        Declaration {
            name: name.into(),
            version: version.into(),
            agent: agent.into(),
            summary: summary.into(),
            input,
            output,
            reads: Reads { ledger: true, packs: true, ..Reads::default() },
            rights: vec!["portfolio_read".into()],
            effect: Effect::None,
            cost: Cost::Normal,
            lease: true,
            timeout_ms: 30_000,
            transient: vec!["database_unavailable".into()],
            ttl_s: None,
            calculators: Vec::new(),
        }
    }

    /// `name@version`, as in envelopes and traces.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// What a capability reads (`capabilities.md` §2: L P M F V A R S).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reads {
    /// L: the user's books.
    pub ledger: bool,
    /// P: pricing packs and market history.
    pub packs: bool,
    /// M: macro series.
    pub macro_store: bool,
    /// F: fundamentals.
    pub fundamentals: bool,
    /// V: an outside provider.
    pub provider: bool,
    /// A: alerts.
    pub alerts: bool,
    /// R: rubrics and registry data.
    pub rubrics: bool,
    /// S: the system's own state.
    pub system: bool,
}

impl Reads {
    /// Nothing.
    pub const NONE: Reads = Reads {
        ledger: false,
        packs: false,
        macro_store: false,
        fundamentals: false,
        provider: false,
        alerts: false,
        rubrics: false,
        system: false,
    };

    /// What either reads.
    pub fn union(self, other: Reads) -> Reads {
        Reads {
            ledger: self.ledger || other.ledger,
            packs: self.packs || other.packs,
            macro_store: self.macro_store || other.macro_store,
            fundamentals: self.fundamentals || other.fundamentals,
            provider: self.provider || other.provider,
            alerts: self.alerts || other.alerts,
            rubrics: self.rubrics || other.rubrics,
            system: self.system || other.system,
        }
    }

    /// The letters of the tables, in their order.
    pub fn letters(self) -> String {
        [
            (self.ledger, 'L'),
            (self.packs, 'P'),
            (self.macro_store, 'M'),
            (self.fundamentals, 'F'),
            (self.provider, 'V'),
            (self.alerts, 'A'),
            (self.rubrics, 'R'),
            (self.system, 'S'),
        ]
        .into_iter()
        .filter_map(|(reads, letter)| reads.then_some(letter))
        .collect()
    }
}

/// What a capability changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing: cacheable, freely retried.
    None,
    /// The same key gives the same state.
    Idempotent,
    /// Once: needs an idempotency key, never retried after an unknown outcome.
    Once,
}

/// What a call costs, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Under a millisecond.
    Light,
    /// Some milliseconds.
    Normal,
    /// Longer.
    Heavy,
}

impl Cost {
    /// Milliseconds assumed until there are measurements.
    pub fn assumed_ms(self) -> u64 {
        match self {
            Cost::Light => 1,
            Cost::Normal => 5,
            Cost::Heavy => 50,
        }
    }
}
