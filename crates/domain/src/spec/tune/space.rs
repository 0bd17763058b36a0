//! The points of a space, all of them or some by chance.

use super::SearchMethod;
use crate::{AlgorithmSpec, Violations};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Values of parameters by their names.
pub type Configuration = BTreeMap<String, f64>;

/// No space has more parameters.
const MOST_PARAMETERS: usize = 16;
/// No parameter lists more values.
const MOST_VALUES: usize = 100;
/// What is drawn is rounded to so many digits, so that people can read it.
pub(super) const DIGITS: i32 = 4;

/// A parameter that is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// As the algorithm calls it, e.g. `max_depth`.
    pub name: String,
    /// What it may be.
    pub values: ParameterValues,
}

/// What a parameter may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterValues {
    /// One of these.
    List(Vec<f64>),
    /// A whole number between two, both included.
    Integers {
        /// The least.
        low: i64,
        /// The most.
        high: i64,
        /// How likely each is.
        scale: Scale,
    },
    /// Any number between two.
    Numbers {
        /// The least.
        low: f64,
        /// The most.
        high: f64,
        /// How likely each is.
        scale: Scale,
    },
}

/// How numbers between two ends are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// All alike.
    #[default]
    Linear,
    /// All orders of magnitude alike.
    Log,
}

/// Everything that is wrong with a space; fields are named as in the request.
pub(super) fn check(space: &[Parameter], algorithm: &AlgorithmSpec, method: SearchMethod) -> Violations {
    let mut found = Violations::new();
    let some = (1..=MOST_PARAMETERS).contains(&space.len());
    found.require(some, "space", || {
        format!("{} parameters; name 1 to {MOST_PARAMETERS}", space.len())
    });
    for (place, parameter) in space.iter().enumerate() {
        let path = format!("space[{place}]");
        let twice = space[..place].iter().any(|other| other.name == parameter.name);
        found.require(!twice, &format!("{path}.name"), || {
            format!("`{}` is named twice", parameter.name)
        });
        found.extend(parameter.check(&path, algorithm, method));
    }
    found
}

/// How many points a space has; `None` when they cannot be counted.
pub(super) fn size(space: &[Parameter]) -> Option<u64> {
    space.iter().try_fold(1_u64, |all, parameter| {
        Some(all.saturating_mul(parameter.values.count()?))
    })
}

/// Every point, the last parameter going first.
pub(super) fn grid(space: &[Parameter]) -> Vec<Configuration> {
    let mut found = vec![Configuration::new()];
    for Parameter { name, values } in space {
        let values = values.all();
        let with = |point: &Configuration, value: f64| {
            let mut point = point.clone();
            point.insert(name.clone(), value);
            point
        };
        found = found
            .iter()
            .flat_map(|point| values.iter().map(|value| with(point, *value)))
            .collect();
    }
    found
}

/// So many points, none twice; all of them when there are not more.
pub(super) fn draw(space: &[Parameter], wanted: usize, seed: u64) -> Vec<Configuration> {
    let mut draws = Draws(seed);
    // Of few points most would be drawn twice: these are all written down and shuffled.
    if let Some(size) = size(space).filter(|size| *size <= 4 * wanted as u64) {
        let mut all = grid(space);
        debug_assert_eq!(all.len() as u64, size);
        for last in (1..all.len()).rev() {
            all.swap(last, draws.below(last as u64 + 1) as usize);
        }
        all.truncate(wanted);
        return all;
    }
    let mut found: Vec<Configuration> = Vec::with_capacity(wanted);
    let mut known = HashSet::with_capacity(wanted);
    // A space whose ends lie so close that rounding leaves few points may have fewer than are wanted: the check of the spec refuses it.
    for _ in 0..wanted.saturating_mul(100) {
        if found.len() == wanted {
            break;
        }
        let point: Configuration = space
            .iter()
            .map(|parameter| (parameter.name.clone(), parameter.values.draw(&mut draws)))
            .collect();
        if known.insert(point.values().map(|value| value.to_bits()).collect::<Vec<u64>>()) {
            found.push(point);
        }
    }
    found
}

