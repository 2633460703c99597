//! What the binary tells the API. Invariant: the crate reads no environment; everything arrives here.

use std::net::IpAddr;

/// Requests a minute; 0 switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Per address, without sign-in.
    pub anonymous_per_minute: u32,
    /// Per address, on sign-in, refresh and links.
    pub login_per_minute: u32,
    /// Per user, requests in general.
    pub reads_per_minute: u32,
    /// Per user, executions of patterns and capabilities.
    pub executions_per_minute: u32,
    /// Per user, uploads, commits of imports and exports.
    pub imports_per_minute: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            anonymous_per_minute: 60,
            login_per_minute: 10,
            reads_per_minute: 600,
            executions_per_minute: 120,
            imports_per_minute: 10,
        }
    }
}

impl RateLimits {
    /// No limits at all, for load rigs.
    #[must_use]
    pub fn off() -> Self {
        Self {
            anonymous_per_minute: 0,
            login_per_minute: 0,
            reads_per_minute: 0,
            executions_per_minute: 0,
            imports_per_minute: 0,
        }
    }
}

/// What `GET /api/version` says about the binary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// Version of the release.
    pub version: String,
    /// Commit that it was built from.
    pub commit: String,
    /// Debug or release.
    pub build: String,
}

/// Settings of the API.
#[derive(Clone)]
pub struct ApiSettings {
    /// Address that browsers use, such as `https://books.example.org`; https turns on secure cookies and HSTS.
    pub public_url: String,
    /// Secret that signs access tokens, at least 32 bytes.
    pub jwt_secret: Vec<u8>,
    /// The secret before the last change, accepted while it is rotated.
    pub jwt_previous_secret: Option<Vec<u8>>,
    /// Must be `HS256`.
    pub jwt_algorithm: String,
    /// Lifetime of an access token, in hours.
    pub jwt_expiration_hours: u32,
    /// Largest upload, in bytes.
    pub upload_max_bytes: u64,
    /// Longest time in which a body must arrive, in seconds.
    pub upload_timeout_s: u64,
    /// Rates.
    pub rate_limits: RateLimits,
    /// Origins that may call from other sites; empty switches CORS off.
    pub cors_origins: Vec<String>,
    /// Token for `GET /metrics` from other machines; empty allows loopback only.
    pub metrics_token: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether this installation shows the demo data.
    pub demo: bool,
    /// About the binary.
    pub build: BuildInfo,
}

impl std::fmt::Debug for ApiSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiSettings")
            .field("public_url", &self.public_url)
            .field("rate_limits", &self.rate_limits)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

impl ApiSettings {
    /// The defaults of `api.md`, with a secret for access tokens.
    #[must_use]
    pub fn with_secret(jwt_secret: impl Into<Vec<u8>>) -> Self {
        Self {
            public_url: String::new(),
            jwt_secret: jwt_secret.into(),
            jwt_previous_secret: None,
            jwt_algorithm: "HS256".into(),
            jwt_expiration_hours: 24,
            upload_max_bytes: 25 * 1024 * 1024,
            upload_timeout_s: 60,
            rate_limits: RateLimits::default(),
            cors_origins: Vec::new(),
            metrics_token: String::new(),
            trusted_proxies: Vec::new(),
            demo: false,
            build: BuildInfo::default(),
        }
    }

    /// Whether browsers reach this server over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Name of the session cookie.
    #[must_use]
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-dawsos_session" } else { "dawsos_session" }
    }
}
