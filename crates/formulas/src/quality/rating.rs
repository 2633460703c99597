//! Rating: the components of a rubric, scored on a company's figures, as one number from 0 to 10.
//!
//!   rating = Σ w·score / Σ w over the components present      coverage = Σ w present
//!   aggregate = 10·(0.40·moat + 0.30·dividend safety + 0.30·resilience), 0 to 100
//!
//! Coverage below 0.6 leaves the rating absent. A figure that is missing makes its component absent, and so does a mean
//! of fewer than three years; a figure that says nothing about a kind of business (gross margin of a bank) is not
//! applicable. Dividend safety of a company that pays none is not applicable, and the aggregate then rests on the other
//! two; without moat or resilience it is absent. Payout of 80 % or more with cash cover below 1.5 is `cut risk`. No claim
//! of predictive power: a rating is agreement with a rubric, whose version it names.
//!
//! Own definition (`data/rubrics/v1.toml`), after Graham and Buffett.

use super::rubric::{Component, Rubric, RubricRating};
use crate::Undefined;
use std::collections::BTreeMap;

/// A figure and the years behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// The figure.
    pub value: f64,
    /// Number of fiscal years that it is made of; none if unknown, which counts as enough.
    pub years: Option<usize>,
}

/// What a company does, as far as the rubric asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BusinessKind {
    /// None of the others.
    #[default]
    Other,
    /// A bank.
    Bank,
    /// An insurer.
    Insurer,
    /// A real estate investment trust.
    Reit,
}

impl BusinessKind {
    /// The name that the rubric uses.
    pub fn name(self) -> &'static str {
        match self {
            BusinessKind::Other => "other",
            BusinessKind::Bank => "bank",
            BusinessKind::Insurer => "insurer",
            BusinessKind::Reit => "reit",
        }
    }
}

/// What is known of a company.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RatingFacts {
    /// Figures by the names that the rubric's components ask for.
    pub facts: BTreeMap<String, Fact>,
    /// Kind of business.
    pub kind: BusinessKind,
    /// Whether it pays a dividend; none if unknown, which counts as paying.
    pub pays_dividend: Option<bool>,
    /// Whether it is known to have no interest-bearing debt.
    pub has_no_debt: bool,
}

/// Score of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentScore {
    /// Name of the component.
    pub id: String,
    /// For people.
    pub label: String,
    /// Weight in the rubric.
    pub weight: f64,
    /// Unit of the figure.
    pub unit: String,
    /// The figure.
    pub value: Option<f64>,
    /// Years behind it.
    pub years: Option<usize>,
    /// 0 to 10, or why there is none.
    pub score: Result<f64, Undefined>,
    /// The band in words; empty without a score.
    pub band: String,
    /// All bands in words.
    pub threshold: String,
}

/// A rating.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// Name.
    pub id: String,
    /// 0 to 10, or why there is none.
    pub overall: Result<f64, Undefined>,
    /// Weight share of the components present.
    pub coverage: f64,
    /// The components.
    pub components: Vec<ComponentScore>,
    /// A danger that the components show together.
    pub risk_flag: Option<&'static str>,
    /// Version of the rubric.
    pub rubric_version: String,
}

/// The aggregate of the ratings.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRating {
    /// 0 to 100, or why there is none.
    pub overall: Result<f64, Undefined>,
    /// Weight share of the ratings present.
    pub coverage: f64,
    /// The ratings in the order of the rubric.
    pub ratings: Vec<Rating>,
}

