//! What other replicas, and this one, announce through the database.
//! Invariant: a lost notice costs freshness, never truth; after a reconnection everything cached is dropped.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::broadcast;
use tokio_postgres::{AsyncMessage, Config, NoTls};
use uuid::Uuid;

use crate::heads::Heads;

/// Something that changed; ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The ledger of a portfolio moved.
    Ledger {
        /// Owner.
        user: Uuid,
        /// Portfolio.
        portfolio: Uuid,
    },
    /// Packs were added or restated.
    Packs(String),
    /// Patterns changed.
    Patterns(String),
    /// System settings changed.
    Settings(String),
    /// A session was revoked.
    Sessions(String),
    /// The listener was away: anything may have changed.
    Reconnected,
}

/// Channels that are listened to.
pub(crate) const CHANNELS: [&str; 5] = ["ledger", "packs", "patterns", "settings", "sessions"];

fn parse(channel: &str, payload: &str) -> Option<Notice> {
    let text = payload.to_owned();
    match channel {
        "ledger" => {
            let (user, portfolio) = payload.split_once(':')?;
            Some(Notice::Ledger { user: user.parse().ok()?, portfolio: portfolio.parse().ok()? })
        }
        "packs" => Some(Notice::Packs(text)),
        "patterns" => Some(Notice::Patterns(text)),
        "settings" => Some(Notice::Settings(text)),
        "sessions" => Some(Notice::Sessions(text)),
        _ => None,
    }
}

/// Listens until the last receiver and the store are gone.
pub(crate) async fn run(
    mut config: Config,
    application_name: String,
    heads: Arc<Heads>,
    notices: broadcast::Sender<Notice>,
    ready: tokio::sync::oneshot::Sender<()>,
) {
    config.application_name(format!("{application_name} listener"));
    let mut ready = Some(ready);
    let mut pause = Duration::from_millis(50);
    loop {
        match listen_once(&config, &heads, &notices, &mut ready).await {
            Ok(()) => pause = Duration::from_millis(50),
            Err(error) => tracing::debug!(%error, "listener lost its connection"),
        }
        // Without notices nothing may be trusted to be current.
        heads.pause();
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

async fn listen_once(
    config: &Config,
    heads: &Heads,
    notices: &broadcast::Sender<Notice>,
    ready: &mut Option<tokio::sync::oneshot::Sender<()>>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let mut messages = futures::stream::poll_fn(move |cx| connection.poll_message(cx));
    let listen: String = CHANNELS.iter().map(|c| format!("LISTEN {c};")).collect();
    let listening = async {
        client.batch_execute(&listen).await?;
        heads.resume();
        match ready.take() {
            Some(first) => drop(first.send(())),
            None => drop(notices.send(Notice::Reconnected)),
        }
        // Keeps the client alive: dropping it would end the connection.
        futures::future::pending::<Result<(), tokio_postgres::Error>>().await
    };
    let receiving = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(n) = message? {
                let Some(notice) = parse(n.channel(), n.payload()) else {
                    tracing::warn!(channel = n.channel(), "notice cannot be read");
                    continue;
                };
                if let Notice::Ledger { portfolio, .. } = &notice {
                    heads.forget(*portfolio);
                }
                let _ = notices.send(notice);
            }
        }
        Ok(())
    };
    futures::pin_mut!(listening, receiving);
    match futures::future::select(listening, receiving).await {
        futures::future::Either::Left((result, _)) | futures::future::Either::Right((result, _)) => result,
    }
}
