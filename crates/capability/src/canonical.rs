//! RFC 8785 canonical JSON: equal values give equal bytes, so hashes of them mean something.

use serde_json::Value;

/// The canonical bytes of a value.
pub fn canonical(value: &Value) -> Vec<u8> {
    // serde_json's numbers are finite and its keys are text, so the writer has nothing to refuse.
    serde_json_canonicalizer::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn order_and_spelling_of_numbers_do_not_matter() {
        let a = super::canonical(&json!({"b": 1.0, "a": [1e3, "ü"]}));
        assert_eq!(String::from_utf8(a).unwrap(), r#"{"a":[1000,"ü"],"b":1}"#);
    }
}
