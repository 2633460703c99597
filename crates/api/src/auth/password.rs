//! Passwords: which are accepted, and hashing with Argon2id.
//!
//! Invariant: at most two hashings run at once (19 MiB each); further ones queue. A check against no hash costs the
//! same as one against a hash, so timing does not tell whether an e-mail is known.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::problem::{FieldError, Problem};

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Common passwords of 12 characters and more, lower case, one a line.
static COMMON: LazyLock<std::collections::HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../data/common_passwords.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Hashes and checks passwords, two at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    gate: Arc<Semaphore>,
    /// Hash of a random password that nobody knows.
    decoy: Arc<str>,
}

/// Outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// The password is the right one.
    Right,
    /// The password is right, and its hash was made with weaker parameters than today's.
    RightButWeak,
    /// The password is wrong, or there is no such user.
    Wrong,
}

fn hasher() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn normalized(password: &str) -> String {
    password.nfkc().collect()
}

fn hash_now(password: &str) -> Result<String, Problem> {
    hasher().hash_password(normalized(password).as_bytes()).map(|hash| hash.to_string()).map_err(Problem::internal)
}

/// Hashes a password without waiting for the gate. For commands and fixtures, not for requests.
///
/// # Errors
/// When the system gives no randomness.
pub fn hash_blocking(password: &str) -> Result<String, Problem> {
    hash_now(password)
}

impl Passwords {
    /// A gate for two hashings at once.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new() -> Result<Self, Problem> {
        let random = super::secret::random_token();
        Ok(Self { gate: Arc::new(Semaphore::new(2)), decoy: hash_now(&random)?.into() })
    }

    async fn behind_gate<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = self.gate.clone().acquire_owned().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(Problem::internal)
    }

    /// Hashes a new password to a PHC string.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.behind_gate(move || hash_now(&password)).await?
    }

    /// Compares a password with a stored hash; `None` costs the same and is always wrong.
    ///
    /// # Errors
    /// When the worker thread is gone.
    pub async fn check(&self, password: String, stored: Option<String>) -> Result<Checked, Problem> {
        let decoy = self.decoy.clone();
        self.behind_gate(move || {
            let known = stored.is_some();
            let text = stored.as_deref().unwrap_or(&decoy);
            let Ok(hash) = PasswordHash::new(text) else {
                return Checked::Wrong;
            };
            let right = hasher().verify_password(normalized(&password).as_bytes(), &hash).is_ok();
            match (known && right, is_weaker(text)) {
                (false, _) => Checked::Wrong,
                (true, false) => Checked::Right,
                (true, true) => Checked::RightButWeak,
            }
        })
        .await
    }
}

fn is_weaker(phc: &str) -> bool {
    let (memory, passes, _) = COST;
    !phc.starts_with("$argon2id$")
        || phc
            .split('$')
            .nth(3)
            .and_then(|params| {
                let mut m = None;
                let mut t = None;
                for pair in params.split(',') {
                    match pair.split_once('=') {
                        Some(("m", v)) => m = v.parse::<u32>().ok(),
                        Some(("t", v)) => t = v.parse::<u32>().ok(),
                        _ => {}
                    }
                }
                Some(m? < memory || t? < passes)
            })
            .unwrap_or(true)
}

/// Whether a new password is acceptable.
///
/// # Errors
/// `weak_password` with the reason.
pub fn accept(password: &str, email: &str, pointer: &str) -> Result<(), Problem> {
    let text = normalized(password);
    let length = text.chars().count();
    let lower = text.to_lowercase();
    let distinct: std::collections::HashSet<char> = lower.chars().collect();
    let why = if length < 12 {
        "the password has fewer than 12 characters"
    } else if 128 < length {
        "the password has more than 128 characters"
    } else if lower == email.to_lowercase() || Some(lower.as_str()) == email.to_lowercase().split('@').next() {
        "the password is the e-mail address"
    } else if distinct.len() < 4 || COMMON.contains(lower.as_str()) || is_run(&lower) {
        "the password is among the common ones"
    } else {
        return Ok(());
    };
    Err(Problem::new("weak_password", why).with_error(FieldError::at(pointer, "weak_password", why)))
}

/// Whether each character follows the one before by the same step, as in `abcdefghijkl`.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    codes.windows(3).all(|w| w[1] - w[0] == w[2] - w[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        let long = "x1y2".repeat(33);
        for weak in
            ["short", "password1234", "PASSWORD1234", "aaaaaaaaaaaaaa", "abcdefghijklmn", "ada@example.org", &long]
        {
            let problem = accept(weak, "ada@example.org", "/password").expect_err(weak);
            assert_eq!(problem.code.code, "weak_password");
        }
        for good in ["correct horse battery staple", "пароль из четырёх слов", "seven-plums-and-1-pear"]
        {
            assert!(accept(good, "ada@example.org", "/password").is_ok(), "{good}");
        }
    }

    #[tokio::test]
    async fn a_hash_accepts_its_password_in_any_unicode_form_and_no_other() {
        let passwords = Passwords::new().expect("randomness");
        let hash = passwords.hash("caf\u{e9} au lait 42".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let check =
            async |p: &str, h: Option<&str>| passwords.check(p.into(), h.map(Into::into)).await.expect("checked");
        assert_eq!(check("cafe\u{301} au lait 42", Some(&hash)).await, Checked::Right);
        assert_eq!(check("cafe au lait 42", Some(&hash)).await, Checked::Wrong);
        assert_eq!(check("anything at all", None).await, Checked::Wrong);
    }

    #[test]
    fn weaker_parameters_are_seen() {
        assert!(is_weaker("$argon2id$v=19$m=4096,t=2,p=1$c2FsdHNhbHQ$aGFzaA"));
        assert!(is_weaker("$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"));
        assert!(!is_weaker("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"));
    }
}
