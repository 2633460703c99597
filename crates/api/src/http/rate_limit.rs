//! Token buckets per address and per user.
//!
//! Invariant: a bucket is named by what it limits, so that signing in as somebody else does not empty it.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use rate_limiter::clock::Clock as LimiterClock;
use rate_limiter::middleware::StateInformationMiddleware;
use rate_limiter::state::keyed::DashMapStateStore;
use rate_limiter::{Quota, RateLimiter};
use uuid::Uuid;

use crate::clock::Clock;
use crate::problem::Problem;
use crate::settings::RateLimits;

/// What a route costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Reads and writes of records.
    Read,
    /// Runs a pattern or capability with the caller's inputs.
    Execution,
    /// Uploads and commits of imports.
    Import,
    /// Sign-in, refresh, links: limited by address.
    Login,
    /// Never limited: health and metrics.
    Free,
}

#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl LimiterClock for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

type Buckets<K> = RateLimiter<K, DashMapStateStore<K>, Ticks, StateInformationMiddleware>;

struct Limit<K: std::hash::Hash + Eq + Clone> {
    name: &'static str,
    per_minute: NonZeroU32,
    buckets: Buckets<K>,
    clock: Ticks,
}

impl<K: std::hash::Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, per_minute: u32, clock: &Arc<dyn Clock>) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let clock = Ticks(clock.clone());
        let quota = Quota::per_minute(per_minute);
        let buckets: Buckets<K> = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Some(Self { name, per_minute, buckets, clock })
    }

    fn take(&self, key: &K) -> Result<Standing, Problem> {
        let q = self.per_minute.get();
        match self.buckets.check_key(key) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let used = u64::from(q.saturating_sub(left));
                Ok(Standing { name: self.name, per_minute: q, left, full_in_s: (used * 60).div_ceil(u64::from(q)) })
            }
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
                let standing = Standing { name: self.name, per_minute: q, left: 0, full_in_s: wait_ms.div_ceil(1000) };
                let mut problem =
                    Problem::new("rate_limited", format!("more than {q} requests a minute ({})", self.name))
                        .retry_after(wait_ms);
                let mut headers = HeaderMap::new();
                standing.write(&mut headers);
                problem.headers.extend(headers.into_iter().filter_map(|(n, v)| Some((n?, v))));
                Err(problem)
            }
        }
    }
}

/// How much of a bucket is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    per_minute: u32,
    left: u32,
    full_in_s: u64,
}

impl Standing {
    /// Writes `RateLimit-Policy` and `RateLimit`.
    pub fn write(&self, headers: &mut HeaderMap) {
        let policy = format!("\"{}\";q={};w=60", self.name, self.per_minute);
        let limit = format!("\"{}\";r={};t={}", self.name, self.left, self.full_in_s);
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// All limits of the server.
pub struct Limiter {
    anonymous: Option<Limit<IpAddr>>,
    login: Option<Limit<IpAddr>>,
    reads: Option<Limit<Uuid>>,
    executions: Option<Limit<Uuid>>,
    imports: Option<Limit<Uuid>>,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").finish_non_exhaustive()
    }
}

impl Limiter {
    /// Buckets for these rates.
    #[must_use]
    pub fn new(rates: &RateLimits, clock: &Arc<dyn Clock>) -> Self {
        Self {
            anonymous: Limit::new("address", rates.anonymous_per_minute, clock),
            login: Limit::new("login", rates.login_per_minute, clock),
            reads: Limit::new("user", rates.reads_per_minute, clock),
            executions: Limit::new("executions", rates.executions_per_minute, clock),
            imports: Limit::new("imports", rates.imports_per_minute, clock),
        }
    }

    /// Takes one token for a signed-in user.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn user(&self, class: Class, user: Uuid) -> Result<Option<Standing>, Problem> {
        let limit = match class {
            Class::Read => &self.reads,
            Class::Execution => &self.executions,
            Class::Import => &self.imports,
            Class::Login | Class::Free => return Ok(None),
        };
        limit.as_ref().map(|l| l.take(&user)).transpose()
    }

    /// Takes one token for an address without sign-in.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn address(&self, class: Class, address: IpAddr) -> Result<Option<Standing>, Problem> {
        let limit = match class {
            Class::Free => return Ok(None),
            Class::Login => &self.login,
            _ => &self.anonymous,
        };
        limit.as_ref().map(|l| l.take(&address)).transpose()
    }

    /// Forgets full buckets; called now and then.
    pub fn sweep(&self) {
        for limit in [&self.anonymous, &self.login].into_iter().flatten() {
            limit.buckets.retain_recent();
        }
        for limit in [&self.reads, &self.executions, &self.imports].into_iter().flatten() {
            limit.buckets.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use chrono::DateTime;

    #[test]
    fn a_bucket_empties_says_when_to_come_back_and_refills() {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let dynamic: Arc<dyn Clock> = clock.clone();
        let rates = RateLimits { login_per_minute: 3, ..RateLimits::off() };
        let limiter = Limiter::new(&rates, &dynamic);
        let address = IpAddr::from([192, 0, 2, 1]);
        for left in [2, 1, 0] {
            let standing = limiter.address(Class::Login, address).expect("allowed").expect("limited");
            assert_eq!(standing.left, left);
        }
        let problem = limiter.address(Class::Login, address).expect_err("empty");
        assert_eq!(problem.code.code, "rate_limited");
        assert!(problem.retry_after_ms.is_some_and(|ms| 0 < ms && ms <= 20_000));
        assert!(limiter.address(Class::Login, IpAddr::from([192, 0, 2, 2])).is_ok(), "another address has its own");
        assert!(limiter.address(Class::Read, address).is_ok(), "0 switches a limit off");
        clock.advance(Duration::from_secs(20));
        assert!(limiter.address(Class::Login, address).is_ok());
    }
}
