//! The command line: every command and flag, nothing else.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// DawsOS: a portfolio decision engine that you host yourself.
#[derive(Debug, Parser)]
#[command(name = "dawsos", version, about, propagate_version = true)]
pub struct Arguments {
    /// Flags that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Settings file; default: dawsos.toml in the data directory, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory; overrides DAWSOS_DATA_DIR.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Act as this user (e-mail); default: the only user, or the demo user.
    #[arg(long, global = true, value_name = "EMAIL")]
    pub user: Option<String>,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve API and web UI.
    Serve(Listen),
    /// Serve with the demo data: real prices, an invented ledger on them.
    Demo {
        /// Where to listen.
        #[command(flatten)]
        listen: Listen,
        /// Set everything up, print the login, and exit.
        #[arg(long)]
        prepare_only: bool,
    },
    /// Run a pattern and print its result.
    Run(Run),
    /// Bring in transactions from a file.
    Import(Import),
    /// Write the books to a file: JSON that restores to the same commit, CSV, or a journal for Beancount.
    Export(Export),
    /// The books: prove, export, read.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Prices, rates and their packs.
    #[command(subcommand)]
    Packs(Packs),
    /// The pattern language.
    #[command(subcommand)]
    Patterns(Patterns),
    /// Local users.
    #[command(subcommand)]
    User(User),
    /// Bring the schema up to date, or show or undo changes.
    Migrate {
        /// Show what would be done.
        #[arg(long, conflicts_with = "down")]
        plan: bool,
        /// Undo migrations above this version (0 undoes all).
        #[arg(long, value_name = "VERSION")]
        down: Option<i64>,
    },
    /// Compute one formula: JSON in, JSON out; no database. `calc golden FILE` compares with known answers.
    Calc(Calc),
    /// Print every setting with its meaning and default.
    Config,
    /// Measure latency, throughput, import, start and memory against a database of its own.
    Bench(Bench),
}

/// Where to listen.
#[derive(Debug, Args)]
pub struct Listen {
    /// TCP port; 0 picks a free one. Overrides PORT.
    #[arg(long)]
    pub port: Option<u16>,
    /// Address; overrides HOST.
    #[arg(long)]
    pub host: Option<String>,
}

/// `dawsos run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Id of the pattern.
    pub pattern: String,
    /// An input, repeatable; the value is JSON, or text.
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = RunFormat::Table)]
    pub format: RunFormat,
    /// Value as of this date (default: the newest pack's).
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// Use this pricing pack (display id or hash).
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// Add ids, timings and the trace of the execution.
    #[arg(long)]
    pub trace: bool,
    /// Compute, even when the result is known.
    #[arg(long)]
    pub no_cache: bool,
}

/// Output of `dawsos run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// Tables for people.
    Table,
    /// Canonical JSON: context, data, panels.
    Json,
    /// The rows of the first table panel.
    Csv,
}

/// `dawsos import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, or `-` for standard input.
    #[arg(required_unless_present_any = ["undo", "formats"])]
    pub file: Option<PathBuf>,
    /// Portfolio (name or id); default: the only one.
    #[arg(long, short)]
    pub portfolio: Option<String>,
    /// Account for rows that name none.
    #[arg(long)]
    pub account: Option<String>,
    /// Format of the file (see --formats); default: found out from the file.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Mapping of the columns of a CSV: a JSON file.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// List problems and effects, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Create the securities that nothing is known about.
    #[arg(long)]
    pub create_securities: bool,
    /// Answer a question about a security, repeatable: `KEY=ID`, `KEY=create` or `KEY=ignore`.
    #[arg(long = "security", value_name = "KEY=CHOICE")]
    pub securities: Vec<String>,
    /// Account of the portfolio for an account of the file, repeatable.
    #[arg(long = "account-of", value_name = "NAME=ACCOUNT")]
    pub accounts: Vec<String>,
    /// Leave a line out, repeatable.
    #[arg(long = "skip-line", value_name = "LINE")]
    pub skip_lines: Vec<String>,
    /// Leave out options, futures and the like, which books do not hold yet.
    #[arg(long)]
    pub skip_not_supported: bool,
    /// Take an import back as a whole, by void entries.
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["file", "dry_run"])]
    pub undo: Option<String>,
    /// Why it is taken back.
    #[arg(long, default_value = "taken back from the shell")]
    pub reason: String,
    /// List the formats that are read.
    #[arg(long)]
    pub formats: bool,
}

/// `dawsos export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Which books.
    #[command(flatten)]
    pub which: WhichPortfolio,
    /// Form of the export.
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub format: ExportFormat,
    /// File to write; default: standard output.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// Which books.
