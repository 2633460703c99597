//! What is wrong with an input: where, what, and what to try.
//!
//! Invariant: a pointer (RFC 6901) leads into the input as the caller wrote it.

use serde_json::{Value, json};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Problem {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// Code of the product's error table.
    pub code: &'static str,
    /// What, in lower case, without full stop.
    pub detail: String,
    /// What to try.
    pub advice: Option<String>,
}

impl Problem {
    /// A problem with the code `invalid_input`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { pointer: pointer.into(), code: "invalid_input", detail: detail.into(), advice: None }
    }

    /// The same with what to try.
    pub fn advising(mut self, advice: impl Into<String>) -> Problem {
        self.advice = Some(advice.into());
        self
    }

    /// The same, asking for the nearest of the `known` words, or listing them.
    pub fn did_you_mean<'k>(self, word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Problem {
        match nearest(word, known.clone()) {
            Some(near) => self.advising(format!("did you mean `{near}`?")),
            None => {
                let all: Vec<&str> = known.into_iter().collect();
                if all.is_empty() { self } else { self.advising(format!("known: {}", all.join(", "))) }
            }
        }
    }

    /// The wire form of one entry of `errors`.
    pub fn to_value(&self) -> Value {
        let mut value = json!({ "pointer": self.pointer, "code": self.code, "detail": self.detail });
        if let Some(advice) = &self.advice {
            value["try"] = json!(advice);
        }
        value
    }
}

/// Everything that is wrong; never empty.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{} problems, first: {}", .0.len(), .0[0])]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems(vec![problem])
    }
}

/// The known word within edit distance 3 and less than half the word; ties by order.
fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 3 && *distance * 2 <= candidate.chars().count().max(word.chars().count())
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_asked_for_and_far_ones_are_listed() {
        let known = ["returns", "periods_per_year"];
        let advice = |word: &str| Problem::new("", "").did_you_mean(word, known).advice.unwrap();
        assert_eq!(advice("retrns"), "did you mean `returns`?");
        assert_eq!(advice("zzz"), "known: returns, periods_per_year");
    }
}
