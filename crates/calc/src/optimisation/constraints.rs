//! Constraints of an optimiser from their JSON form.
//!
//! Limits of single assets are one number, a list in order or a map by name. Groups are a list of
//! `{"name"?, "members": […], "min"?, "max"?}`, a map of the same by name, or a map of members by name (or of the group by
//! member) with the limits in `group_min` and `group_max`. `max_l1_turnover` counts buys and sells, `max_turnover` one way.

use super::setup::{Setup, vector};
use crate::input::{child, number_at};
use crate::{Input, Problem};
use optimizer::{Constraints, Exposure, Group, MinimumReturn, TrackingError};
use serde_json::{Map, Value};

/// Keys of the object `constraints`.
const KEYS: [&str; 34] = [
    "long_only",
    "sum",
    "min_weight",
    "max_weight",
    "min_weights",
    "max_weights",
    "bounds",
    "max_l1_turnover",
    "max_turnover",
    "groups",
    "group_min",
    "group_max",
    "exposures",
    "tracking_error",
    "max_tracking_error",
    "benchmark",
    "benchmark_weights",
    "max_volatility",
    "target_volatility",
    "min_return",
    "target_return",
    "min_expected_return",
    "min_position",
    "max_names",
    "max_trades",
    "initial_weights",
    "cash",
    "max_single_position",
    "max_positions",
    "cardinality",
    "budget",
    "volatility",
    "expected_return",
    "risk_aversion",
];

/// The constraints of `input`.
pub(super) fn read(input: &Input<'_>, setup: &Setup) -> Result<Constraints, Problem> {
    let empty = Map::new();
    let (object, pointer) = match input.given("constraints") {
        None => (&empty, input.pointer("constraints")),
        Some(Value::Object(object)) => (object, input.pointer("constraints")),
        Some(_) => return Err(input.problem("constraints", "`constraints` is not an object")),
    };
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str()) && *key != "notes") {
        return Err(
            Problem::new(child(&pointer, key), format!("there is no constraint `{key}`")).did_you_mean(key, KEYS)
        );
    }
    let reader = Reader { object, pointer, input, setup };
    let mut constraints = Constraints::fully_invested(setup.names.clone());
    reader.weights(&mut constraints)?;
    reader.groups(&mut constraints)?;
    reader.exposures(&mut constraints)?;
    reader.turnover(&mut constraints)?;
    reader.risk_and_return(&mut constraints)?;
    reader.counts(&mut constraints)?;
    Ok(constraints)
}

struct Reader<'r, 'a> {
    object: &'r Map<String, Value>,
    pointer: String,
    input: &'r Input<'a>,
    setup: &'r Setup,
}

impl Reader<'_, '_> {
    fn given(&self, key: &str) -> Option<&Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn at(&self, key: &str) -> String {
        child(&self.pointer, key)
    }

