//! What a model may look at. Names are resolved against the catalogue of features, never against SQL.

use crate::{Reason, Span, Violations};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A look-back: `(t - w, t]`, closed right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// So many bars of the entity, the present one included. Written `10`.
    Bars(u32),
    /// So much time. Written `30m`.
    Time(Span),
}

/// A written feature: `close`, `hour_of_day`, `rolling_mean(close, 10)`. What stands for a column may be a feature itself:
/// `rolling_std(log_return(close, 1), 30m)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FeatureExpr {
    /// Family of the catalogue (`rolling_mean`), or a column's name when there are no parentheses.
    pub head: String,
    /// What stands between the parentheses, as written; the catalogue knows what each must be.
    pub arguments: Vec<String>,
}

/// Which features the model sees: sets expanded over the source's columns and the windows, plus single ones, minus some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSpec {
    /// Sets of the catalogue, e.g. `core`.
    pub sets: Vec<String>,
    /// Single features.
    pub features: Vec<FeatureExpr>,
    /// Windows over which sets are expanded.
    pub windows: Vec<Window>,
    /// Features of the sets that are left out.
    pub exclude: Vec<FeatureExpr>,
}

/// Why a text is not a feature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a feature of at most {MAX_TEXT} bytes such as close, hour_of_day, rolling_mean(close, 10) or \
     rolling_mean(close, 30m)"
)]
pub struct FeatureSyntax;

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            sets: vec!["core".to_owned()],
            features: Vec::new(),
            windows: vec![Window::Bars(5), Window::Bars(10), Window::Bars(15)],
            exclude: Vec::new(),
        }
    }
}

/// No written feature is longer, in bytes.
const MAX_TEXT: usize = 400;
/// No name of a family or column is longer, in bytes: Postgres cuts longer ones.
const MAX_WORD: usize = 63;
/// No window looks back over more bars.
const MAX_BARS: u32 = 100_000;
/// No spec names more sets.
const MAX_SETS: usize = 64;
/// No spec asks for more single features, or expands to more.
pub const MAX_FEATURES: usize = 4096;

impl Window {
    /// What is wrong with it.
    pub fn check(&self, field: &str, found: &mut Violations) {
        if let Some(fault) = self.fault() {
            found.invalid(field, fault);
        }
    }

    /// Why no feature can look back so far, if that is so.
    pub fn fault(&self) -> Option<String> {
        let good = match self {
            Self::Bars(bars) => (1..=MAX_BARS).contains(bars),
            Self::Time(span) => !span.is_zero() && *span <= Span::from_mins(366 * 24 * 60),
        };
        (!good).then(|| format!("`{self}` must be 1 to {MAX_BARS} bars, or a positive time up to 366 days"))
    }
}

impl FeatureSpec {
    /// What is wrong with its form; names are checked by the catalogue.
    pub fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        if self.sets.is_empty() && self.features.is_empty() {
            found.invalid(
                format!("{prefix}.sets"),
                "name at least one set or feature; `core` is the default set",
            );
        }
        found.require(self.sets.len() <= MAX_SETS, &format!("{prefix}.sets"), || {
            format!("{} sets; at most {MAX_SETS} are taken", self.sets.len())
        });
        found.require(
            self.exclude.len() <= MAX_FEATURES,
            &format!("{prefix}.exclude"),
            || {
                format!(
                    "{} features; at most {MAX_FEATURES} are taken",
                    self.exclude.len()
                )
            },
        );
        let too_many = self.features.len() > MAX_FEATURES;
        found.require(!too_many, &format!("{prefix}.features"), || {
            format!(
                "{} features; at most {MAX_FEATURES} are taken",
                self.features.len()
            )
        });
        found.require(self.windows.len() <= 64, &format!("{prefix}.windows"), || {
            "at most 64 windows are taken".to_owned()
        });
        for (i, window) in self.windows.iter().enumerate() {
            window.check(&format!("{prefix}.windows[{i}]"), &mut found);
        }
        found
    }

    /// Parses the texts of single features, naming those that are none.
    pub fn parse_list(texts: &[String], field: &str, found: &mut Violations) -> Vec<FeatureExpr> {
        let mut features = Vec::with_capacity(texts.len());
        for (i, text) in texts.iter().enumerate() {
            match text.parse() {
                Ok(feature) => features.push(feature),
                Err(error @ FeatureSyntax) => {
                    found.add(format!("{field}[{i}]"), Reason::UnknownFeature, error.to_string());
                }
            }
        }
        features
    }
}

