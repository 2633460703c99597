//! Rubric: the bands and weights by which figures become scores, as versioned data.
//!
//! A rubric is a file (`data/rubrics/v1.toml`, part of the binary): ratings, their components, weights with reasons, bands.
//! Changing a band is a new version; a rating names the version that made it. Invariant: weights of a rating's components
//! sum to 1, and so do the ratings' weights; scores lie between 0 and 10; each band bounds from one side only.

use serde::Deserialize;
use std::sync::LazyLock;

/// A version of the bands.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// Its name.
    pub version: String,
    /// Share of a rating's weight that must be present.
    pub coverage_min: f64,
    /// Least number of years behind a mean.
    pub mean_years_min: usize,
    /// What it is known not to see.
    pub limits: Vec<String>,
    /// The ratings.
    #[serde(rename = "rating")]
    pub ratings: Vec<RubricRating>,
}

/// A rating and what it is made of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RubricRating {
    /// Its name.
    pub id: String,
    /// For people.
    pub label: String,
    /// Weight in the aggregate.
    pub weight: f64,
    /// The components.
    #[serde(rename = "component")]
    pub components: Vec<Component>,
}

/// A figure and its bands.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its name.
    pub id: String,
    /// For people.
    pub label: String,
    /// Weight in the rating.
    pub weight: f64,
    /// Why it weighs so much.
    pub reason: String,
    /// Unit of the figure.
    pub unit: String,
    /// Facts that hold the figure, the first that is known counts.
    pub inputs: Vec<String>,
    /// Whether it is a statistic over years, which needs enough of them.
    #[serde(default)]
    pub mean: bool,
    /// Whether a figure below zero scores lowest.
    #[serde(default)]
    pub negative_is_lowest: bool,
    /// Score where there is neither interest nor debt.
    pub without_debt: Option<f64>,
    /// Kinds of business for which the figure means nothing.
    #[serde(default)]
    pub not_applicable_to: Vec<String>,
    /// Bands, best first.
    pub bands: Vec<Band>,
    /// Score outside all bands.
    pub otherwise: f64,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// A half-open range and its score.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Lower bound, included.
    pub at_least: Option<f64>,
    /// Upper bound, excluded.
    pub below: Option<f64>,
    /// The score.
    pub score: f64,
}

/// Why a file is no rubric.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RubricError {
    /// Not the format.
    #[error("rubric cannot be read: {0}")]
    Format(String),
    /// A rule of this module is broken.
    #[error("rubric {version}: {what}")]
    Rule {
        /// The version.
        version: String,
        /// The rule.
        what: String,
    },
}

static V1: LazyLock<Rubric> = LazyLock::new(|| {
    // Part of the binary, and a test reads it: it cannot fail for a user.
    Rubric::parse(include_str!("../../../../data/rubrics/v1.toml")).expect("the built-in rubric is sound")
});

impl Rubric {
    /// The current version.
    pub fn v1() -> &'static Rubric {
        &V1
    }

    /// The version called `version`, if this build has it.
    pub fn version(version: &str) -> Option<&'static Rubric> {
        (version == V1.version).then_some(&*V1)
    }

    /// Reads a rubric.
    pub fn parse(text: &str) -> Result<Rubric, RubricError> {
        let rubric: Rubric = toml::from_str(text).map_err(|error| RubricError::Format(error.message().to_owned()))?;
        rubric.check()?;
        Ok(rubric)
    }

    /// The rating called `id`.
    pub fn rating(&self, id: &str) -> Option<&RubricRating> {
        self.ratings.iter().find(|rating| rating.id == id)
    }

    fn check(&self) -> Result<(), RubricError> {
        let broken = |what: String| Err(RubricError::Rule { version: self.version.clone(), what });
        let is_one = |total: f64| (total - 1.0).abs() < 1e-9;
        if !is_one(self.ratings.iter().map(|rating| rating.weight).sum()) {
            return broken("weights of the ratings do not sum to 1".to_owned());
        }
        for rating in &self.ratings {
            if !is_one(rating.components.iter().map(|component| component.weight).sum()) {
                return broken(format!("weights of {} do not sum to 1", rating.id));
            }
            for component in &rating.components {
                let scores = component.bands.iter().map(|band| band.score).chain([component.otherwise]);
                if scores.chain(component.without_debt).any(|score| !(0.0..=10.0).contains(&score)) {
                    return broken(format!("a score of {} is not between 0 and 10", component.id));
                }
                let one_sided = |band: &Band| band.at_least.is_some() != band.below.is_some();
                if component.bands.is_empty() || !component.bands.iter().all(one_sided) || component.inputs.is_empty() {
                    return broken(format!("{} needs inputs, and bands with one bound each", component.id));
                }
            }
        }
        Ok(())
    }
}

