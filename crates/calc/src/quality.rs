//! What the statements of a company say.

use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;
use formulas::quality::{
    self, AltmanInputs, AltmanVariant, BusinessKind, DividendInputs, Fact, PIOTROSKI_FLAGS, PiotroskiStatement, Rating,
    RatingFacts, Rubric,
};
use serde_json::{Map, Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "piotroski_f",
        calculator: "piotroski",
        summary: "nine signs that a company's finances get stronger",
        keys: &[
            Key::required("t", Kind::Object, STATEMENT),
            Key::required("t_minus_1", Kind::Object, "the same of the year before"),
            Key::required("t_minus_2", Kind::Object, "the year before that; only total_assets is used"),
        ],
        outputs: &[
            ("flags", "the signs, true or false; null where items are missing"),
            ("score", "how many are true, if all are known"),
            ("coverage", "share of the signs that are known"),
            ("roa", "net income over assets at the year's beginning"),
            ("cfo_to_assets", "operating cash flow over the same"),
            ("delta_leverage", "change of long-term debt over average assets"),
            ("delta_current_ratio", "change of the current ratio"),
            ("delta_margin", "change of the gross margin"),
            ("delta_turnover", "change of sales over assets at the year's beginning"),
        ],
        page: "piotroski_f",
        run: piotroski_f,
    },
    Function {
        name: "altman_z_ratios",
        calculator: "altman",
        summary: "Altman's Z of given ratios",
        keys: &[
            Key::required("x", Kind::Series, "X1 … X5"),
            Key::optional("variant", Kind::Choice(&VARIANTS), "\"public\"", "which of the three scores"),
        ],
        outputs: &[("z", "the score"), ("zone", "safe, grey or distress")],
        page: "altman_z",
        run: altman_z_ratios,
    },
    Function {
        name: "altman_z",
        calculator: "altman",
        summary: "how near a company's statements are to those of firms that failed",
        keys: &[
            item("current_assets"),
            item("current_liabilities"),
            item("total_assets"),
            item("retained_earnings"),
            item("ebit"),
            item("market_cap"),
            item("total_liabilities"),
            item("sales"),
            Key::optional("variant", Kind::Choice(&VARIANTS), "\"public\"", "which score `z` and `zone` give"),
        ],
        outputs: &[
            ("ratios", "X1 … X5"),
            ("z", "the score of the variant, Z unless stated"),
            ("zone", "safe, grey or distress"),
            ("z_prime_private", "Z' for companies without a market value"),
            ("z_double_prime", "Z'' for non-manufacturers"),
            ("zone_double_prime", "its zone"),
        ],
        page: "altman_z",
        run: altman_z,
    },
    Function {
        name: "rating",
        calculator: "rating",
        summary: "components of a rubric, scored on a company's figures",
        keys: &[
            Key::required("type", Kind::Text, "dividend_safety, moat_strength, resilience or aggregate"),
            Key::required("inputs", Kind::Object, "figures by name: a number, or {\"value\": …, \"years\": …}"),
            Key::optional("rubric", Kind::Text, "\"v1\"", "version of the bands"),
            Key::optional("business", Kind::Text, "", "bank, insurer or reit, where some components do not apply"),
        ],
        outputs: &[
            ("overall", "0 to 10, the aggregate 0 to 100; null with a status if absent"),
            ("components", "id, value, score, band, weight and threshold of each"),
            ("coverage", "weight share of the components present"),
            ("risk_flag", "a danger that the components show together"),
            ("grade", "A to F, of the aggregate"),
        ],
        page: "rating",
        run: rating,
    },
    Function {
        name: "dividend_safety",
        calculator: "rating",
        summary: "whether earnings, cash and the balance sheet carry the dividend",
        keys: &[
            item("eps"),
            item("dps"),
            item("fcf"),
            item("dividends_paid"),
            item("cash"),
            item("debt"),
            item("ebitda"),
            item("ebit"),
            item("interest"),
        ],
        outputs: &[
            ("payout_earnings", "DPS/EPS"),
            ("payout_fcf", "dividends/FCF"),
            ("fcf_coverage", "FCF/dividends"),
            ("net_cash", "cash − debt"),
            ("net_debt_to_ebitda", "(debt − cash)/EBITDA"),
            ("interest_coverage", "EBIT/interest"),
            ("flags", "negative_earnings, negative_fcf"),
            ("reasons", "why a ratio is null"),
        ],
        page: "dividend_safety",
        run: dividend_safety,
    },
    Function {
        name: "moat_inputs",
        calculator: "rating",
        summary: "level and stability of profitability",
        keys: &[
            Key::required("roe", Kind::List, "return on equity by fiscal year, oldest first; null for negative equity"),
            Key::required("gross_margin", Kind::List, "gross margin by fiscal year, oldest first"),
        ],
        outputs: &[
            ("roe_mean", "mean"),
            ("roe_cv", "standard deviation over mean"),
            ("roe_min", "least"),
            ("years_roe_above_15pct", "number of years"),
            ("gross_margin_mean", "mean"),
            ("gross_margin_std", "standard deviation, n − 1"),
            ("gross_margin_trend_per_year", "slope"),
        ],
        page: "moat_inputs",
        run: moat_inputs,
    },
];

