//! Access tokens: JWT signed with HS256.
//!
//! Invariant: only HS256 is accepted, whatever the token's header says; times are compared with the server's clock and
//! a tolerance of 30 s.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::permission::Role;
use crate::problem::Problem;

/// Who issues the tokens.
pub const ISSUER: &str = "dawsos";
/// For whom they are meant.
pub const AUDIENCE: &str = "dawsos-api";
/// Tolerated difference of clocks, in seconds.
const LEEWAY_S: i64 = 30;

/// Claims of an access token.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// User.
    pub sub: Uuid,
    /// Session that the token belongs to; revoking it revokes the token.
    pub sid: Uuid,
    /// Role when the token was made; the current one counts.
    pub role: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Not valid after.
    pub exp: i64,
    /// Id of this token.
    pub jti: Uuid,
}

/// Signs and checks access tokens.
#[derive(Clone)]
pub struct Signer {
    encoding: EncodingKey,
    /// The current key first, then the previous one during a rotation.
    decoding: Vec<DecodingKey>,
    /// What a token must have; times are checked apart, against our own clock.
    validation: Validation,
    lifetime: TimeDelta,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

/// A secret or setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The secret is too short.
    #[error("AUTH_JWT_SECRET must have at least 32 bytes, has {0}")]
    ShortSecret(usize),
    /// Another algorithm than HS256.
    #[error("JWT_ALGORITHM must be HS256, is {0}")]
    Algorithm(String),
}

impl Signer {
    /// A signer with the current secret and, during a rotation, the previous one.
    ///
    /// # Errors
    /// When a secret is shorter than 32 bytes, or the algorithm is not HS256.
    pub fn new(
        secret: &[u8],
        previous: Option<&[u8]>,
        algorithm: &str,
        lifetime: TimeDelta,
    ) -> Result<Self, SignerError> {
        if algorithm != "HS256" {
            return Err(SignerError::Algorithm(algorithm.to_owned()));
        }
        for key in std::iter::once(secret).chain(previous) {
            if key.len() < 32 {
                return Err(SignerError::ShortSecret(key.len()));
            }
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            validation,
            encoding: EncodingKey::from_secret(secret),
            decoding: std::iter::once(secret).chain(previous).map(DecodingKey::from_secret).collect(),
            lifetime,
        })
    }

    /// Lifetime of a token, in seconds.
    #[must_use]
    pub fn lifetime_s(&self) -> i64 {
        self.lifetime.num_seconds()
    }

    /// A token for a session.
    ///
    /// # Errors
    /// When signing fails.
    pub fn sign(&self, user: Uuid, session: Uuid, role: Role, now: DateTime<Utc>) -> Result<String, Problem> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: user,
            sid: session,
            role: role.name().into(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + self.lifetime).timestamp(),
            jti: Uuid::now_v7(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Problem::internal)
    }

    /// The claims of a valid token.
    ///
    /// # Errors
    /// `token_expired`, or `not_authenticated` for anything else that is wrong with it.
    pub fn check(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Problem> {
        let claims = self
            .decoding
            .iter()
            .find_map(|key| decode::<Claims>(token, key, &self.validation).ok())
            .ok_or_else(|| Problem::new("not_authenticated", "the bearer token is not valid"))?
            .claims;
        let now = now.timestamp();
        if claims.exp + LEEWAY_S < now {
            return Err(Problem::new("token_expired", "the access token has expired"));
        }
        if now + LEEWAY_S < claims.nbf {
            return Err(Problem::new("not_authenticated", "the access token is not valid yet"));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
    const OTHER: &[u8] = b"another secret of at least thirty-two";

    fn signer(secret: &[u8], previous: Option<&[u8]>) -> Signer {
        Signer::new(secret, previous, "HS256", TimeDelta::hours(24)).expect("signer")
    }

    fn at(hours: i64, seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(500_000 + hours) + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_token_lives_for_its_lifetime_and_thirty_seconds() {
        let s = signer(SECRET, None);
        let token = s.sign(Uuid::nil(), Uuid::max(), Role::User, at(0, 0)).expect("signed");
        for (moment, expected) in [
            (at(0, 0), None),
            (at(0, -30), None),
            (at(0, -31), Some("not_authenticated")),
            (at(24, 30), None),
            (at(24, 31), Some("token_expired")),
        ] {
            let found = s.check(&token, moment).err().map(|p| p.code.code);
            assert_eq!(found, expected, "{moment}");
        }
    }

    #[test]
    fn the_previous_secret_is_accepted_during_a_rotation_only() {
        let token = signer(OTHER, None).sign(Uuid::nil(), Uuid::max(), Role::User, at(0, 0)).expect("signed");
        assert!(signer(SECRET, Some(OTHER)).check(&token, at(1, 0)).is_ok());
        assert!(signer(SECRET, None).check(&token, at(1, 0)).is_err());
    }

    #[test]
    fn other_algorithms_audiences_and_issuers_are_refused() {
        let s = signer(SECRET, None);
        let good = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            role: "USER".into(),
            iat: at(0, 0).timestamp(),
            nbf: at(0, 0).timestamp(),
            exp: at(24, 0).timestamp(),
            jti: Uuid::nil(),
        };
        let key = EncodingKey::from_secret(SECRET);
        let make = |algorithm, claims: &Claims| encode(&Header::new(algorithm), claims, &key).expect("signed");
        assert!(s.check(&make(Algorithm::HS256, &good), at(1, 0)).is_ok());
        assert!(s.check(&make(Algorithm::HS512, &good), at(1, 0)).is_err());
        for wrong in [Claims { iss: "x".into(), ..good.clone() }, Claims { aud: "x".into(), ..good.clone() }] {
            assert!(s.check(&make(Algorithm::HS256, &wrong), at(1, 0)).is_err());
        }
        // {"alg":"none","typ":"JWT"} with the same claims and no signature.
        let token = make(Algorithm::HS256, &good);
        let claims = token.split('.').nth(1).expect("claims");
        assert!(s.check(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}."), at(1, 0)).is_err());
    }

    #[test]
    fn weak_settings_are_refused_at_start() {
        assert!(Signer::new(b"short", None, "HS256", TimeDelta::hours(1)).is_err());
        assert!(Signer::new(SECRET, Some(b"short"), "HS256", TimeDelta::hours(1)).is_err());
        assert!(Signer::new(SECRET, None, "none", TimeDelta::hours(1)).is_err());
        assert!(Signer::new(SECRET, None, "RS256", TimeDelta::hours(1)).is_err());
    }
}
