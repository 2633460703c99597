//! Lock-out: five failures within 30 minutes close an account for 30 minutes.
//!
//! Invariant: the counter belongs to the e-mail that was typed, known or not, so that it does not tell who has an
//! account; and an attempt is counted before the password is looked at, so that many at once do not slip through.

use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization;

use super::secret;
use crate::problem::Problem;

/// The form in which e-mails are compared.
#[must_use]
pub fn normalized_email(email: &str) -> String {
    email.trim().nfkc().collect::<String>().to_lowercase()
}

/// What is stored instead of the e-mail.
#[must_use]
pub fn key(email_normalized: &str) -> [u8; 32] {
    secret::hash(&format!("login {email_normalized}"))
}

/// The refusal of a locked account.
#[must_use]
pub fn refusal(until: DateTime<Utc>, now: DateTime<Utc>) -> Problem {
    let wait_ms = u64::try_from((until - now).num_milliseconds()).unwrap_or(1).max(1);
    Problem::new("account_locked", "too many failed sign-ins for this e-mail").retry_after(wait_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_counter_however_she_types_her_address() {
        for typed in ["Ada@Example.org", " ada@example.org ", "ada@example.org", "ａda@example.org"] {
            assert_eq!(key(&normalized_email(typed)), key("ada@example.org"), "{typed}");
        }
        assert_ne!(key("ada@example.org"), key("bob@example.org"));
    }

    #[test]
    fn the_refusal_says_when_to_come_back() {
        let now = DateTime::UNIX_EPOCH;
        let problem = refusal(now + chrono::TimeDelta::minutes(30), now);
        assert_eq!((problem.code.status, problem.retry_after_ms), (423, Some(1_800_000)));
    }
}