const VARIANTS: [&str; 3] = ["public", "private", "nonmanufacturer"];
const STATEMENT: &str =
    "net_income, cfo, total_assets, long_term_debt, current_assets, current_liabilities, shares, sales, cogs";

/// An item of a statement; a missing one leaves open what needs it.
const fn item(name: &'static str) -> Key {
    Key::optional(name, Kind::Number, "", "item of the statements; what needs it is null without it")
}

fn piotroski_f(input: &Input<'_>) -> Result<Output, Problems> {
    let statement = |key: &str| -> Result<PiotroskiStatement, Problem> {
        let year = input.object(key)?;
        year.only(&STATEMENT.split(", ").collect::<Vec<_>>())?;
        Ok(PiotroskiStatement {
            net_income: year.optional_number("net_income")?,
            cfo: year.optional_number("cfo")?,
            total_assets: year.optional_number("total_assets")?,
            long_term_debt: year.optional_number("long_term_debt")?,
            current_assets: year.optional_number("current_assets")?,
            current_liabilities: year.optional_number("current_liabilities")?,
            shares: year.optional_number("shares")?,
            sales: year.optional_number("sales")?,
            cogs: year.optional_number("cogs")?,
        })
    };
    let found = quality::piotroski_f(&statement("t")?, &statement("t_minus_1")?, &statement("t_minus_2")?);
    let mut output = Output::new();
    let flag = |flag: &Result<bool, Undefined>| flag.as_ref().map_or(Value::Null, |set| Value::Bool(*set));
    let flags = PIOTROSKI_FLAGS.iter().zip(&found.flags).map(|(name, set)| ((*name).to_owned(), flag(set)));
    output.put("flags", flags.collect::<Map<String, Value>>());
    match &found.score {
        Ok(score) => output.put("score", *score),
        Err(reason) => output.null("score", reason.code()),
    };
    output.number("coverage", found.coverage);
    for (key, value) in [
        ("roa", found.roa),
        ("cfo_to_assets", found.cfo_to_assets),
        ("delta_leverage", found.delta_leverage),
        ("delta_current_ratio", found.delta_current_ratio),
        ("delta_margin", found.delta_margin),
        ("delta_turnover", found.delta_turnover),
    ] {
        output.result(key, value);
    }
    Ok(output)
}

fn variant(input: &Input<'_>) -> Result<AltmanVariant, Problem> {
    Ok(match input.choice("variant", &VARIANTS)? {
        "private" => AltmanVariant::Private,
        "nonmanufacturer" => AltmanVariant::NonManufacturer,
        _ => AltmanVariant::Public,
    })
}

fn zone(variant: AltmanVariant, z: &Result<f64, Undefined>) -> Value {
    z.as_ref().map_or(Value::Null, |z| variant.zone(*z).name().into())
}

fn altman_z_ratios(input: &Input<'_>) -> Result<Output, Problems> {
    let variant = variant(input)?;
    let z = quality::altman_z_of_ratios(&input.numbers("x")?, variant);
    let mut output = Output::new();
    output.put("zone", zone(variant, &z)).result("z", z);
    Ok(output)
}

