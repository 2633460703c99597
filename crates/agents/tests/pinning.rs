//! What an execution is pinned to.

mod common;

use std::sync::Arc;

use agents::ContextRequest;
use capability::Reads;
use chrono::Utc;
use common::{World, day};
use serde_json::json;
use store::LeaseTicket;
use store::queries::packs::{self, NewBuild};
use store::queries::settings;
use uuid::Uuid;

#[tokio::test]
async fn the_newest_pack_on_or_before_the_date_counts() {
    let world = World::demo().await;
    for (as_of, pack) in
        [(None, "PP_2022-06-15"), (Some("2021-12-31"), "PP_2021-12-31"), (Some("2023-01-01"), "PP_2022-06-15")]
    {
        let context = world
            .agents
            .resolve_context(ContextRequest { as_of: as_of.map(day), ..world.request() })
            .await
            .expect("a context");
        let found = context.pack.expect("a pack");
        assert_eq!((found.display_id.as_str(), found.superseded_by), (pack, None));
        assert_eq!(context.as_of, as_of.map_or(day("2022-06-15"), day));
    }
    // What reads no prices is not pinned to them.
    let books_only = ContextRequest { reads: Reads { ledger: true, ..Reads::NONE }, ..world.request() };
    let context = world.agents.resolve_context(books_only).await.expect("a context");
    assert_eq!((context.pack, context.known_at), (None, None));
    // An older pack prices an older day of its own chain.
    let early = ContextRequest {
        as_of: Some(day("2022-03-31")),
        pricing_pack_id: Some("PP_2022-06-15".to_owned()),
        ..world.request()
    };
    let context = Arc::new(world.agents.resolve_context(early).await.expect("a context"));
    let value = world.call_in(context, "portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    common::near(&value["net_asset_value"], 166_811.46, 0.01, "nav");
    // Before the first pack there are no prices, and it is said.
    let before = ContextRequest { as_of: Some(day("2017-01-01")), ..world.request() };
    let context = world.agents.resolve_context(before).await.expect("a context");
    assert_eq!(context.pack, None);
    // Long after the last one its prices are too old.
    let late = ContextRequest { as_of: Some(day("2022-07-29")), ..world.request() };
    let context = Arc::new(world.agents.resolve_context(late).await.expect("a context"));
    let value = world.call_in(context, "portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    assert_eq!(value["net_asset_value"]["absent"]["code"], "incomplete");
}

#[tokio::test]
async fn the_default_portfolio_counts_and_never_the_first() {
    let world = World::empty().await;
    let unnamed = || ContextRequest { portfolio_id: None, ..world.request() };
    // The user has two portfolios and a default.
    let chosen = world.agents.resolve_context(unnamed()).await.expect("the default").portfolio_id;
    assert!(chosen.is_some_and(|id| id != world.portfolio));
    let (user, portfolio) = (world.user, world.portfolio);
    let ticket = || LeaseTicket::platform(user, std::time::Duration::from_secs(60));
    let set = async |default: Option<Uuid>| {
        let changed = world.store.as_user(ticket(), user, async |tx| {
            let mut found = settings::of_user(tx, user).await?;
            found.default_portfolio_id = default;
            settings::put_user(tx, user, &found).await
        });
        changed.await.expect("settings");
    };
    set(Some(portfolio)).await;
    assert_eq!(world.agents.resolve_context(unnamed()).await.expect("the default").portfolio_id, Some(portfolio));
    set(None).await;
    let failure = world.agents.resolve_context(unnamed()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.pointer.as_deref()), ("portfolio_required", Some("/portfolio_id")));
    let none = ContextRequest { portfolio_id: None, reads: Reads::NONE, ..world.request() };
    assert_eq!(world.agents.resolve_context(none).await.expect("no portfolio needed").portfolio_id, None);
    let unknown = ContextRequest { portfolio_id: Some(Uuid::now_v7()), ..world.request() };
    assert_eq!(world.agents.resolve_context(unknown).await.unwrap_err().code, "portfolio_not_found");
}

#[tokio::test]
async fn who_wants_fresh_prices_is_told_to_wait() {
    let world = World::with_packs().await;
    let fresh = || ContextRequest { require_fresh: true, ..world.request() };
    world.agents.resolve_context(fresh()).await.expect("the newest pack is fresh");
    let build = NewBuild {
        id: Uuid::now_v7(),
        policy_id: "default".to_owned(),
        date: day("2022-06-16"),
        revision: 0,
        step: None,
        requested_by: None,
        estimated_ready_at: Some(Utc::now()),
    };
    let ticket = LeaseTicket::platform(Uuid::nil(), std::time::Duration::from_secs(60));
    world.store.as_worker(ticket, async |tx| packs::start_build(tx, &build).await).await.expect("a build");
    let failure = world.agents.resolve_context(fresh()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.transient), ("pricing_pack_warming", true));
    assert!(failure.retry_after_ms.is_some());
    world.agents.resolve_context(world.request()).await.expect("yesterday's pack is good enough");
}

#[tokio::test]
async fn many_steps_at_once_load_books_and_prices_once() {
    let mut world = World::demo().await;
    world.restarted().await;
    let context = world.context().await;
    let names =
        ["portfolio.get_valued_positions", "metrics.compute_twr", "attribution.currency", "portfolio.historical_nav"];
    let results = futures::future::join_all(names.map(|name| world.call_in(context.clone(), name, json!({})))).await;
    let readers = results.into_iter().map(|result| result.expect("a value").rows_read).filter(|rows| *rows > 0).count();
    assert_eq!(readers, 1);
}
