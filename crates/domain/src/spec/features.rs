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

/// A concrete feature: `family`, `family(column)`, `family(column, window)`, or just a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FeatureExpr {
    /// Family of the catalogue (`rolling_mean`), or a column's name when there are no parentheses.
    pub head: String,
    /// The column, for families that take one.
    pub column: Option<String>,
    /// The window, for families that take one.
    pub window: Option<Window>,
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
#[error("expected a feature such as close, hour_of_day, rolling_mean(close, 10) or rolling_mean(close, 30m)")]
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

/// No window looks back over more bars.
const MAX_BARS: u32 = 100_000;
/// No spec names more sets.
const MAX_SETS: usize = 64;
/// No spec asks for more single features, or expands to more.
pub const MAX_FEATURES: usize = 4096;

impl Window {
    /// What is wrong with it.
    pub fn check(&self, field: &str, found: &mut Violations) {
        let good = match self {
            Self::Bars(bars) => (1..=MAX_BARS).contains(bars),
            Self::Time(span) => !span.is_zero() && *span <= Span::from_mins(366 * 24 * 60),
        };
        found.require(good, field, || {
            format!("`{self}` must be 1 to {MAX_BARS} bars, or a positive time up to 366 days")
        });
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
        for (i, feature) in self.features.iter().enumerate() {
            if let Some(window) = feature.window {
                window.check(&format!("{prefix}.features[{i}]"), &mut found);
            }
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

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && !text
            .chars()
            .any(|c| c.is_control() || matches!(c, '(' | ')' | ','))
}

impl FromStr for FeatureExpr {
    type Err = FeatureSyntax;
    fn from_str(text: &str) -> Result<Self, FeatureSyntax> {
        let text = text.trim();
        let Some((head, rest)) = text.split_once('(') else {
            let plain = Self {
                head: text.to_owned(),
                column: None,
                window: None,
            };
            return if is_word(text) {
                Ok(plain)
            } else {
                Err(FeatureSyntax)
            };
        };
        let inner = rest.strip_suffix(')').ok_or(FeatureSyntax)?;
        let mut arguments = inner.splitn(2, ',').map(str::trim);
        let column = arguments.next().filter(|c| is_word(c)).ok_or(FeatureSyntax)?;
        let window = arguments.next().map(str::parse).transpose()?;
        let head = head.trim();
        if !is_word(head) {
            return Err(FeatureSyntax);
        }
        Ok(Self {
            head: head.to_owned(),
            column: Some(column.to_owned()),
            window,
        })
    }
}

impl fmt::Display for FeatureExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.column, self.window) {
            (Some(column), Some(window)) => write!(f, "{}({column}, {window})", self.head),
            (Some(column), None) => write!(f, "{}({column})", self.head),
            (None, _) => f.write_str(&self.head),
        }
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
        ] {
            assert_eq!(text.parse::<FeatureExpr>().unwrap().to_string(), text);
        }
        assert_eq!(
            " rolling_mean( close ,10 ) "
                .parse::<FeatureExpr>()
                .unwrap()
                .to_string(),
            "rolling_mean(close, 10)"
        );
    }

    #[test]
    fn what_is_no_feature_is_refused() {
        for text in [
            "",
            "f(",
            "f)",
            "f()",
            "f(a",
            "f(a,)",
            "f(a, x)",
            "f(a, 1) b",
            "(a)",
            "f(a, 1, 2)",
            "a\nb",
        ] {
            assert!(text.parse::<FeatureExpr>().is_err(), "{text:?} was taken");
        }
    }
}
