//! One transaction under one identity: the only way to reach a table.
//! Invariant: role and user are set locally before the first statement runs and end with the
//! transaction; a dropped future never returns an open transaction to the pool.

use std::ops::{Deref, DerefMut};
use std::time::Instant;

use bytes::Bytes;
use deadpool_postgres::{Object, Pool};
use futures::{FutureExt, SinkExt};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use crate::error::StoreError;
use crate::pool;
use crate::sql::Sql;

/// Parameters of a statement.
pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The database role that a transaction runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Requests of a signed-in user (`dawsos_app`).
    App,
    /// Login before a user is known (`dawsos_auth`).
    Auth,
    /// Jobs, ingestion and packs (`dawsos_worker`).
    Worker,
}

impl Role {
    /// Name of the role in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "dawsos_app",
            Self::Auth => "dawsos_auth",
            Self::Worker => "dawsos_worker",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet; the head goes out together with the first statement.
    Fresh,
    /// The head was sent.
    Open,
    /// COMMIT or ROLLBACK was sent.
    Ended,
}

/// A transaction with a role and, for requests, a user.
pub struct ScopedTransaction {
    client: Option<Object>,
    pool: Pool,
    deadline: Instant,
    head: String,
    role: Role,
    user: Option<Uuid>,
    state: State,
    in_flight: bool,
    wrote: bool,
    prepared: bool,
    rows: u64,
    /// Portfolios whose head this transaction moved.
    moved: Vec<(Uuid, Uuid)>,
}

impl std::fmt::Debug for ScopedTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopedTransaction")
            .field("role", &self.role)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl ScopedTransaction {
    pub(crate) fn new(
        (pool, client): (Pool, Object),
        role: Role,
        user: Option<Uuid>,
        (statement_timeout_ms, deadline): (u64, Instant),
        prepared: bool,
    ) -> Self {
        // The user is a Uuid and the timeout a number: nothing here can carry SQL of a caller.
        let user_text = user.map(|u| u.to_string()).unwrap_or_default();
        let head = format!(
            "BEGIN; SET LOCAL ROLE {}; SELECT set_config('app.user_id', '{user_text}', true), \
             set_config('statement_timeout', '{statement_timeout_ms}', true)",
            role.name()
        );
        Self {
            client: Some(client),
            pool,
            deadline,
            head,
            role,
            user,
            state: State::Fresh,
            in_flight: false,
            wrote: false,
            prepared,
            rows: 0,
            moved: Vec::new(),
        }
    }

    /// The user whose rows are visible, where there is one.
    #[must_use]
    pub fn user(&self) -> Option<Uuid> {
        self.user
    }

    /// The role of this transaction.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Rows read so far in this transaction.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.rows
    }

    fn client(&self) -> Result<&Object, StoreError> {
        self.client.as_ref().ok_or_else(|| StoreError::Unavailable("connection already closed".to_owned()))
    }

    async fn prepare(&self, sql: &Sql) -> Result<Option<Statement>, StoreError> {
        if !self.prepared {
            return Ok(None);
        }
        self.client()?
            .prepare_typed_cached(sql.text, sql.types)
            .await
            .map(Some)
            .map_err(|e| StoreError::from_postgres(sql.name, &e))
    }

    /// Runs one statement, with the head in the same flush when it is the first. While nothing was
    /// sent before, a lost connection is replaced: no change can have been kept.
    async fn run(&mut self, sql: &Sql, params: Params<'_>, wanted: Wanted) -> Result<Outcome, StoreError> {
        debug_assert_eq!(sql.types.len(), params.len(), "{}", sql.name);
        let first = self.state == State::Fresh;
        loop {
            match self.run_once(sql, params, first, wanted).await {
                Err(StoreError::Unavailable(why)) if first => {
                    tracing::debug!(why, "connection lost before any change, trying another");
                    self.in_flight = false;
                    self.state = State::Fresh;
                    drop(self.client.take().map(Object::take));
                    self.client = Some(pool::connection(&self.pool, self.deadline).await?);
                }
                result => return result,
            }
        }
    }

    async fn run_once(
        &mut self,
        sql: &Sql,
        params: Params<'_>,
        first: bool,
        wanted: Wanted,
    ) -> Result<Outcome, StoreError> {
        self.in_flight = true;
        // A statement must be prepared before the head is queued: see the pitfalls of pipelining.
        let statement = match self.prepare(sql).await {
            Ok(statement) => statement,
            Err(error) => {
                self.in_flight = false;
                return Err(error);
            }
        };
        if first {
            self.state = State::Open;
        }
        let client = self.client()?;
        let query = send(client, statement.as_ref(), sql, params, wanted);
        let result = if first {
            let (head, result) = futures::join!(client.batch_execute(&self.head), query);
            head.map_err(|e| StoreError::from_postgres("begin", &e))
                .and_then(|()| result.map_err(|e| StoreError::from_postgres(sql.name, &e)))
        } else {
            query.await.map_err(|e| StoreError::from_postgres(sql.name, &e))
        };
        self.in_flight = false;
        result
    }

    async fn run_rows(&mut self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        let rows = self.run(sql, params, Wanted::Rows).await?.rows;
        self.rows += rows.len() as u64;
        Ok(rows)
    }

    /// Sends the head on its own, for work that is not a statement with parameters.
    async fn open(&mut self) -> Result<(), StoreError> {
        if self.state == State::Fresh {
            self.state = State::Open;
            self.in_flight = true;
            let result = self.client()?.batch_execute(&self.head).await;
            self.in_flight = false;
            result.map_err(|e| StoreError::from_postgres("begin", &e))?;
        }
        Ok(())
    }

    /// Remembers that the ledger of a portfolio moved, so that caches are dropped after the commit.
    pub(crate) fn moved(&mut self, user: Uuid, portfolio: Uuid) {
        self.moved.push((user, portfolio));
    }

    pub(crate) fn take_moved(&mut self) -> Vec<(Uuid, Uuid)> {
        std::mem::take(&mut self.moved)
    }

    /// Rows of a reading statement.
    pub(crate) async fn rows(&mut self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        self.run_rows(sql, params).await
    }

    /// At most one row of a reading statement.
    pub(crate) async fn row_opt(&mut self, sql: &Sql, params: Params<'_>) -> Result<Option<Row>, StoreError> {
        Ok(self.run_rows(sql, params).await?.into_iter().next())
    }

    /// Rows that a writing statement returns.
    pub(crate) async fn write_rows(&mut self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        self.wrote = true;
        self.run_rows(sql, params).await
    }

    /// Runs a writing statement; gives the number of rows that it touched.
    pub(crate) async fn write(&mut self, sql: &Sql, params: Params<'_>) -> Result<u64, StoreError> {
        self.wrote = true;
        Ok(self.run(sql, params, Wanted::Count).await?.count)
    }

    /// Streams `body` (binary COPY format, complete with header and trailer) into a table.
    /// `statement` is a `COPY … FROM STDIN (FORMAT binary)` of this crate, never of a caller.
    pub(crate) async fn copy_in(&mut self, name: &str, statement: &str, body: Vec<Bytes>) -> Result<u64, StoreError> {
        self.wrote = true;
        self.open().await?;
        self.in_flight = true;
        let client = self.client()?;
        let result = async {
            let sink = client.copy_in::<_, Bytes>(statement).await?;
            futures::pin_mut!(sink);
            for chunk in body {
                sink.send(chunk).await?;
            }
            sink.finish().await
        }
        .await;
        self.in_flight = false;
        result.map_err(|e| StoreError::from_postgres(name, &e))
    }

    /// Ends well. A transaction that only read does not wait for the answer.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.state == State::Open {
            self.state = State::Ended;
            if self.wrote {
                self.in_flight = true;
                let result = self.client()?.batch_execute("COMMIT").await;
                self.in_flight = false;
                result.map_err(|e| StoreError::from_postgres("commit", &e))?;
            } else {
                // Queued behind the reads; whoever uses the connection next is queued behind it.
                let _ = self.client()?.batch_execute("COMMIT").now_or_never();
            }
        }
        Ok(())
    }

    /// Ends without keeping anything.
    pub(crate) async fn rollback(mut self) {
        if self.state == State::Open {
            self.state = State::Ended;
            if let Some(client) = &self.client {
                let _ = client.batch_execute("ROLLBACK").await;
            }
        }
    }
}

