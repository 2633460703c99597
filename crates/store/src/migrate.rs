//! Applies the numbered migrations of `/migrations`, each once, in order, under an advisory lock.
//! Invariant: a migration that ran is never changed afterwards; its checksum is kept and compared.

mod by_url;
mod files;

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::error::StoreError;
pub use by_url::{down_of, status_of, up_of};
pub use files::{MIGRATIONS, Migration};

/// Key of the advisory lock, one per database.
const LOCK_KEY: i64 = 0x6461_7773_6f73; // "dawsos"
const ATTEMPTS_MAX: u32 = 10;

/// Whether a migration ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Number of the migration.
    pub version: i32,
    /// Name of its file without number and ending.
    pub name: String,
    /// When it ran; absent while it is pending.
    pub applied_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Migration {
    /// SHA-256 of the way up.
    #[must_use]
    pub fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.up.as_bytes()).into()
    }

    /// `expand` or `contract`, as the file name says.
    #[must_use]
    pub fn phase(&self) -> &'static str {
        if self.name.starts_with("contract") { "contract" } else { "expand" }
    }

    fn runs_as_session(&self) -> bool {
        self.up.lines().any(|line| line == "-- run-as: session")
    }

    /// The way up where `RESET ROLE` or a session migration needs rights over the definer.
    fn needs_definer(&self) -> bool {
        self.up.contains("OWNER TO dawsos_definer")
    }

    fn without_transaction(&self) -> bool {
        self.up.lines().any(|line| line == "-- no-transaction")
    }
}

/// Migrations in order with their state; refuses a schema that this build does not know.
pub async fn status(client: &Client) -> Result<Vec<MigrationStatus>, StoreError> {
    let applied = applied(client).await?;
    let mut out = Vec::with_capacity(MIGRATIONS.len());
    for migration in MIGRATIONS {
        let found = applied.iter().find(|a| a.version == migration.version);
        if let Some(found) = found
            && found.checksum != migration.checksum()
        {
            return Err(StoreError::Migration(format!(
                "{:04} {} was changed after it ran: restore the file or the database",
                migration.version, migration.name
            )));
        }
        out.push(MigrationStatus {
            version: migration.version,
            name: migration.name.to_owned(),
            applied_at: found.map(|a| a.applied_at),
        });
    }
    let known_max = MIGRATIONS.last().map_or(0, |m| m.version);
    if let Some(newer) = applied.iter().find(|a| a.version > known_max) {
        return Err(StoreError::Migration(format!(
            "the database is at {:04} {}, this release knows up to {known_max:04}: run a newer release, or \
             `dawsos migrate --down` with the newer one",
            newer.version, newer.name
        )));
    }
    Ok(out)
}

/// Migrations that [`up`] would run, in order.
pub async fn plan(client: &Client) -> Result<Vec<&'static Migration>, StoreError> {
    let status = status(client).await?;
    Ok(MIGRATIONS.iter().zip(&status).filter(|(_, s)| s.applied_at.is_none()).map(|(m, _)| m).collect())
}

/// Runs all pending migrations; gives those that ran.
pub async fn up(client: &Client) -> Result<Vec<&'static Migration>, StoreError> {
    lock(client).await?;
    let result = async {
        let pending = plan(client).await?;
        for migration in &pending {
            apply(client, migration, Direction::Up).await?;
        }
        Ok(pending)
    }
    .await;
    unlock(client).await;
    result
}

/// Undoes migrations above `target` (0 for all), newest first; stops before the last contract.
pub async fn down(client: &Client, target: i32) -> Result<Vec<&'static Migration>, StoreError> {
    lock(client).await?;
    let result = async {
        let status = status(client).await?;
        let mut undone = Vec::new();
        for (migration, state) in MIGRATIONS.iter().zip(&status).rev() {
            if migration.version <= target || migration.phase() == "contract" {
                break;
            }
            if state.applied_at.is_some() {
                apply(client, migration, Direction::Down).await?;
                undone.push(migration);
            }
        }
        Ok(undone)
    }
    .await;
    unlock(client).await;
    result
}

struct Applied {
    version: i32,
    name: String,
    checksum: [u8; 32],
    applied_at: chrono::DateTime<chrono::Utc>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

async fn applied(client: &Client) -> Result<Vec<Applied>, StoreError> {
    let pg = |e: tokio_postgres::Error| StoreError::from_postgres("schema_migrations", &e);
    let there =
        client.query_one("SELECT to_regclass('dawsos.schema_migrations') IS NOT NULL", &[]).await.map_err(pg)?;
    if !there.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client
        .query("SELECT version, name, checksum, applied_at FROM dawsos.schema_migrations ORDER BY version", &[])
        .await
        .map_err(pg)?;
    rows.iter()
        .map(|row| {
            let checksum: &[u8] = row.get(2);
            Ok(Applied {
                version: row.get(0),
                name: row.get(1),
                checksum: checksum
                    .try_into()
                    .map_err(|_| StoreError::corrupt("schema_migrations.checksum", "not 32 bytes"))?,
                applied_at: row.get(3),
            })
        })
        .collect()
}

async fn lock(client: &Client) -> Result<(), StoreError> {
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK_KEY])
        .await
        .map(|_| ())
        .map_err(|e| StoreError::from_postgres("migration lock", &e))
}

