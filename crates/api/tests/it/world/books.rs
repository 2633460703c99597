//! Small capabilities on real rows, in the place of the agents: what they read and write goes through row-level
//! security like everything else.

use std::sync::Arc;

use capability::{
    CapabilityResult, Declaration, Effect, ExecutionContext, Failure, FailureDetail, Field, LedgerInfo, Schema, Type,
};
use futures::future::BoxFuture;
use ledger::{Draft, Kind, NewEntry, Resolver};
use money::Currency;
use orchestrator::{
    ContextRequest, ContextSource, Deps, NoAttributions, NoExecutionLog, NoResultStore, OpenGate, Orchestrator,
    PatternFileText, PatternLibrary, Settings, StepCall, StepRunner,
};
use pattern::Catalogue;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use store::queries::portfolios::{self, NewPortfolio};
use store::queries::transactions::TransactionFilter;
use store::queries::{lots, transactions};
use store::{LeaseTicket, Store, StoreError};
use uuid::Uuid;

/// Reading capabilities and their arguments beside `portfolio_id`.
const READS: &[(&str, &[&str])] = &[
    ("portfolio.get_valued_positions", &[]),
    ("ledger.lots", &["security_id", "status", "lookback_days"]),
    ("ledger.cash", &[]),
    (
        "ledger.transactions",
        &["limit", "cursor", "account_id", "security_id", "kinds", "from", "to", "text", "include_voided"],
    ),
    ("ledger.verify", &[]),
    ("ledger.preview", &["entries", "if_ledger_commit"]),
    ("ledger.import_preview", &["import_id", "skip_duplicates", "limit", "cursor", "status"]),
];
/// Writing ones.
const WRITES: &[(&str, &[&str])] = &[
    ("ledger.record", &["entries", "if_ledger_commit", "idempotency_key"]),
    ("ledger.void", &["transaction_id", "reason", "if_ledger_commit", "idempotency_key"]),
    ("ledger.amend", &["transaction_id", "entry", "reason", "if_ledger_commit", "idempotency_key"]),
    ("ledger.import", &["import_id", "skip_duplicates", "allow_warnings", "if_ledger_commit", "idempotency_key"]),
];

/// A pattern of one step under each of the two names that routes use.
fn pattern_text(id: &str) -> PatternFileText {
    let text = json!({
        "format": 2, "id": id, "version": "1.0.0", "name": id, "description": "Lots and transactions of a portfolio.",
        "rights_required": ["portfolio_read"],
        "inputs": {
            "portfolio_id": {"type": "portfolio_id", "required": true, "description": "the portfolio"},
            "lookback_days": {"type": "integer", "default": 252, "description": "observations"}
        },
        "steps": [{"capability": "ledger.lots", "as": "lots", "args": {"portfolio_id": "{{inputs.portfolio_id}}", "lookback_days": "{{inputs.lookback_days}}"}}],
        "outputs": {"lots": "{{lots}}"}
    });
    PatternFileText { path: format!("{id}.json"), text: text.to_string() }
}

/// An orchestrator with these capabilities on a store.
pub fn orchestrator(store: Arc<Store>) -> Orchestrator {
    let declarations =
        READS.iter().map(|c| declare(c, Effect::None)).chain(WRITES.iter().map(|c| declare(c, Effect::Once)));
    let catalogue = Arc::new(Catalogue::new(declarations.chain([history(), supersede(), create()])));
    let patterns = ["portfolio_overview", "portfolio_performance"].map(pattern_text).to_vec();
    let library = PatternLibrary::new(catalogue, patterns, Vec::new());
    let report = library.reload();
    assert!(report.bad.is_empty(), "{report:?} {:?}", library.get("portfolio_overview").map(|l| l.diagnostics.clone()));
    Orchestrator::new(Deps {
        runner: Arc::new(Books(store.clone())),
        contexts: Arc::new(Books(store)),
        gate: Arc::new(OpenGate::default()),
        results: Arc::new(NoResultStore),
        log: Arc::new(NoExecutionLog),
        patterns: Arc::new(library),
        attributions: Arc::new(NoAttributions),
        settings: Settings::default(),
    })
}