/// What a statement is run for.
#[derive(Clone, Copy)]
enum Wanted {
    Rows,
    Count,
}

struct Outcome {
    rows: Vec<Row>,
    count: u64,
}

async fn send(
    client: &Object,
    statement: Option<&Statement>,
    sql: &Sql,
    params: Params<'_>,
    wanted: Wanted,
) -> Result<Outcome, tokio_postgres::Error> {
    let (rows, count) = match (wanted, statement) {
        (Wanted::Rows, Some(statement)) => (client.query(statement, params).await?, 0),
        (Wanted::Rows, None) => (client.query_typed(sql.text, &typed(sql, params)).await?, 0),
        (Wanted::Count, Some(statement)) => (Vec::new(), client.execute(statement, params).await?),
        (Wanted::Count, None) => (Vec::new(), client.execute_typed(sql.text, &typed(sql, params)).await?),
    };
    Ok(Outcome { rows, count })
}

fn typed<'a>(sql: &Sql, params: Params<'a>) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    params.iter().copied().zip(sql.types.iter().cloned()).collect()
}

impl Drop for ScopedTransaction {
    /// A future that was dropped half-way leaves either a rollback or no connection behind.
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        if self.in_flight {
            // A statement still runs: the connection does not go back to the pool.
            let token = client.cancel_token();
            drop(Object::take(client));
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move {
                    let _ = token.cancel_query(tokio_postgres::NoTls).await;
                });
            }
        } else if self.state == State::Open {
            let _ = client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

macro_rules! transaction_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name(pub(crate) ScopedTransaction);

        impl Deref for $name {
            type Target = ScopedTransaction;
            fn deref(&self) -> &ScopedTransaction {
                &self.0
            }
        }

        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut ScopedTransaction {
                &mut self.0
            }
        }
    };
}

transaction_type!(
    /// A transaction of one user: sees its rows, those shared with it, and reference data.
    UserTransaction
);
transaction_type!(
    /// A transaction on the identity tables, before a user is known.
    AuthTransaction
);
transaction_type!(
    /// A transaction of a job: reference data and packs, and one user's rows where one is set.
    WorkerTransaction
);