impl Component {
    /// The score of a figure, with the band that gave it in words.
    pub fn score(&self, value: f64) -> (f64, String) {
        if self.negative_is_lowest && value < 0.0 {
            return (self.otherwise, "below zero".to_owned());
        }
        let fits = |band: &&Band| {
            band.at_least.is_none_or(|bound| value >= bound) && band.below.is_none_or(|bound| value < bound)
        };
        match self.bands.iter().find(fits) {
            Some(band) => (band.score, band.words()),
            None => (self.otherwise, format!("not {}", self.bands[self.bands.len() - 1].words())),
        }
    }
}

impl Band {
    /// The band in words: `≥ 3`, `< 0.4`.
    pub fn words(&self) -> String {
        match (self.at_least, self.below) {
            (Some(bound), _) => format!("≥ {bound}"),
            (None, Some(bound)) => format!("< {bound}"),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rubric_is_sound() {
        let rubric = Rubric::v1();
        let ids: Vec<&str> = rubric.ratings.iter().map(|rating| rating.id.as_str()).collect();
        assert_eq!(ids, ["dividend_safety", "moat_strength", "resilience"]);
        assert!(rubric.ratings.iter().all(|rating| rating.components.len() == 4));
        assert_eq!(Rubric::version("v1"), Some(rubric));
        assert_eq!(Rubric::version("v0"), None);
    }

    #[test]
    fn bands_include_their_lower_and_exclude_their_upper_bound() {
        let component = |rating: &str, id: &str| {
            let rating = Rubric::v1().rating(rating).unwrap();
            rating.components.iter().find(|component| component.id == id).unwrap()
        };
        let table = [
            (
                "dividend_safety",
                "payout_ratio",
                vec![(0.399, 10.0), (0.40, 8.0), (0.60, 6.0), (0.80, 4.0), (-0.2, 4.0)],
            ),
            ("dividend_safety", "fcf_coverage", vec![(3.0, 10.0), (2.99, 8.0), (1.5, 6.0), (1.49, 4.0)]),
            ("dividend_safety", "growth_streak", vec![(10.0, 10.0), (9.0, 8.0), (3.0, 6.0), (2.0, 4.0)]),
            ("dividend_safety", "net_cash", vec![(5e10, 10.0), (1e10, 8.0), (1e9, 6.0), (-1e9, 4.0)]),
            ("moat_strength", "roe_consistency", vec![(0.2, 10.0), (0.15, 8.0), (0.1, 6.0), (-0.1, 4.0)]),
            ("moat_strength", "gross_margin", vec![(0.6, 10.0), (0.4, 8.0), (0.25, 6.0), (0.2, 4.0)]),
            ("moat_strength", "intangibles", vec![(0.9, 8.0), (0.3, 8.0), (0.15, 6.0), (0.1, 4.0)]),
            ("moat_strength", "switching_costs", vec![(8.0, 10.0), (6.0, 8.0), (4.0, 6.0), (3.0, 4.0)]),
            ("resilience", "debt_equity", vec![(0.49, 10.0), (0.5, 8.0), (1.0, 6.0), (2.0, 3.0), (-1.0, 3.0)]),
            ("resilience", "current_ratio", vec![(2.0, 10.0), (1.5, 8.0), (1.0, 7.0), (0.9, 4.0)]),
            ("resilience", "interest_coverage", vec![(10.0, 10.0), (5.0, 8.0), (2.0, 6.0), (1.0, 3.0), (-4.0, 3.0)]),
            ("resilience", "margin_stability", vec![(0.01, 10.0), (0.02, 8.0), (0.05, 6.0), (0.10, 4.0)]),
        ];
        for (rating, id, cases) in table {
            for (value, score) in cases {
                assert_eq!(component(rating, id).score(value).0, score, "{id} {value}");
            }
        }
    }

    #[test]
    fn unsound_rubrics_are_refused() {
        let text = include_str!("../../../../data/rubrics/v1.toml");
        for (from, to) in [
            ("weight = 0.35", "weight = 0.45"),
            ("score = 10 }", "score = 11 }"),
            ("version = \"v1\"", "verson = \"v1\""),
            ("{ below = 0.40, score = 10 }", "{ at_least = 0.1, below = 0.40, score = 10 }"),
        ] {
            assert!(text.contains(from));
            assert!(Rubric::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