impl Parameter {
    fn check(&self, path: &str, algorithm: &AlgorithmSpec, method: SearchMethod) -> Violations {
        let mut found = Violations::new();
        let Some(counts) = algorithm.counts(&self.name) else {
            let error = algorithm.with_parameter(&self.name, 0.0).err();
            let text = error.map_or_else(String::new, |error| error.to_string());
            found.invalid(format!("{path}.name"), text);
            return found;
        };
        let field = format!("{path}.{}", self.values.field());
        let mut require = |good: bool, text: &str| found.require(good, &field, || text.to_owned());
        match &self.values {
            ParameterValues::List(values) => {
                require((1..=MOST_VALUES).contains(&values.len()), "list 1 to 100 values");
                let differ = values
                    .iter()
                    .enumerate()
                    .all(|(i, value)| !values[..i].contains(value));
                require(differ, "a value is listed twice");
            }
            ParameterValues::Integers { low, high, scale } => {
                require(low < high, "low must lie below high");
                require(*scale == Scale::Linear || *low > 0, "a log scale begins above 0");
                let small = |end: i64| end.unsigned_abs() <= u64::from(u32::MAX);
                require(small(*low) && small(*high), "at most 4294967295");
            }
            ParameterValues::Numbers { low, high, scale } => {
                require(low < high && high.is_finite(), "low must lie below high");
                require(
                    *scale == Scale::Linear || *low > 0.0,
                    "a log scale begins above 0",
                );
                require(
                    !counts,
                    "the parameter takes whole numbers; give integers or a list",
                );
                require(
                    method != SearchMethod::Grid,
                    "a grid takes steps that somebody chose; list values, or take RANDOM",
                );
            }
        }
        if found.is_empty() {
            self.check_values(&field, algorithm, &mut found);
        }
        found
    }

    /// Whether the algorithm takes the values: of a range its ends.
    fn check_values(&self, field: &str, algorithm: &AlgorithmSpec, found: &mut Violations) {
        for value in self.values.ends() {
            let refused = match algorithm.with_parameter(&self.name, value) {
                Err(error) => Some(error.to_string()),
                Ok(with) => {
                    let wrong = with.check("algorithm");
                    wrong.iter().next().map(|violation| violation.description.clone())
                }
            };
            if let Some(text) = refused {
                found.invalid(field, format!("{value}: {text}"));
            }
        }
    }
}

impl ParameterValues {
    fn field(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Integers { .. } => "integers",
            Self::Numbers { .. } => "numbers",
        }
    }

    /// Values that stand for all of them.
    fn ends(&self) -> Vec<f64> {
        match self {
            Self::List(values) => values.clone(),
            Self::Integers { low, high, .. } => vec![*low as f64, *high as f64],
            Self::Numbers { low, high, .. } => vec![*low, *high],
        }
    }

    fn count(&self) -> Option<u64> {
        match self {
            Self::List(values) => Some(values.len() as u64),
            Self::Integers { low, high, .. } => Some(high.abs_diff(*low).saturating_add(1)),
            Self::Numbers { .. } => None,
        }
    }

    /// Every value of what can be counted.
    fn all(&self) -> Vec<f64> {
        match self {
            Self::List(values) => values.clone(),
            Self::Integers { low, high, .. } => (*low..=*high).map(|value| value as f64).collect(),
            Self::Numbers { .. } => Vec::new(),
        }
    }

    fn draw(&self, draws: &mut Draws) -> f64 {
        match self {
            Self::List(values) => values[draws.below(values.len() as u64) as usize],
            Self::Integers { low, high, scale } => {
                // Each whole number has the same room below it and above it.
                let (from, to) = (*low as f64 - 0.5, *high as f64 + 0.5);
                let drawn = scale.between(from, to, draws.share());
                drawn.round().clamp(*low as f64, *high as f64)
            }
            Self::Numbers { low, high, scale } => {
                rounded(scale.between(*low, *high, draws.share())).clamp(*low, *high)
            }
        }
    }
}

impl Scale {
    /// The number at a share of the way, [0, 1), between two ends.
    fn between(self, low: f64, high: f64, share: f64) -> f64 {
        match self {
            Self::Linear => low + share * (high - low),
            Self::Log => (low.ln() + share * (high.ln() - low.ln())).exp(),
        }
    }
}

/// To [`DIGITS`] digits.
fn rounded(value: f64) -> f64 {
    let text = format!("{value:.*e}", (DIGITS - 1) as usize);
    text.parse().unwrap_or(value)
}

/// Numbers by chance from a seed: SplitMix64 (Steele, Lea and Flood 2014).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `count`, above 0.
    fn below(&mut self, count: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u64
    }
}