/// The rating called `id` of a company.
pub fn rating(rubric: &Rubric, id: &str, facts: &RatingFacts) -> Result<Rating, Undefined> {
    let definition = rubric.rating(id).ok_or(Undefined::InvalidInput { what: "type" })?;
    if facts.facts.values().any(|fact| !fact.value.is_finite()) {
        return Err(Undefined::InvalidInput { what: "inputs" });
    }
    let components: Vec<ComponentScore> =
        definition.components.iter().map(|component| scored(rubric, component, facts)).collect();
    let present = || components.iter().filter_map(|c| c.score.as_ref().ok().map(|score| (c.weight, *score)));
    let coverage: f64 = present().map(|(weight, _)| weight).sum();
    let overall = if is_dividend(definition) && !pays(facts) {
        Err(Undefined::NotApplicable { case: "a company that pays no dividend" })
    } else if coverage < rubric.coverage_min - 1e-12 {
        Err(Undefined::InsufficientCoverage { needed: rubric.coverage_min })
    } else {
        // Ten tenths of ten may come out a digit above.
        Ok((present().map(|(weight, score)| weight * score).sum::<f64>() / coverage).min(10.0))
    };
    let risk_flag = is_dividend(definition).then(|| cut_risk(&components)).flatten();
    let (id, rubric_version) = (definition.id.clone(), rubric.version.clone());
    Ok(Rating { id, overall, coverage, components, risk_flag, rubric_version })
}

/// All ratings of a company and their aggregate.
pub fn aggregate_rating(rubric: &Rubric, facts: &RatingFacts) -> Result<AggregateRating, Undefined> {
    let mut ratings = Vec::new();
    for definition in &rubric.ratings {
        ratings.push(rating(rubric, &definition.id, facts)?);
    }
    let (mut total, mut weight) = (0.0, 0.0);
    let mut overall = Ok(());
    for (definition, rating) in rubric.ratings.iter().zip(&ratings) {
        match &rating.overall {
            Ok(score) => {
                total += definition.weight * score;
                weight += definition.weight;
            }
            Err(reason) if !is_dividend(definition) && overall.is_ok() => overall = Err(reason.clone()),
            Err(_) => {}
        }
    }
    Ok(AggregateRating { overall: overall.map(|()| 10.0 * total / weight), coverage: weight, ratings })
}

/// Grade of an aggregate of 0 to 100: A from 90, B from 80, C from 70, D from 60, else F.
pub fn grade(aggregate: f64) -> &'static str {
    let grades = [(90.0, "A"), (80.0, "B"), (70.0, "C"), (60.0, "D")];
    grades.iter().find(|(bound, _)| aggregate >= *bound).map_or("F", |(_, grade)| grade)
}

/// Fine grade: + from 7 and − below 3 of each ten points, A+ from 97.
pub fn grade_fine(aggregate: f64) -> &'static str {
    let grades = [
        (97.0, "A+"),
        (93.0, "A"),
        (90.0, "A-"),
        (87.0, "B+"),
        (83.0, "B"),
        (80.0, "B-"),
        (77.0, "C+"),
        (73.0, "C"),
        (70.0, "C-"),
        (67.0, "D+"),
        (63.0, "D"),
        (60.0, "D-"),
    ];
    grades.iter().find(|(bound, _)| aggregate >= *bound).map_or("F", |(_, grade)| grade)
}

fn is_dividend(rating: &RubricRating) -> bool {
    rating.id == "dividend_safety"
}

fn pays(facts: &RatingFacts) -> bool {
    facts.pays_dividend.unwrap_or(true)
}

fn scored(rubric: &Rubric, component: &Component, facts: &RatingFacts) -> ComponentScore {
    let fact = component.inputs.iter().find_map(|name| facts.facts.get(name)).copied();
    let (score, band) = match fact {
        _ if component.not_applicable_to.iter().any(|kind| kind == facts.kind.name()) => {
            (Err(Undefined::NotApplicable { case: facts.kind.name() }), String::new())
        }
        None => match component.without_debt.filter(|_| facts.has_no_debt) {
            Some(score) => (Ok(score), "no interest and no debt".to_owned()),
            None => (Err(Undefined::InsufficientData { needed: 1, found: 0 }), String::new()),
        },
        Some(Fact { years: Some(years), .. }) if component.mean && years < rubric.mean_years_min => {
            (Err(Undefined::InsufficientData { needed: rubric.mean_years_min, found: years }), String::new())
        }
        Some(fact) => {
            let (score, band) = component.score(fact.value);
            (Ok(score), band)
        }
    };
    let bands: Vec<String> = component.bands.iter().map(|band| format!("{} → {}", band.words(), band.score)).collect();
    ComponentScore {
        id: component.id.clone(),
        label: component.label.clone(),
        weight: component.weight,
        unit: component.unit.clone(),
        value: fact.map(|fact| fact.value),
        years: fact.and_then(|fact| fact.years),
        score,
        band,
        threshold: format!("{}, else {}", bands.join(", "), component.otherwise),
    }
}