#[derive(Debug, Args)]
pub struct WhichPortfolio {
    /// Portfolio (name or id); default: the only one.
    #[arg(long, short)]
    pub portfolio: Option<String>,
}

/// `dawsos ledger …`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Replay the entries, compare with the stored rows, check the commit chain.
    Verify(WhichPortfolio),
    /// Write the books to standard output or a file.
    Export {
        /// Which books.
        #[command(flatten)]
        which: WhichPortfolio,
        /// Form of the export.
        #[arg(long, value_enum)]
        format: ExportFormat,
        /// File to write; default: standard output.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// List the entries with their commits.
    Show {
        /// Which books.
        #[command(flatten)]
        which: WhichPortfolio,
        /// How many, newest first.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

/// Form of an exported ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A journal for Beancount 3.
    Beancount,
    /// DawsOS CSV, importable again.
    Csv,
    /// Entries as stored: the same ledger commit results.
    Json,
}

/// `dawsos packs …`.
#[derive(Debug, Subcommand)]
pub enum Packs {
    /// List packs, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show a pack: coverage, prices, rates, what is missing.
    Show {
        /// Display id or hash; default: the newest.
        pack: Option<String>,
    },
    /// Store prices or FX rates from a market data CSV (the header says which); packs are built from them.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Build packs for the days of a range that have none.
    Build {
        /// First day.
        #[arg(long)]
        from: String,
        /// Last day.
        #[arg(long)]
        to: String,
    },
    /// Correct prices or rates of a past day: a new chain from that day on, the old one stays readable.
    Restate {
        /// The day.
        #[arg(long)]
        date: String,
        /// A corrected price, repeatable: `MIC:SYMBOL=PRICE` or `SYMBOL=PRICE`.
        #[arg(long = "price", value_name = "SECURITY=PRICE")]
        prices: Vec<String>,
        /// A corrected rate, repeatable: `EUR/USD=1.0834` (units of the second for one of the first).
        #[arg(long = "rate", value_name = "BASE/QUOTE=RATE")]
        rates: Vec<String>,
        /// Why; kept with the packs.
        #[arg(long)]
        reason: String,
    },
    /// Recompute hashes along the chain of a pack.
    Verify {
        /// Display id or hash; default: the newest.
        pack: Option<String>,
    },
}

/// `dawsos patterns …`.
#[derive(Debug, Subcommand)]
pub enum Patterns {
    /// Check pattern files; exit 1 when there are errors.
    Check {
        /// Files or folders; default: the shipped patterns.
        paths: Vec<PathBuf>,
        /// How to print.
        #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
        /// Warnings count as errors.
        #[arg(long)]
        strict: bool,
    },
    /// List the patterns that are served.
    List,
    /// Show the plan: levels, agents, leases, rights.
    Explain {
        /// Id of the pattern.
        pattern: String,
        /// How to print.
        #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
        format: ExplainFormat,
    },
}

/// Output of `patterns check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum CheckFormat {
    Text,
    Json,
    Sarif,
}

/// Output of `patterns explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ExplainFormat {
    Text,
    Json,
    Mermaid,
}

/// `dawsos user …`.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Create a user; the password is read from the terminal or standard input.
    Create {
        /// E-mail, also the name at sign-in.
        email: String,
        /// Name to show.
        #[arg(long)]
        name: Option<String>,
        /// VIEWER, USER, MANAGER or ADMIN.
        #[arg(long, default_value = "USER")]
        role: String,
    },
    /// List users.
    List,
    /// Set a new password, read from the terminal or standard input; ends the user's sessions.
    Password {
        /// E-mail.
        email: String,
    },
    /// Print a new setup link while there is no administrator.
    SetupLink,
}

/// `dawsos calc`.
#[derive(Debug, Args)]
pub struct Calc {
    /// A calculator or function, or `golden`.
    #[arg(required_unless_present_any = ["list", "schema"])]
    pub name: Option<String>,
    /// The input, or the golden file; default: standard input.
    pub file: Option<PathBuf>,
    /// List calculators and their functions.
    #[arg(long)]
    pub list: bool,
    /// Print the JSON Schema of a function's input.
    #[arg(long, value_name = "FUNCTION")]
    pub schema: Option<String>,
    /// Print a table for people instead of JSON.
    #[arg(long)]
    pub pretty: bool,
    /// Print the page that explains the formula instead of computing; of a portfolio case: what made each answer.
    #[arg(long)]
    pub explain: bool,
    /// Seed of simulations; overrides the input's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Folder of the CSV tables that inputs name; default: the file's folder.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Only this case of the golden file.
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
}

/// `dawsos bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// Seconds for each load measurement.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Rows of the import measurement.
    #[arg(long, default_value_t = 100_000)]
    pub import_rows: usize,
}
