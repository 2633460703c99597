//! The application: settings and data directory, PostgreSQL, store, agents, patterns, orchestrator, in this order.
//!
//! The server and every command build the same one, so that both go through the same governor and row-level security.

use std::path::PathBuf;
use std::sync::Arc;

use agents::Agents;
use orchestrator::{Deps, NoAttributions, Orchestrator, PatternFileText, PatternLibrary};
use pattern::Catalogue;
use private_postgres::{Cluster, Options};
use rust_embed::RustEmbed;
use store::{ExecutionWriter, Store, StoreConfig};

use crate::cli::Common;
use crate::config::{Settings, read_or_make};
use crate::problem::Stopped;
use crate::wiring::{Contexts, Gate, Log, Results, Runner};

#[derive(RustEmbed)]
#[folder = "../../patterns"]
struct ShippedPatterns;

/// The agents, their families and bulkheads.
const ROSTER: &str = include_str!("../../../agents.toml");

/// Everything that runs. Fields are dropped in order: the store before the cluster.
pub struct App {
    /// Settings in force.
    pub settings: Settings,
    /// Where data lives.
    pub data_directory: PathBuf,
    /// Runs patterns.
    pub orchestrator: Arc<Orchestrator>,
    /// Patterns and capabilities.
    pub patterns: Arc<PatternLibrary>,
    /// The capabilities.
    pub agents: Arc<Agents>,
    /// Writes executions down.
    pub writer: ExecutionWriter,
    /// The database.
    pub store: Arc<Store>,
    /// The private cluster, unless an external PostgreSQL is used.
    pub cluster: Option<Arc<Cluster>>,
}

/// A variable of the environment.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Is this process root?
pub fn is_root() -> bool {
    // SAFETY: geteuid has no preconditions and cannot fail.
    #[allow(unsafe_code)]
    unsafe {
        libc::geteuid() == 0
    }
}

/// Settings and the data directory, made if it is missing.
pub fn settings(common: &Common) -> Result<(Settings, PathBuf), Stopped> {
    let mut settings = Settings::load(common.config.as_deref(), variable)?;
    if let Some(folder) = &common.data_dir {
        settings.data.directory = folder.display().to_string();
    }
    let directory = settings.data_directory(variable, is_root());
    if common.config.is_none() && directory.join("dawsos.toml").is_file() {
        settings = Settings::load(Some(&directory.join("dawsos.toml")), variable)?;
        settings.data.directory = directory.display().to_string();
    }
    std::fs::create_dir_all(&directory).map_err(|error| {
        Stopped::input("invalid_input", format!("data directory {} cannot be made: {error}", directory.display()))
    })?;
    Ok((settings, std::path::absolute(&directory)?))
}

/// Options of the private cluster in a data directory.
pub fn cluster_options(data_directory: &std::path::Path) -> Options {
    let mut options = Options::new(data_directory);
    options.pg_bin = variable("PG_BIN").map(PathBuf::from);
    options.search_path = std::env::var_os("PATH");
    options.bundle_dir = Some(data_directory.join("postgres-bundle"));
    options
}

/// Text of the patterns inside the binary.
fn shipped() -> Vec<PatternFileText> {
    ShippedPatterns::iter()
        .filter(|path| path.ends_with(".json") && !path.ends_with(".test.json") && !path.starts_with("schema/"))
        .filter_map(|path| {
            let file = ShippedPatterns::get(&path)?;
            Some(PatternFileText { path: path.to_string(), text: String::from_utf8_lossy(&file.data).into_owned() })
        })
        .collect()
}

/// The catalogue of this build and a filled library, without a database.
pub fn library(settings: &Settings, data_directory: Option<&std::path::Path>) -> Arc<PatternLibrary> {
    let catalogue = Arc::new(Catalogue::new(agents::declarations()));
    let (texts, mut roots) = if settings.data.patterns_directory.is_empty() {
        (shipped(), Vec::new())
    } else {
        (Vec::new(), vec![PathBuf::from(&settings.data.patterns_directory)])
    };
    roots.extend(data_directory.map(|directory| directory.join("patterns")).filter(|folder| folder.is_dir()));
    let library = Arc::new(PatternLibrary::new(catalogue, texts, roots));
    say(&library.reload());
    library
}

/// What a reload of patterns found, for the log.
pub fn say(report: &orchestrator::ReloadReport) {
    for id in &report.changed {
        tracing::info!(pattern.id = %id, "pattern loaded");
    }
    for id in &report.bad {
        tracing::warn!(pattern.id = %id, "pattern has errors; its last good version serves, if there was one");
    }
    for id in &report.retired {
        tracing::info!(pattern.id = %id, "pattern retired");
    }
    for (path, reason) in &report.unreadable {
        tracing::warn!(%path, %reason, "pattern file cannot be read");
    }
}