fn declare((name, args): &(&str, &[&str]), effect: Effect) -> Declaration {
    let mut fields = vec![Field::required("portfolio_id", Type::id("portfolio"), "the portfolio")];
    fields.extend(args.iter().map(|arg| Field::optional(arg, Type::Any, "an argument")));
    let output =
        Schema::record([Field::optional("rows", Type::Any, "rows"), Field::optional("next_cursor", Type::Any, "next")]);
    let mut declaration =
        Declaration::read(name, "1.0.0", "financial_analyst", "for tests", Schema::record(fields), output);
    declaration.effect = effect;
    declaration.reads.packs = false;
    if effect != Effect::None {
        declaration.rights = vec!["portfolio_write".into()];
    }
    declaration
}

fn history() -> Declaration {
    let fields =
        ["security_id", "from", "lookback_days", "adjust"].map(|arg| Field::optional(arg, Type::Any, "an argument"));
    let output = Schema::record([Field::optional("rows", Type::Any, "rows")]);
    let mut declaration =
        Declaration::read("pricing.history", "1.0.0", "financial_analyst", "for tests", Schema::record(fields), output);
    declaration.reads = capability::Reads::NONE;
    declaration
}

fn supersede() -> Declaration {
    let fields = ["date", "reason", "changes", "dry_run"].map(|arg| Field::optional(arg, Type::Any, "an argument"));
    let mut declaration = Declaration::read(
        "pricing.supersede",
        "1.0.0",
        "financial_analyst",
        "for tests",
        Schema::record(fields),
        Schema::record([]),
    );
    declaration.reads = capability::Reads::NONE;
    declaration.effect = Effect::Idempotent;
    declaration.rights = vec!["packs_write".into()];
    declaration
}

fn create() -> Declaration {
    let fields = ["name", "base_currency", "cost_basis_method", "description", "idempotency_key"]
        .map(|arg| Field::optional(arg, Type::Any, "an argument"));
    let output = Schema::record([Field::required("portfolio_id", Type::id("portfolio"), "the new one")]);
    let mut declaration = Declaration::read(
        "portfolio.create",
        "1.0.0",
        "financial_analyst",
        "for tests",
        Schema::record(fields),
        output,
    );
    declaration.reads = capability::Reads::NONE;
    declaration.effect = Effect::Once;
    declaration.rights = vec!["portfolio_write".into()];
    declaration
}

struct Books(Arc<Store>);

impl ContextSource for Books {
    fn resolve(&self, request: ContextRequest) -> BoxFuture<'_, Result<ExecutionContext, Failure>> {
        Box::pin(async move {
            let mut ledger = None;
            if let Some(portfolio) = request.portfolio_id {
                let ticket = LeaseTicket::platform(request.user, request.deadline_in);
                let head = self.0.portfolio_head(ticket, request.user, portfolio).await.map_err(failure)?;
                let head = head.ok_or_else(|| Failure::new("portfolio_not_found", "no such portfolio"))?;
                ledger = Some(LedgerInfo { commit: hex::encode(head.commit), seq: head.seq });
            }
            Ok(ExecutionContext {
                execution_id: request.execution_id,
                trace_id: request.trace_id,
                user_id: request.user,
                rights: request.rights.to_vec(),
                portfolio_id: request.portfolio_id,
                as_of: request.as_of.unwrap_or_default(),
                known_at: None,
                pack: None,
                ledger,
                base_currency: "EUR".into(),
                report_currency: request.report_currency,
                deadline_ms: 1000,
            })
        })
    }
}

impl StepRunner for Books {
    fn run(&self, call: StepCall) -> BoxFuture<'_, Result<CapabilityResult, Failure>> {
        Box::pin(async move {
            let user = call.context.user_id;
            if call.capability == "portfolio.create" {
                return self.create(call, user).await;
            }
            let Some(portfolio) = call.context.portfolio_id else {
                return Ok(CapabilityResult::computed(json!({"rows": []})));
            };
            let value = match call.capability.as_str() {
                "ledger.transactions" => {
                    let limit = call.args["limit"].as_u64().unwrap_or(100);
                    let after = call.args["cursor"].as_str().map(|text| {
                        let (date, seq) = text.split_once('/').expect("our own cursor");
                        transactions::TransactionCursor {
                            trade_date: date.parse().expect("date"),
                            seq: seq.parse().expect("seq"),
                        }
                    });
                    let limit = u32::try_from(limit).unwrap_or(100);
                    let rows = self
                        .0
                        .as_user(call.ticket, user, async |tx| {
                            transactions::page(tx, user, portfolio, &TransactionFilter::default(), after, limit + 1)
                                .await
                        })
                        .await
                        .map_err(failure)?;
                    let more = limit as usize;
                    let next =
                        (more < rows.len()).then(|| format!("{}/{}", rows[more - 1].trade_date, rows[more - 1].seq));
                    let ids: Vec<Uuid> = rows.iter().take(more).map(|row| row.id).collect();
                    json!({"rows": ids, "next_cursor": next})
                }
                "ledger.record" => return self.record(call, user, portfolio).await,
                _ => {
                    let rows = self
                        .0
                        .as_user(call.ticket, user, async |tx| lots::list(tx, user, portfolio, None, None).await)
                        .await
                        .map_err(failure)?;
                    json!({"rows": rows.iter().map(|row| row.id).collect::<Vec<_>>()})
                }
            };
            Ok(CapabilityResult::computed(value))
        })
    }
}

