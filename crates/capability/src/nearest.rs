//! "Did you mean": the nearest known word.

/// The known word within edit distance 3 (and less than half the word), nearest first; ties by order of `known`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["lookback_days", "portfolio_id"];
        assert_eq!(super::nearest("lookback_dais", known), Some("lookback_days"));
        assert_eq!(super::nearest("portfolioid", known), Some("portfolio_id"));
        assert_eq!(super::nearest("x", known), None);
    }
}