/// Payout of 80 % or more (or out of losses) while cash covers the dividend less than 1.5 times.
fn cut_risk(components: &[ComponentScore]) -> Option<&'static str> {
    let value = |id: &str| components.iter().find(|c| c.id == id && c.score.is_ok()).and_then(|c| c.value);
    let (payout, cover) = (value("payout_ratio")?, value("fcf_coverage")?);
    (!(0.0..0.8).contains(&payout) && cover < 1.5).then_some("cut risk")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts(facts: &[(&str, f64)]) -> RatingFacts {
        let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), Fact { value: *value, years: None }));
        RatingFacts { facts: facts.collect(), ..RatingFacts::default() }
    }

    fn payer() -> RatingFacts {
        facts(&[
            ("payout_ratio_5y_avg", 0.35),
            ("fcf_dividend_coverage", 2.4),
            ("dividend_growth_years", 12.0),
            ("net_cash", 2e9),
        ])
    }

    #[test]
    fn worked_example() {
        // Payout 35 %, cover 2.4, streak 12, net cash 2 bn: 10, 8, 10, 6.
        let found = rating(Rubric::v1(), "dividend_safety", &payer()).unwrap();
        let scores: Vec<f64> = found.components.iter().map(|c| c.score.clone().unwrap()).collect();
        assert_eq!(scores, [10.0, 8.0, 10.0, 6.0]);
        assert!((found.overall.unwrap() - 8.7).abs() < 1e-12);
        assert!((found.coverage - 1.0).abs() < 1e-12 && found.risk_flag.is_none());
        assert_eq!(found.components[1].band, "≥ 2");
    }

    #[test]
    fn missing_components_share_out_their_weight() {
        let mut known = payer();
        known.facts.remove("net_cash");
        let found = rating(Rubric::v1(), "dividend_safety", &known).unwrap();
        assert!((found.overall.unwrap() - (3.0 + 2.8 + 2.0) / 0.85).abs() < 1e-12);
        assert!((found.coverage - 0.85).abs() < 1e-12);
        known.facts.remove("fcf_dividend_coverage");
        let found = rating(Rubric::v1(), "dividend_safety", &known).unwrap();
        assert_eq!(found.overall.unwrap_err().code(), "insufficient_coverage");
        assert!((found.coverage - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_mean_of_two_years_does_not_count() {
        let mut known = payer();
        known.facts.insert("payout_ratio_5y_avg".to_owned(), Fact { value: 0.35, years: Some(2) });
        let found = rating(Rubric::v1(), "dividend_safety", &known).unwrap();
        assert_eq!(found.components[0].score, Err(Undefined::InsufficientData { needed: 3, found: 2 }));
        known.facts.insert("payout_ratio_5y_avg".to_owned(), Fact { value: 0.35, years: Some(3) });
        assert!(rating(Rubric::v1(), "dividend_safety", &known).unwrap().components[0].score.is_ok());
        // A streak is no mean.
        known.facts.insert("dividend_growth_years".to_owned(), Fact { value: 1.0, years: Some(1) });
        assert!(rating(Rubric::v1(), "dividend_safety", &known).unwrap().components[2].score.is_ok());
    }

    #[test]
    fn kinds_of_business_and_companies_without_debt_or_dividend() {
        let known = facts(&[("debt_to_equity", 8.0), ("interest_coverage", 3.0), ("operating_margin_std", 0.01)]);
        let bank = RatingFacts { kind: BusinessKind::Bank, ..known.clone() };
        let found = rating(Rubric::v1(), "resilience", &bank).unwrap();
        assert_eq!(found.components[0].score.as_ref().unwrap_err().code(), "not_applicable");
        assert_eq!(found.overall.unwrap_err().code(), "insufficient_coverage");
        let free = RatingFacts { has_no_debt: true, ..facts(&[("debt_to_equity", 0.0), ("current_ratio", 1.2)]) };
        let found = rating(Rubric::v1(), "resilience", &free).unwrap();
        assert_eq!(found.components[2].score, Ok(10.0));
        assert_eq!(found.components[1].score, Ok(7.0));
        let none = RatingFacts { pays_dividend: Some(false), ..payer() };
        let found = rating(Rubric::v1(), "dividend_safety", &none).unwrap();
        assert_eq!(found.overall.unwrap_err().code(), "not_applicable");
    }

    #[test]
    fn cut_risk_needs_both() {
        let of = |payout, cover| {
            let known = facts(&[("payout_ratio", payout), ("fcf_dividend_coverage", cover)]);
            rating(Rubric::v1(), "dividend_safety", &known).unwrap().risk_flag
        };
        assert_eq!(
            [of(0.8, 1.4), of(0.79, 1.4), of(0.9, 1.5), of(-0.3, 1.0)],
            [Some("cut risk"), None, None, Some("cut risk")]
        );
    }

    #[test]
    fn the_aggregate() {
        let mut known = payer();
        for (name, value) in [
            ("roe_5y_avg", 0.22),
            ("gross_margin_5y_avg", 0.45),
            ("intangible_assets_ratio", 0.1),
            ("debt_to_equity", 0.4),
            ("current_ratio", 1.6),
            ("interest_coverage", 12.0),
            ("operating_margin_std", 0.03),
        ] {
            known.facts.insert(name.to_owned(), Fact { value, years: Some(5) });
        }
        let moat = (3.5 + 2.4 + 0.8) / 0.85;
        let resilience = 4.0 + 2.0 + 2.0 + 1.2;
        let found = aggregate_rating(Rubric::v1(), &known).unwrap();
        let expected = 10.0 * (0.4 * moat + 0.3 * 8.7 + 0.3 * resilience);
        assert!((found.overall.unwrap() - expected).abs() < 1e-12);
        // A non-payer rests on the other two; without moat there is no aggregate.
        let none = RatingFacts { pays_dividend: Some(false), ..known.clone() };
        let found = aggregate_rating(Rubric::v1(), &none).unwrap();
        assert!((found.overall.unwrap() - 10.0 * (0.4 * moat + 0.3 * resilience) / 0.7).abs() < 1e-12);
        known.facts.remove("roe_5y_avg");
        assert_eq!(
            aggregate_rating(Rubric::v1(), &known).unwrap().overall.unwrap_err().code(),
            "insufficient_coverage"
        );
    }

    #[test]
    fn grades() {
        let fine: Vec<&str> =
            [97.0, 96.9, 90.0, 89.9, 83.0, 80.0, 77.0, 70.0, 63.0, 60.0, 59.9].map(grade_fine).to_vec();
        assert_eq!(fine, ["A+", "A", "A-", "B+", "B", "B-", "C+", "C-", "D", "D-", "F"]);
        assert_eq!([90.0, 89.9, 70.0, 60.0, 0.0].map(grade), ["A", "B", "C", "D", "F"]);
    }

    #[test]
    fn edges() {
        assert_eq!(rating(Rubric::v1(), "beauty", &payer()).unwrap_err().code(), "invalid_input");
        let nan = facts(&[("net_cash", f64::NAN)]);
        assert_eq!(rating(Rubric::v1(), "dividend_safety", &nan).unwrap_err().code(), "invalid_input");
    }

    proptest! {
        #[test]
        fn ratings_stay_in_range_and_better_cover_never_hurts(p in -0.5..1.5f64, c in 0.0..5.0f64, s in 0.0..30.0f64, more in 0.0..3.0f64) {
            let of = |cover| {
                let known = facts(&[("payout_ratio", p), ("fcf_dividend_coverage", cover), ("dividend_growth_years", s)]);
                rating(Rubric::v1(), "dividend_safety", &known).unwrap().overall.unwrap()
            };
            prop_assert!((3.0..=10.0).contains(&of(c)) && of(c + more) >= of(c));
        }
    }
}
