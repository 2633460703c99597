//! The pattern language: a JSON file becomes a checked plan, a plan and a scope become arguments, outputs and panels.
//!
//! `text → parse → check → Plan`, all pure. Invariants: every message carries a position; a plan only contains what the
//! checker accepted; no input can panic the parser (property tests). Source: `patterns.md`.

mod aliasing;
mod check;
mod diagnostic;
mod explain;
mod expression;
mod file;
mod inputs;
mod json;
mod panels;
mod plan;
mod reference;
mod run;
mod typing;
mod version;

pub use check::{Catalogue, check};
pub use diagnostic::{Diagnostic, RULES, Rule, Severity, render_json, render_sarif, render_text};
pub use explain::{explain_json, explain_mermaid, explain_text};
pub use expression::{Expression, Function, Measure, Operator, Truth};
pub use file::{PatternFile, parse, parse_bytes};
pub use inputs::{InputProblem, ResolvedInputs, resolve as resolve_inputs};
pub use json::{Node, NodeValue, Span, parse_json};
pub use panels::{render as render_panels, render_panel};
pub use plan::{Fallback, InputDeclaration, InputType, OnError, Output, Panel, Plan, PlanNode, Retry};
pub use reference::{Reference, Root, Segment, Template};
pub use run::{Scope, Skip, StepValue, evaluate, output_value, resolve_args};
pub use version::check_version;