    /// The first of `keys` that is given, with its pointer.
    fn first(&self, keys: &[&'static str]) -> Option<(&Value, String)> {
        keys.iter().find_map(|key| self.given(key).map(|value| (value, self.at(key))))
    }

    fn number(&self, keys: &[&'static str]) -> Result<Option<f64>, Problem> {
        self.first(keys).map(|(value, pointer)| number_at(value, &pointer)).transpose()
    }

    fn count(&self, keys: &[&'static str]) -> Result<Option<usize>, Problem> {
        let Some((value, pointer)) = self.first(keys) else { return Ok(None) };
        let number = number_at(value, &pointer)?;
        if number >= 0.0 && number.fract() == 0.0 && number < 1e9 {
            return Ok(Some(number as usize));
        }
        Err(Problem::new(pointer, format!("{value} is not a whole number of at least zero")))
    }

    fn weights(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        let names = &self.setup.names;
        let is_long_only = match self.given("long_only") {
            None => true,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => return Err(Problem::new(self.at("long_only"), "`long_only` is neither true nor false")),
        };
        if let Some(total) = self.number(&["sum", "budget"])? {
            constraints.total = Some(total);
        } else if self.object.get("sum").is_some_and(Value::is_null) {
            constraints.total = None;
        }
        if is_long_only {
            constraints.lower = vec![0.0; names.len()];
        }
        if let Some((value, pointer)) = self.first(&["bounds"]) {
            self.bounds(value, &pointer, constraints)?;
        }
        if let Some((value, pointer)) = self.first(&["min_weight", "min_weights"]) {
            let minimum = vector(value, &pointer, names, Some(f64::NEG_INFINITY))?;
            constraints.lower.iter_mut().zip(minimum).for_each(|(lower, minimum)| *lower = lower.max(minimum));
        }
        if let Some((value, pointer)) = self.first(&["max_weight", "max_weights", "max_single_position"]) {
            let maximum = vector(value, &pointer, names, Some(f64::INFINITY))?;
            constraints.upper.iter_mut().zip(maximum).for_each(|(upper, maximum)| *upper = upper.min(maximum));
        }
        if let Some((value, pointer)) = self.first(&["cash"]) {
            let group = self.group("cash", value, &pointer, &["asset"])?;
            constraints.groups.push(group);
        }
        Ok(())
    }

    /// `[low, high]` for all, or one such pair per asset.
    fn bounds(&self, value: &Value, pointer: &str, constraints: &mut Constraints) -> Result<(), Problem> {
        let items = value.as_array().ok_or_else(|| Problem::new(pointer, "`bounds` is not a list"))?;
        let pair = |value: &Value, pointer: &str| -> Result<(f64, f64), Problem> {
            let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
                return Err(Problem::new(pointer, "not a pair of least and greatest weight"));
            };
            let limit = |value: &Value, none: f64, pointer: String| {
                if value.is_null() { Ok(none) } else { number_at(value, &pointer) }
            };
            Ok((
                limit(low, f64::NEG_INFINITY, format!("{pointer}/0"))?,
                limit(high, f64::INFINITY, format!("{pointer}/1"))?,
            ))
        };
        let n = self.setup.n();
        let pairs = if items.iter().any(Value::is_array) {
            if items.len() != n {
                return Err(Problem::new(pointer, format!("{} pairs for {n} assets", items.len())));
            }
            items.iter().enumerate().map(|(i, item)| pair(item, &format!("{pointer}/{i}"))).collect::<Result<_, _>>()?
        } else {
            vec![pair(value, pointer)?; n]
        };
        for (i, (low, high)) in pairs.into_iter().enumerate() {
            constraints.lower[i] = constraints.lower[i].max(low);
            constraints.upper[i] = constraints.upper[i].min(high);
        }
        Ok(())
    }

    fn groups(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        for (value, pointer) in [
            self.given("groups").map(|value| (value, self.at("groups"))),
            self.input.given("groups").map(|value| (value, self.input.pointer("groups"))),
        ]
        .into_iter()
        .flatten()
        {
            match value {
                Value::Array(items) => {
                    for (i, item) in items.iter().enumerate() {
                        let pointer = format!("{pointer}/{i}");
                        constraints.groups.push(self.group(&format!("{}", i + 1), item, &pointer, &[])?);
                    }
                }
                Value::Object(map) if !map.is_empty() && map.values().all(Value::is_string) => {
                    // Each member names its group.
                    let mut names: Vec<&str> = map.values().filter_map(Value::as_str).collect();
                    names.sort_unstable();
                    names.dedup();
                    for name in names {
                        let members = map.iter().filter(|(_, group)| group.as_str() == Some(name));
                        let members = members.map(|(member, _)| Value::from(member.clone())).collect();
                        constraints.groups.push(self.group(name, &Value::Array(members), &pointer, &[])?);
                    }
                }
                Value::Object(map) => {
                    for (name, item) in map {
                        constraints.groups.push(self.group(name, item, &child(&pointer, name), &[])?);
                    }
                }
                _ => return Err(Problem::new(pointer, "`groups` is neither a list nor an object")),
            }
        }
        for (key, is_minimum) in [("group_min", true), ("group_max", false)] {
            let Some(value) = self.given(key) else { continue };
            let Value::Object(limits) = value else {
                let limit = number_at(value, &self.at(key))?;
                constraints.groups.iter_mut().for_each(|group| set(group, is_minimum, limit));
                continue;
            };
            for (name, limit) in limits {
                let pointer = child(&self.at(key), name);
                let limit = number_at(limit, &pointer)?;
                let known: Vec<String> = constraints.groups.iter().map(|group| group.name.clone()).collect();
                let group = constraints.groups.iter_mut().find(|group| group.name == *name).ok_or_else(|| {
                    Problem::new(pointer, format!("there is no group `{name}`"))
                        .did_you_mean(name, known.iter().map(String::as_str))
                })?;
                set(group, is_minimum, limit);
            }
        }
        Ok(())
    }

    /// A group: an object with members and limits, or just its members.
    fn group(&self, name: &str, value: &Value, pointer: &str, also: &[&str]) -> Result<Group, Problem> {
        let mut group = Group { name: name.to_owned(), members: Vec::new(), minimum: None, maximum: None };
        let object = match value {
            Value::Array(items) => {
                group.members = self.members(items, pointer)?;
                return Ok(group);
            }
            Value::Object(object) => object,
            _ => return Err(Problem::new(pointer, "not a group: an object with `members`, `min`, `max`")),
        };
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let at = child(pointer, key);
            match key.as_str() {
                "name" | "group" | "label" => group.name = value.as_str().unwrap_or(name).to_owned(),
                "members" | "assets" | "names" | "columns" => {
                    let items = value.as_array().ok_or_else(|| Problem::new(&at, "not a list of members"))?;
                    group.members = self.members(items, &at)?;
                }
                "asset" if also.contains(&"asset") => group.members = self.members(std::slice::from_ref(value), &at)?,
                "min" | "min_weight" | "lower" => group.minimum = Some(number_at(value, &at)?),
                "max" | "max_weight" | "upper" => group.maximum = Some(number_at(value, &at)?),
                "notes" => {}
                _ => {
                    return Err(Problem::new(at, format!("a group takes no key `{key}`"))
                        .did_you_mean(key, ["name", "members", "min", "max"]));
                }
            }
        }
        if group.members.is_empty() {
            return Err(Problem::new(pointer, "the group has no members"));
        }
        Ok(group)
    }

    /// Positions of members given by name or by position.
    fn members(&self, items: &[Value], pointer: &str) -> Result<Vec<usize>, Problem> {
        let names = &self.setup.names;
        let member = |(i, item): (usize, &Value)| match item {
            Value::String(name) => names.iter().position(|known| known == name).ok_or_else(|| {
                Problem::new(format!("{pointer}/{i}"), format!("there is no asset `{name}`"))
                    .did_you_mean(name, names.iter().map(String::as_str))
            }),
            item => item.as_u64().map(|place| place as usize).filter(|place| *place < names.len()).ok_or_else(|| {
                Problem::new(format!("{pointer}/{i}"), format!("{item} is neither a name nor a position"))
            }),
        };
        items.iter().enumerate().map(member).collect()
    }

    fn exposures(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        let Some((value, pointer)) = self.first(&["exposures"]) else { return Ok(()) };
        let items = value.as_array().ok_or_else(|| Problem::new(&pointer, "`exposures` is not a list"))?;
        for (i, item) in items.iter().enumerate() {
            let pointer = format!("{pointer}/{i}");
            let limit = |key: &str| {
                item.get(key).filter(|v| !v.is_null()).map(|v| number_at(v, &child(&pointer, key))).transpose()
            };
            let loadings =
                item.get("loadings").ok_or_else(|| Problem::new(&pointer, "an exposure needs `loadings`"))?;
            constraints.exposures.push(Exposure {
                name: item.get("name").and_then(Value::as_str).map_or_else(|| format!("{}", i + 1), str::to_owned),
                loadings: vector(loadings, &child(&pointer, "loadings"), &self.setup.names, Some(0.0))?,
                minimum: limit("min")?,
                maximum: limit("max")?,
            });
        }
        Ok(())
    }

    /// A vector of weights under one of `keys`, here or at the top.
    fn weights_of(&self, keys: &[&'static str]) -> Result<Option<Vec<f64>>, Problem> {
        let here = self.first(keys);
        let found = here.or_else(|| {
            keys.iter().find_map(|key| self.input.given(key).map(|value| (value, self.input.pointer(key))))
        });
        found.map(|(value, pointer)| vector(value, &pointer, &self.setup.names, Some(0.0))).transpose()
    }

    fn turnover(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        constraints.initial = self.weights_of(&["initial_weights"])?;
        let l1 = self.number(&["max_l1_turnover"])?;
        let one_way = self.number(&["max_turnover"])?.map(|limit| 2.0 * limit);
        constraints.maximum_turnover = match (l1, one_way) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if constraints.maximum_turnover.is_some() && constraints.initial.is_none() {
            return Err(self.input.problem("initial_weights", "a limit on turnover needs `initial_weights`"));
        }
        Ok(())
    }

    fn risk_and_return(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        constraints.maximum_volatility = self.number(&["max_volatility", "target_volatility", "volatility"])?;
        if let Some((value, pointer)) = self.first(&["tracking_error", "max_tracking_error"]) {
            let (limit, at, own) = match value {
                Value::Object(object) => {
                    let key = if object.contains_key("max") { "max" } else { "limit" };
                    let at = child(&pointer, key);
                    let limit =
                        object.get(key).ok_or_else(|| Problem::new(&pointer, "a tracking error needs `max`"))?;
                    let own = ["benchmark", "benchmark_weights"]
                        .iter()
                        .find_map(|key| object.get(*key).map(|value| (value, child(&pointer, key))));
                    (limit, at, own)
                }
                value => (value, pointer, None),
            };
            let maximum = number_at(limit, &at)?;
            let benchmark = match own {
                Some((value, at)) => Some(vector(value, &at, &self.setup.names, Some(0.0))?),
                None => self.benchmark()?,
            };
            let benchmark = benchmark.ok_or_else(|| {
                self.input.problem("benchmark_weights", "a limit on tracking error needs `benchmark_weights`")
            })?;
            constraints.tracking_error = Some(TrackingError { benchmark, maximum });
        }
        let minimum = self.number(&["min_return", "target_return", "min_expected_return", "expected_return"])?;
        if let Some(minimum) = minimum {
            let expected = self.setup.expected.clone().ok_or_else(|| {
                self.input.problem("expected_return_vector", "a least return needs `expected_return_vector`")
            })?;
            constraints.minimum_return = Some(MinimumReturn { expected, minimum });
        }
        Ok(())
    }

    fn benchmark(&self) -> Result<Option<Vec<f64>>, Problem> {
        self.weights_of(&["benchmark_weights", "benchmark"])
    }

    fn counts(&self, constraints: &mut Constraints) -> Result<(), Problem> {
        constraints.minimum_position = self.number(&["min_position"])?;
        constraints.maximum_names = self.count(&["max_names", "max_positions", "cardinality"])?;
        constraints.maximum_trades = self.count(&["max_trades"])?;
        Ok(())
    }
}

fn set(group: &mut Group, is_minimum: bool, limit: f64) {
    if is_minimum { group.minimum = Some(limit) } else { group.maximum = Some(limit) }
}

/// The benchmark's weights, wherever they stand.
pub(super) fn benchmark(
    input: &Input<'_>,
    setup: &Setup,
    constraints: &Constraints,
) -> Result<Option<Vec<f64>>, Problem> {
    if let Some(limit) = &constraints.tracking_error {
        return Ok(Some(limit.benchmark.clone()));
    }
    let nested = input.given("constraints").and_then(|value| {
        ["benchmark_weights", "benchmark"]
            .iter()
            .find_map(|key| value.get(*key).map(|value| (value, child(&input.pointer("constraints"), key))))
    });
    let top = || input.given("benchmark_weights").map(|value| (value, input.pointer("benchmark_weights")));
    nested.or_else(top).map(|(value, pointer)| vector(value, &pointer, &setup.names, Some(0.0))).transpose()
}