impl Books {
    /// A portfolio and the entry that states its currency, in one transaction.
    async fn create(&self, call: StepCall, user: Uuid) -> Result<CapabilityResult, Failure> {
        let text = |name: &str| call.args[name].as_str().unwrap_or_default().to_owned();
        let new = NewPortfolio {
            id: Uuid::now_v7(),
            name: text("name"),
            description: text("description"),
            base_currency: text("base_currency").parse().expect("checked by the route"),
            cost_basis_method: text("cost_basis_method"),
            valuation_calendar: "all_days".into(),
            demo: false,
        };
        let currency = NewEntry::setting(
            "base_currency",
            json!(new.base_currency.to_string()),
            "2024-01-01".parse().expect("date"),
        );
        self.0
            .as_user(call.ticket, user, async |tx| {
                portfolios::insert(tx, user, &new).await?;
                testkit::append(tx, user, new.id, vec![currency]).await
            })
            .await
            .map_err(failure)?;
        Ok(CapabilityResult::computed(json!({"portfolio_id": new.id})))
    }

    /// Books deposits; a sale is always too much.
    async fn record(&self, call: StepCall, user: Uuid, portfolio: Uuid) -> Result<CapabilityResult, Failure> {
        let commit = call.context.ledger.as_ref().map(|l| l.commit.clone()).unwrap_or_default();
        if call.args["if_ledger_commit"].as_str().is_some_and(|wanted| wanted != commit) {
            return Err(Failure::new("conflict", "the ledger has moved on").about(json!({"ledger_commit": commit})));
        }
        let mut entries: Vec<NewEntry> = Vec::new();
        let mut errors = Vec::new();
        for (index, entry) in call.args["entries"].as_array().into_iter().flatten().enumerate() {
            match entry["kind"].as_str() {
                Some("deposit") => entries.push(deposit(entry)),
                Some("setting") => entries.push(NewEntry::setting(
                    entry["key"].as_str().unwrap_or_default(),
                    entry["value"].clone(),
                    "2024-03-01".parse().expect("date"),
                )),
                _ => errors.push(FailureDetail {
                    pointer: Some(format!("/entries/{index}/quantity")),
                    code: "oversell".into(),
                    detail: "open 0, asked 1".into(),
                    ..FailureDetail::default()
                }),
            }
        }
        if !errors.is_empty() {
            return Err(Failure::new("oversell", "sale of more than is held").with_errors(errors));
        }
        self.0
            .as_user(call.ticket, user, async |tx| testkit::append(tx, user, portfolio, entries).await)
            .await
            .map_err(failure)?;
        Ok(CapabilityResult::computed(json!({"rows": []})))
    }
}

struct OneCurrency;

impl Resolver for OneCurrency {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }
    fn fx(&self, _: Currency, _: chrono::NaiveDate) -> Option<Decimal> {
        None
    }
}

fn deposit(entry: &Value) -> NewEntry {
    let account = entry["account_id"].as_str().and_then(|t| t.parse().ok()).expect("checked by the route");
    let date = entry["trade_date"].as_str().and_then(|t| t.parse().ok()).expect("checked by the route");
    let mut draft = Draft::new(Kind::Deposit, account, date, Currency::EUR);
    draft.gross_amount = entry["gross_amount"].as_str().and_then(|t| t.parse().ok());
    draft.complete(&OneCurrency).expect("a complete deposit")
}

fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::AlreadyExists { .. } => Failure::new("already_exists", "the name is taken"),
        StoreError::NotFound(what) => Failure::new(format!("{what}_not_found"), format!("no such {what}")),
        StoreError::Reference { .. } | StoreError::PermissionDenied(_) => Failure::new("not_found", "no such row"),
        other => Failure::new("internal_error", other.to_string()),
    }
}
