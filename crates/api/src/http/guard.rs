//! Ownership checks that handlers make before they ask for anything else, and the way to the database.
//!
//! Invariant: these checks only save work and give a better word than "not found"; without them (feature
//! `no_handler_checks`) PostgreSQL alone still shows and changes nothing of another user.

use store::queries::portfolios::PortfolioHead;
use store::{LeaseTicket, StoreError, UserTransaction};
use uuid::Uuid;

use super::context::Context;
use crate::problem::Problem;
use crate::problem::from_store::not_found;

/// Runs `work` as the caller, in one transaction.
///
/// # Errors
/// What `work` refuses, or what keeps the database from answering.
pub async fn as_user<T, F>(cx: &Context, work: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&mut UserTransaction) -> Result<T, StoreError>,
{
    let user = cx.user()?;
    let ticket = LeaseTicket::platform(user, cx.record_deadline());
    Ok(cx.state.store().as_user(ticket, user, work).await?)
}

/// The head of a portfolio that the caller may read.
///
/// # Errors
/// `portfolio_not_found`, also for a portfolio of somebody else.
pub async fn portfolio(cx: &Context, id: Uuid) -> Result<PortfolioHead, Problem> {
    let user = cx.user()?;
    let ticket = LeaseTicket::platform(user, cx.record_deadline());
    let head = cx.state.store().portfolio_head(ticket, user, id).await?;
    head.ok_or_else(|| not_found("portfolio"))
}

/// Refuses before admission when the caller cannot read the portfolio.
///
/// # Errors
/// `portfolio_not_found`.
pub async fn may_read(cx: &Context, id: Uuid) -> Result<(), Problem> {
    if cfg!(feature = "no_handler_checks") {
        return Ok(());
    }
    portfolio(cx, id).await.map(drop)
}

/// Refuses before admission when the caller cannot change the portfolio's books.
///
/// # Errors
/// `portfolio_not_found`, `forbidden` for one that is shared with her, `portfolio_archived`.
pub async fn may_write(cx: &Context, id: Uuid) -> Result<(), Problem> {
    if cfg!(feature = "no_handler_checks") {
        return Ok(());
    }
    let head = portfolio(cx, id).await?;
    if head.user_id != cx.user()? {
        return Err(Problem::new("forbidden", "the portfolio is shared with you for reading only"));
    }
    if head.status != "active" {
        return Err(Problem::new("portfolio_archived", format!("the portfolio is {}", head.status)));
    }
    Ok(())
}
