//! The name of a pack that people read: `PP_2024-03-28`, restated `PP_2024-03-28_R1`, of another policy
//! `PP_2024-03-28@policy`.

use dates::Date;
use std::fmt;
use std::str::FromStr;

/// The policy whose name a display id leaves out.
pub const DEFAULT_POLICY: &str = "default";

/// The parts of a display id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisplayId {
    /// Day of the pack.
    pub date: Date,
    /// 0 for the first build, then 1, 2, … for each restatement.
    pub revision: u32,
    /// The policy; [`DEFAULT_POLICY`] when the text names none.
    pub policy_id: String,
}

/// Why a text is not a display id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} is not a pricing pack id such as PP_2024-03-28 or PP_2024-03-28_R1")]
pub struct DisplayIdError {
    /// The text as given.
    pub text: String,
}

/// The display id of a pack of the default policy.
pub fn display_id(date: Date, revision: u32) -> String {
    DisplayId { date, revision, policy_id: DEFAULT_POLICY.to_owned() }.to_string()
}

impl fmt::Display for DisplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PP_{}", self.date)?;
        if self.revision > 0 {
            write!(f, "_R{}", self.revision)?;
        }
        if self.policy_id != DEFAULT_POLICY {
            write!(f, "@{}", self.policy_id)?;
        }
        Ok(())
    }
}

impl FromStr for DisplayId {
    type Err = DisplayIdError;
    fn from_str(text: &str) -> Result<DisplayId, DisplayIdError> {
        parse(text).ok_or_else(|| DisplayIdError { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<DisplayId> {
    let rest = text.strip_prefix("PP_")?;
    let (dated, policy_id) = match rest.split_once('@') {
        Some((_, "" | DEFAULT_POLICY)) => return None,
        Some((dated, policy)) => (dated, policy),
        None => (rest, DEFAULT_POLICY),
    };
    let (day, revision) = match dated.split_once("_R") {
        Some((day, digits)) => {
            let canonical = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
            (day, if canonical { digits.parse().ok()? } else { return None })
        }
        None => (dated, 0),
    };
    // Exactly YYYY-MM-DD: one pack has one name.
    let date = Date::parse_from_str(day, "%Y-%m-%d").ok().filter(|d| d.to_string() == day)?;
    Some(DisplayId { date, revision, policy_id: policy_id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (text, revision, policy) in [
            ("PP_2024-03-28", 0, "default"),
            ("PP_2024-03-28_R1", 1, "default"),
            ("PP_2024-03-28_R12", 12, "default"),
            ("PP_2024-03-28@london", 0, "london"),
            ("PP_2024-03-28_R2@london_close", 2, "london_close"),
        ] {
            let id: DisplayId = text.parse().unwrap();
            assert_eq!((id.revision, id.policy_id.as_str()), (revision, policy), "{text}");
            assert_eq!(id.to_string(), text);
        }
        assert_eq!(display_id(Date::from_ymd_opt(2024, 3, 28).unwrap(), 0), "PP_2024-03-28");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "PP_",
            "2024-03-28",
            "pp_2024-03-28",
            "PP_2024-3-28",
            "PP_2024-02-30",
            "PP_2024-03-28_R",
            "PP_2024-03-28_R0",
            "PP_2024-03-28_R01",
            "PP_2024-03-28_R-1",
            "PP_2024-03-28@",
            "PP_2024-03-28@default",
            "PP_2024-03-28_R99999999999",
        ] {
            assert_eq!(text.parse::<DisplayId>(), Err(DisplayIdError { text: text.to_owned() }), "{text}");
        }
    }
}