impl FromStr for Window {
    type Err = FeatureSyntax;
    fn from_str(text: &str) -> Result<Self, FeatureSyntax> {
        if let Ok(bars) = text.parse::<u32>() {
            return Ok(Self::Bars(bars));
        }
        text.parse().map(Self::Time).map_err(|_| FeatureSyntax)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bars(bars) => write!(f, "{bars}"),
            Self::Time(span) => write!(f, "{span}"),
        }
    }
}

impl FeatureExpr {
    /// A name without parentheses.
    pub fn bare(head: &str) -> Self {
        Self::new(head, [])
    }

    /// A family with what stands between its parentheses.
    pub fn new<const N: usize>(head: &str, arguments: [String; N]) -> Self {
        Self {
            head: head.to_owned(),
            arguments: arguments.into(),
        }
    }
}

/// A name, or a number, or a length of time.
fn is_word(text: &str) -> bool {
    let apart = |c: char| c.is_control() || matches!(c, '(' | ')' | ',');
    !text.is_empty() && text.len() <= MAX_WORD && !text.contains(apart)
}

/// What stands between the parentheses, parted at the commas that are not within parentheses of their own; each a word or a
/// feature. `None` when there is anything else.
fn arguments(inner: &str) -> Option<Vec<String>> {
    let mut depth = 0_i32;
    let parts = inner.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let parts: Vec<&str> = parts.map(str::trim).collect();
    let one = |part: &str| {
        if is_word(part) {
            return Some(part.to_owned());
        }
        part.contains('(')
            .then(|| part.parse::<FeatureExpr>().ok())?
            .map(String::from)
    };
    parts.into_iter().map(one).collect()
}

impl FromStr for FeatureExpr {
    type Err = FeatureSyntax;
    fn from_str(text: &str) -> Result<Self, FeatureSyntax> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(FeatureSyntax); // also bounds how deep features stand in features
        }
        let (head, arguments) = match text.split_once('(') {
            None => (text, Some(Vec::new())),
            Some((head, rest)) => (head.trim(), rest.strip_suffix(')').and_then(arguments)),
        };
        match arguments {
            Some(arguments) if is_word(head) => Ok(Self {
                head: head.to_owned(),
                arguments,
            }),
            _ => Err(FeatureSyntax),
        }
    }
}

impl fmt::Display for FeatureExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        if self.arguments.is_empty() {
            return Ok(());
        }
        write!(f, "({})", self.arguments.join(", "))
    }
}

impl From<FeatureExpr> for String {
    fn from(feature: FeatureExpr) -> Self {
        feature.to_string()
    }
}

impl TryFrom<String> for FeatureExpr {
    type Error = FeatureSyntax;
    fn try_from(text: String) -> Result<Self, FeatureSyntax> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_reads_back_as_it_was_written() {
        for text in [
            "close",
            "hour_of_day",
            "rolling_mean(close, 10)",
            "rolling_mean(close, 30m)",
            "log_return(close, 1)",
            "above(close, -0.5)",
            "rolling_std(log_return(close, 1), 30m)",
            "minus(rolling_sum(buys, 5), rolling_sum(sells, 5))",
        ] {
            assert_eq!(text.parse::<FeatureExpr>().unwrap().to_string(), text);
        }
        assert_eq!(
            " rolling_mean( minus( a,b ) ,10 ) "
                .parse::<FeatureExpr>()
                .unwrap()
                .to_string(),
            "rolling_mean(minus(a, b), 10)"
        );
    }

    #[test]
    fn what_is_no_feature_is_refused() {
        let deep = format!("{}a{}", "f(".repeat(200), ")".repeat(200));
        for text in [
            "",
            "f(",
            "f)",
            "f()",
            "f(a",
            "f(a,)",
            "f(a, 1) b",
            "(a)",
            "f(a, g(b)",
            "f(a), g(b)",
            "f(a)(b)",
            "f((a))",
            "f(a, g())",
            "f(g(a) b)",
            "a\nb",
            &deep,
        ] {
            assert!(text.parse::<FeatureExpr>().is_err(), "{text:?} was taken");
        }
    }
}