async fn unlock(client: &Client) {
    if let Err(error) = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK_KEY]).await {
        tracing::warn!(%error, "migration lock not released; it ends with the connection");
    }
}

/// Runs one migration, again when it could not get a table lock in time.
async fn apply(client: &Client, migration: &Migration, direction: Direction) -> Result<(), StoreError> {
    let started = Instant::now();
    for attempt in 1.. {
        let error = match apply_once(client, migration, direction, started).await {
            Ok(()) => break,
            Err(error) => error,
        };
        let _ = client.batch_execute("ROLLBACK").await;
        if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) && attempt < ATTEMPTS_MAX {
            tracing::info!(migration = migration.name, attempt, "table is busy, trying again");
            tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
            continue;
        }
        let text = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
        let hint = if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            "; run `dawsos migrate` with the URL of a role that may create roles and schemas"
        } else {
            ""
        };
        return Err(StoreError::Migration(format!("{:04} {}: {text}{hint}", migration.version, migration.name)));
    }
    tracing::info!(
        version = migration.version,
        name = migration.name,
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        up = direction == Direction::Up,
        "migration ran"
    );
    Ok(())
}

async fn apply_once(
    client: &Client,
    migration: &Migration,
    direction: Direction,
    started: Instant,
) -> Result<(), tokio_postgres::Error> {
    let as_owner = "SET LOCAL ROLE dawsos_owner;";
    if direction == Direction::Up && migration.without_transaction() {
        client.batch_execute(migration.up).await?;
        client.batch_execute("BEGIN; SET LOCAL ROLE dawsos_owner").await?;
    } else {
        let (body, role) = match direction {
            Direction::Up if migration.runs_as_session() => (migration.up, ""),
            Direction::Up => (migration.up, as_owner),
            Direction::Down => (migration.down, as_owner),
        };
        let definer = if direction == Direction::Up && migration.needs_definer() { GRANT_DEFINER } else { "" };
        client.batch_execute(&format!("BEGIN; SET LOCAL lock_timeout = '2s'; {definer} {role}\n{body}")).await?;
        if !definer.is_empty() {
            client.batch_execute(&format!("RESET ROLE; {REVOKE_DEFINER} {as_owner}")).await?;
        }
    }
    match direction {
        Direction::Up => {
            client.batch_execute(SCHEMA_MIGRATIONS).await?;
            let ms = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
            let checksum = migration.checksum();
            client
                .execute(
                    "INSERT INTO dawsos.schema_migrations (version, name, checksum, duration_ms, phase) \
                     VALUES ($1, $2, $3, $4, $5)",
                    &[&migration.version, &migration.name, &checksum.as_slice(), &ms, &migration.phase()],
                )
                .await?;
        }
        Direction::Down => {
            client.execute("DELETE FROM dawsos.schema_migrations WHERE version = $1", &[&migration.version]).await?;
        }
    }
    client.batch_execute("COMMIT").await
}

/// A role that migrates without being superuser acts for the definer only while it hands functions over.
const GRANT_DEFINER: &str = "DO $$ BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        EXECUTE format('GRANT dawsos_definer TO %I', session_user);
    END IF;
END $$;";
const REVOKE_DEFINER: &str = "DO $$ BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        EXECUTE format('REVOKE dawsos_definer FROM %I', session_user);
    END IF;
END $$;";

/// The runner's own table: made by the first migration that runs.
const SCHEMA_MIGRATIONS: &str = "
CREATE TABLE IF NOT EXISTS dawsos.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL CHECK (length(name) <= 100),
    checksum bytea NOT NULL CHECK (octet_length(checksum) = 32),
    applied_at timestamptz NOT NULL DEFAULT now(),
    duration_ms integer NOT NULL CHECK (duration_ms >= 0),
    phase text NOT NULL CHECK (phase IN ('expand', 'backfill', 'contract'))
);
COMMENT ON TABLE dawsos.schema_migrations IS '[Y] Migrations that ran.';
COMMENT ON COLUMN dawsos.schema_migrations.version IS 'number of the migration';
COMMENT ON COLUMN dawsos.schema_migrations.name IS 'name of its file';
COMMENT ON COLUMN dawsos.schema_migrations.checksum IS 'SHA-256 of the way up';
COMMENT ON COLUMN dawsos.schema_migrations.applied_at IS 'when it ran';
COMMENT ON COLUMN dawsos.schema_migrations.duration_ms IS 'how long it took';
COMMENT ON COLUMN dawsos.schema_migrations.phase IS 'expand or contract';
ALTER TABLE dawsos.schema_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.schema_migrations FORCE ROW LEVEL SECURITY;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'dawsos' AND policyname = 'schema_migrations_select_app') THEN
        CREATE POLICY schema_migrations_select_app ON dawsos.schema_migrations FOR SELECT TO dawsos_app, dawsos_worker USING (true);
        COMMENT ON POLICY schema_migrations_select_app ON dawsos.schema_migrations IS 'the server checks the schema that it runs on';
        CREATE POLICY schema_migrations_all_owner ON dawsos.schema_migrations FOR ALL TO dawsos_owner USING (true) WITH CHECK (true);
        COMMENT ON POLICY schema_migrations_all_owner ON dawsos.schema_migrations IS 'migrations record that they ran';
        GRANT SELECT ON dawsos.schema_migrations TO dawsos_app, dawsos_worker;
    END IF;
END $$;";