fn altman_z(input: &Input<'_>) -> Result<Output, Problems> {
    let variant = variant(input)?;
    let found = quality::altman_z(&AltmanInputs {
        current_assets: input.optional_number("current_assets")?,
        current_liabilities: input.optional_number("current_liabilities")?,
        total_assets: input.optional_number("total_assets")?,
        retained_earnings: input.optional_number("retained_earnings")?,
        ebit: input.optional_number("ebit")?,
        market_cap: input.optional_number("market_cap")?,
        total_liabilities: input.optional_number("total_liabilities")?,
        sales: input.optional_number("sales")?,
    });
    let mut output = Output::new();
    let known = |ratio: &Result<f64, Undefined>| ratio.as_ref().map_or(Value::Null, |ratio| Value::from(*ratio));
    output.put("ratios", found.ratios.iter().map(known).collect::<Value>());
    let z = found.score(variant).clone();
    output.put("zone", zone(variant, &z)).result("z", z);
    output.put("zone_prime_private", zone(AltmanVariant::Private, &found.z_prime));
    output.put("zone_double_prime", zone(AltmanVariant::NonManufacturer, &found.z_double_prime));
    output.maybe("book_equity_to_liabilities", found.book_equity_to_liabilities.ok());
    // The other scores exist or not without a word on the one that was asked for.
    output.maybe("z_prime_private", found.z_prime.ok()).maybe("z_double_prime", found.z_double_prime.ok());
    Ok(output)
}

fn rating(input: &Input<'_>) -> Result<Output, Problems> {
    let version = input.text("rubric")?;
    let rubric = Rubric::version(&version).ok_or_else(|| {
        input.problem("rubric", format!("there is no rubric `{version}`")).did_you_mean(&version, ["v1"])
    })?;
    let facts = facts(input, rubric)?;
    let text = input.text("type")?;
    let id = match text.as_str() {
        "moat" => "moat_strength",
        "dividend" => "dividend_safety",
        other => other,
    };
    let mut output = Output::new();
    if ["aggregate", "overall"].contains(&id) {
        match quality::aggregate_rating(rubric, &facts) {
            Err(reason) => output = Output::undefined(&["overall"], &reason),
            Ok(found) => {
                let grades = found.overall.as_ref().ok().map(|o| (quality::grade(*o), quality::grade_fine(*o)));
                output.put("grade", grades.map(|g| g.0)).put("grade_fine", grades.map(|g| g.1));
                for rating in &found.ratings {
                    output.maybe(&rating.id, rating.overall.as_ref().ok().copied());
                }
                let components: Value = found.ratings.iter().flat_map(|r| r.components.iter().map(component)).collect();
                output.put("components", components).number("coverage", found.coverage);
                output.result("overall", found.overall);
            }
        }
    } else if rubric.rating(id).is_some() {
        match quality::rating(rubric, id, &facts) {
            Err(reason) => output = Output::undefined(&["overall"], &reason),
            Ok(found) => rated(&mut output, &found),
        }
    } else {
        let known = rubric.ratings.iter().map(|rating| rating.id.as_str()).chain(["aggregate"]);
        return Err(input.problem("type", format!("there is no rating `{text}`")).did_you_mean(&text, known).into());
    }
    output.put("rubric_version", version).put("limits", rubric.limits.clone());
    Ok(output)
}

fn rated(output: &mut Output, found: &Rating) {
    output.put("components", found.components.iter().map(component).collect::<Value>());
    output.number("coverage", found.coverage).put("risk_flag", found.risk_flag);
    output.result("overall", found.overall.clone());
}

fn component(component: &quality::ComponentScore) -> Value {
    json!({
        "id": component.id,
        "label": component.label,
        "value": component.value,
        "unit": component.unit,
        "score": component.score.as_ref().ok(),
        "status": component.score.as_ref().err().map_or("ok", Undefined::code),
        "band": component.band,
        "weight": component.weight,
        "threshold": component.threshold,
        "years": component.years,
    })
}

/// Figures that a company's facts may carry beside those that the rubric scores.
const UNSCORED: [&str; 6] =
    ["cash_pct_assets", "fcf_to_revenue", "revenue_growth_cv", "operating_margin", "piotroski_f", "altman_z"];
/// Facts that are no figures.
const CIRCUMSTANCES: [&str; 6] = ["pays_dividend", "no_debt", "business", "sector", "industry", "kind"];

fn facts(input: &Input<'_>, rubric: &Rubric) -> Result<RatingFacts, Problem> {
    let given = input.object("inputs")?;
    let scored = || {
        rubric.ratings.iter().flat_map(|rating| &rating.components).flat_map(|c| c.inputs.iter().map(String::as_str))
    };
    let known: Vec<&str> = scored().chain(UNSCORED).chain(CIRCUMSTANCES).collect();
    given.only(&known)?;
    let mut facts = RatingFacts::default();
    for name in scored() {
        let Some(value) = given.given(name) else { continue };
        if let Some(fact) = fact(&given, name, value)? {
            facts.facts.insert(name.to_owned(), fact);
        }
    }
    let truth = |key: &str| match given.given(key) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(given.problem(key, format!("`{key}` is neither true nor false"))),
    };
    facts.pays_dividend = truth("pays_dividend")?;
    let debt_free = ["debt_to_equity", "debt_equity", "debt_equity_ratio"]
        .iter()
        .find_map(|name| facts.facts.get(*name))
        .is_some_and(|fact| fact.value == 0.0);
    facts.has_no_debt = truth("no_debt")?.unwrap_or(debt_free);
    let mut words = input.optional_text("business")?.unwrap_or_default();
    for key in ["business", "sector", "industry", "kind"] {
        if let Some(text) = given.given(key).and_then(Value::as_str) {
            words = format!("{words} {text}");
        }
    }
    facts.kind = business(&words);
    Ok(facts)
}