impl App {
    /// Start or adopt PostgreSQL, migrate, connect, wire.
    pub async fn open(common: &Common) -> Result<App, Stopped> {
        let (settings, data_directory) = settings(common)?;
        App::open_in(settings, data_directory).await
    }

    /// The same with settings at hand.
    pub async fn open_in(settings: Settings, data_directory: PathBuf) -> Result<App, Stopped> {
        let roster: governor::Roster =
            toml::from_str(ROSTER).map_err(|error| Stopped::internal(format!("agents.toml: {error}")))?;
        roster.check().map_err(Stopped::internal)?;
        let (cluster, url) = database(&settings, &data_directory).await?;
        let mut config = StoreConfig::new(url);
        config.pool_min = settings.database.pool_min_size as usize;
        config.pool_max = settings.database.pool_max_size as usize;
        config.command_timeout = std::time::Duration::from_secs(settings.database.command_timeout_s);
        config.idle_timeout = std::time::Duration::from_secs(settings.database.idle_lifetime_s);
        config.prepared = settings.database.prepared;
        config.limits = roster.limits();
        config.secret_dir = Some(data_directory.clone());
        config.direct_url = variable("DATABASE_DIRECT_URL");
        if !settings.auth.secret_key.is_empty() {
            let derived = blake3::derive_key("dawsos login role 2026", settings.auth.secret_key.as_bytes());
            config.login_password = Some(hex::encode(derived));
        }
        let store = connect(config, cluster.as_deref()).await?;
        let agents = Arc::new(Agents::new(
            Arc::clone(&store),
            agents::Settings { market_bytes: settings.memory.market_bytes, ..agents::Settings::default() },
        ));
        let patterns = library(&settings, Some(&data_directory));
        let writer = ExecutionWriter::start(Arc::clone(&store));
        let orchestrator = Arc::new(Orchestrator::new(Deps {
            runner: Arc::new(Runner(Arc::clone(&agents))),
            contexts: Arc::new(Contexts(Arc::clone(&agents))),
            gate: Arc::new(Gate(Arc::clone(&store))),
            results: Arc::new(Results(Arc::clone(&store))),
            log: Arc::new(Log { writer: writer.clone(), replica_id: None }),
            patterns: Arc::clone(&patterns),
            attributions: Arc::new(NoAttributions),
            settings: orchestrator::Settings {
                result_memory_bytes: settings.memory.results_bytes,
                ..orchestrator::Settings::default()
            },
        }));
        Ok(App { settings, data_directory, orchestrator, patterns, agents, writer, store, cluster })
    }

    /// The secret that signs access tokens: as set, else made once and kept.
    pub fn jwt_secret(&self) -> Result<String, Stopped> {
        if !self.settings.auth.jwt_secret.is_empty() {
            return Ok(self.settings.auth.jwt_secret.clone());
        }
        Ok(read_or_make(&self.data_directory.join("jwt.key"))?)
    }

    /// Write down what is queued.
    pub async fn flush(&self) {
        if let Err(error) = self.writer.flush().await {
            tracing::error!(%error, "executions were not written down");
        }
    }
}

/// Connect; a private cluster that another process stopped at this very moment is started again.
async fn connect(config: StoreConfig, cluster: Option<&Cluster>) -> Result<Arc<Store>, Stopped> {
    let mut last = None;
    for _attempt in 0..3 {
        match Store::connect(config.clone()).await {
            Ok(store) => return Ok(store),
            Err(error @ store::StoreError::Unavailable(_)) if cluster.is_some() => last = Some(error),
            Err(error) => return Err(error.into()),
        }
        if let Some(cluster) = cluster {
            tokio::task::block_in_place(|| cluster.revive())?;
        }
    }
    Err(last.map_or_else(|| Stopped::internal("the database cannot be reached"), Stopped::from))
}

/// The external PostgreSQL, or the private cluster started or adopted.
async fn database(
    settings: &Settings,
    data_directory: &std::path::Path,
) -> Result<(Option<Arc<Cluster>>, String), Stopped> {
    if !settings.database.url.is_empty() {
        return Ok((None, settings.database.url.clone()));
    }
    let options = cluster_options(data_directory);
    let cluster = tokio::task::spawn_blocking(move || Cluster::open(options)).await.map_err(Stopped::internal)??;
    let url = cluster.connection_string();
    Ok((Some(Arc::new(cluster)), url))
}
