//! The part of an answer that is the same for equal keys, as bytes that are written once and never parsed again.
//!
//! A [`Body`] is one canonical JSON object with the members of [`Member`], and remembers where each member's text lies,
//! so that an answer is put together by copying slices. Invariant: every span is the text of exactly one JSON value.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serializer;
use serde::de::DeserializeOwned;

/// Members of a body, in the canonical order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// Neutral chart specifications by name.
    Charts,
    /// What the execution was pinned to.
    Context,
    /// Outputs by name.
    Data,
    /// What later answers need to know about it: [`crate::facts::Facts`]. Never sent.
    Facts,
    /// Panels in order.
    Panels,
    /// `id@version`.
    Pattern,
    /// Providers and their attributions.
    Rights,
    /// complete or partial.
    Status,
    /// Warnings that qualify values.
    Warnings,
}

impl Member {
    /// All members in the order in which they are written.
    pub const ALL: [Member; 9] = [
        Member::Charts,
        Member::Context,
        Member::Data,
        Member::Facts,
        Member::Panels,
        Member::Pattern,
        Member::Rights,
        Member::Status,
        Member::Warnings,
    ];

    /// Name in the JSON text.
    pub fn name(self) -> &'static str {
        match self {
            Member::Charts => "charts",
            Member::Context => "context",
            Member::Data => "data",
            Member::Facts => "facts",
            Member::Panels => "panels",
            Member::Pattern => "pattern",
            Member::Rights => "rights",
            Member::Status => "status",
            Member::Warnings => "warnings",
        }
    }
}

/// Canonical bytes with the place of each member. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    bytes: Bytes,
    spans: [(u32, u32); 9],
}

/// A stored text that is not a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored result is not a body: {0}")]
pub struct NotABody(&'static str);

impl Body {
    /// Joins the members' texts. Each must be one canonical JSON value.
    pub fn join(members: [&[u8]; 9]) -> Body {
        let size: usize = members.iter().map(|text| text.len() + 14).sum();
        let mut bytes = BytesMut::with_capacity(size);
        let mut spans = [(0, 0); 9];
        for (index, member) in Member::ALL.into_iter().enumerate() {
            bytes.put_u8(if index == 0 { b'{' } else { b',' });
            bytes.put_u8(b'"');
            bytes.put_slice(member.name().as_bytes());
            bytes.put_slice(b"\":");
            let start = offset(bytes.len());
            bytes.put_slice(members[index]);
            spans[index] = (start, offset(bytes.len()));
        }
        bytes.put_u8(b'}');
        Body { bytes: bytes.freeze(), spans }
    }

    /// Finds the members in the bytes of a body that was stored.
    pub fn from_stored(bytes: Bytes) -> Result<Body, NotABody> {
        let mut spans = [(0, 0); 9];
        let mut at = 0;
        for (index, member) in Member::ALL.into_iter().enumerate() {
            let key = [if index == 0 { "{\"" } else { ",\"" }, member.name(), "\":"].concat();
            if bytes.get(at..at + key.len()) != Some(key.as_bytes()) {
                return Err(NotABody("a member is missing"));
            }
            at += key.len();
            let end = end_of_value(&bytes, at).ok_or(NotABody("a value does not end"))?;
            spans[index] = (offset(at), offset(end));
            at = end;
        }
        if bytes.get(at..) != Some(b"}") { Err(NotABody("something follows")) } else { Ok(Body { bytes, spans }) }
    }

    /// The whole object, for the store.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Text of one member.
    pub fn member(&self, member: Member) -> &[u8] {
        &self.bytes[self.range(member)]
    }

    /// Text of one member, sharing the memory.
    pub fn member_bytes(&self, member: Member) -> Bytes {
        self.bytes.slice(self.range(member))
    }

    /// One member, parsed.
    pub fn parse<T: DeserializeOwned>(&self, member: Member) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.member(member))
    }

    /// Everything that equal keys promise to be equal: all but the facts.
    pub(crate) fn has_equal_data(&self, other: &Body) -> bool {
        Member::ALL
            .into_iter()
            .filter(|member| *member != Member::Facts)
            .all(|member| self.member(member) == other.member(member))
    }

    fn range(&self, member: Member) -> Range<usize> {
        let (start, end) = self.spans[member as usize];
        start as usize..end as usize
    }
}

/// Bodies are bounded far below 4 GiB, so offsets fit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Index behind the JSON value that begins at `start`. Written for text that we wrote ourselves: without blanks.
fn end_of_value(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match text.get(at)? {
            b'"' => {
                at += 1;
                while *text.get(at)? != b'"' {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' if depth > 0 => {
                at += 1;
                continue;
            }
            b',' | b':' => return None,
            _ => {
                while text.get(at).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']')) {
                    at += 1;
                }
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Serialises bytes that are JSON already.
pub(crate) fn raw_json<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(serde::ser::Error::custom)?;
    serde::Serialize::serialize(&value, serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn members() -> [Vec<u8>; 9] {
        [
            json!({}),
            json!({"as_of": "2022-06-15"}),
            json!({"a": [1, {"b": "}]\"\\"}], "c": null}),
            json!({"steps": []}),
            json!([{"id": "p"}]),
            json!("portfolio_overview@2.0.0"),
            json!({"providers": []}),
            json!("complete"),
            json!([]),
        ]
        .map(|value| value.to_string().into_bytes())
    }

    fn join(members: &[Vec<u8>; 9]) -> Body {
        Body::join(std::array::from_fn(|index| members[index].as_slice()))
    }

    #[test]
    fn members_are_found_where_they_were_put() {
        let members = members();
        let body = join(&members);
        assert_eq!(body.member(Member::Data), members[2]);
        assert_eq!(body.member_bytes(Member::Warnings), "[]");
        assert_eq!(Body::from_stored(body.bytes().clone()), Ok(body));
    }

    #[test]
    fn text_that_is_no_body_is_refused() {
        let whole = join(&members());
        for end in 0..whole.bytes().len() {
            assert!(Body::from_stored(whole.bytes().slice(..end)).is_err(), "cut at {end}");
        }
        assert!(Body::from_stored(Bytes::from_static(b"{\"data\":{}}")).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9f64..1e9).prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\],:]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\:]{0,4}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_values_come_back(values in prop::collection::vec(any_json(), 9)) {
            let texts: [Vec<u8>; 9] = std::array::from_fn(|index| values[index].to_string().into_bytes());
            let body = join(&texts);
            let found = Body::from_stored(body.bytes().clone());
            prop_assert_eq!(found.as_ref(), Ok(&body));
            for (index, member) in Member::ALL.into_iter().enumerate() {
                prop_assert_eq!(body.member(member), texts[index].as_slice());
            }
        }
    }
}