/// A number, `{"value": …, "years": n or […]}`, or money in US dollars; none for an absent value.
fn fact(given: &Input<'_>, name: &str, value: &Value) -> Result<Option<Fact>, Problem> {
    let Value::Object(object) = value else {
        return Ok(given.optional_number(name)?.map(|value| Fact { value, years: None }));
    };
    let inner = given.object(name)?;
    inner.only(&["value", "years", "amount", "currency", "source_years"])?;
    if let Some(currency) = object.get("currency").and_then(Value::as_str)
        && currency != "USD"
    {
        let problem = inner.problem("currency", format!("`{name}` is in {currency}"));
        return Err(problem.advising("give it in US dollars at the rate of the pricing pack"));
    }
    let key = if object.contains_key("amount") { "amount" } else { "value" };
    let years = match object.get("years").or(object.get("source_years")) {
        Some(Value::Array(years)) => Some(years.len()),
        Some(Value::Number(_)) => Some(inner.count("years")?),
        _ => None,
    };
    Ok(inner.optional_number(key)?.map(|value| Fact { value, years }))
}

fn business(words: &str) -> BusinessKind {
    let words = words.to_lowercase();
    if words.contains("reit") || words.contains("real estate investment trust") {
        BusinessKind::Reit
    } else if words.contains("insur") {
        BusinessKind::Insurer
    } else if words.contains("bank") {
        BusinessKind::Bank
    } else {
        BusinessKind::Other
    }
}

fn dividend_safety(input: &Input<'_>) -> Result<Output, Problems> {
    let found = quality::dividend_safety(&DividendInputs {
        eps: input.optional_number("eps")?,
        dps: input.optional_number("dps")?,
        fcf: input.optional_number("fcf")?,
        dividends_paid: input.optional_number("dividends_paid")?,
        cash: input.optional_number("cash")?,
        debt: input.optional_number("debt")?,
        ebitda: input.optional_number("ebitda")?,
        ebit: input.optional_number("ebit")?,
        interest: input.optional_number("interest")?,
    });
    let mut output = Output::new();
    let mut reasons = Map::new();
    for (key, value) in [
        ("payout_earnings", found.payout_earnings),
        ("payout_fcf", found.payout_fcf),
        ("fcf_coverage", found.fcf_coverage),
        ("net_cash", found.net_cash),
        ("net_debt_to_ebitda", found.net_debt_to_ebitda),
        ("interest_coverage", found.interest_coverage),
    ] {
        if let Err(reason) = &value {
            reasons.insert(key.to_owned(), reason.to_string().into());
        }
        output.result(key, value);
    }
    output.put("flags", found.flags).put("reasons", reasons);
    Ok(output)
}

fn moat_inputs(input: &Input<'_>) -> Result<Output, Problems> {
    let read = |key: &str| -> Result<Vec<Option<f64>>, Problem> {
        match input.given(key) {
            Some(Value::Array(items)) if !items.iter().any(Value::is_array) => input.optional_numbers(key),
            _ => Ok(input.numbers(key)?.into_iter().map(Some).collect()),
        }
    };
    let mut output = Output::new();
    match quality::moat_inputs(&read("roe")?, &read("gross_margin")?) {
        Err(reason) => return Ok(Output::undefined(&["roe_mean", "gross_margin_mean"], &reason)),
        Ok(found) => {
            output.result("roe_mean", found.roe_mean).result("roe_cv", found.roe_cv).result("roe_min", found.roe_min);
            output.put("years_roe_above_15pct", found.years_roe_above_15pct).put("roe_years", found.roe_years);
            output.result("gross_margin_mean", found.gross_margin_mean);
            output.result("gross_margin_std", found.gross_margin_std);
            output.result("gross_margin_trend_per_year", found.gross_margin_trend_per_year);
        }
    }
    Ok(output)
}
