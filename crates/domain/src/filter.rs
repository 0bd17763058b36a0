//! Filters of lists (AIP-160), the part of it that every list serves: terms joined by AND.

use std::fmt;

/// How a term compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One comparison, e.g. `state = RUNNING` or `labels.team = "alpha"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Field path as it was written, e.g. `labels.team`.
    pub field: String,
    /// How it compares.
    pub comparator: Comparator,
    /// The value without its quotes.
    pub value: String,
    /// Where the term starts in the text, from 1.
    pub column: usize,
    /// Where its value starts, from 1.
    pub value_column: usize,
}

/// Why a text is not a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}")]
pub struct FilterError {
    /// Where it went wrong, in characters from 1.
    pub column: usize,
    /// What would have been right there.
    pub expected: String,
}

/// What a list can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The path; one that ends in `.*` takes any key there (`labels.*`).
    pub path: &'static str,
    /// The comparators that it takes.
    pub comparators: &'static [Comparator],
}

/// `=` alone.
pub const EQUAL: &[Comparator] = &[Comparator::Equal];
/// Everything that orders, for times and numbers.
pub const ORDERED: &[Comparator] = &[
    Comparator::Less,
    Comparator::LessOrEqual,
    Comparator::Greater,
    Comparator::GreaterOrEqual,
];

/// No filter is longer, in bytes.
pub const MAX_FILTER: usize = 2048;
/// No filter has more terms.
const MAX_TERMS: usize = 32;

/// Parses `a = b AND c >= d`. Only the fields given are taken; an empty text has no terms.
pub fn parse(text: &str, fields: &[Field]) -> Result<Vec<Term>, FilterError> {
    if text.len() > MAX_FILTER {
        let fits = text
            .char_indices()
            .take_while(|(at, c)| at + c.len_utf8() <= MAX_FILTER);
        return Err(error(
            fits.count() + 1,
            format!("a filter of at most {MAX_FILTER} bytes"),
        ));
    }
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    let mut terms = Vec::new();
    reader.skip_spaces();
    while !reader.is_done() {
        if terms.len() == MAX_TERMS {
            return Err(error(reader.column(), format!("at most {MAX_TERMS} terms")));
        }
        terms.push(reader.term(fields)?);
        reader.skip_spaces();
        if !reader.is_done() {
            reader.and()?;
        }
    }
    Ok(terms)
}

fn error(column: usize, expected: impl Into<String>) -> FilterError {
    FilterError {
        column,
        expected: expected.into(),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn is_done(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn column(&self) -> usize {
        self.at + 1
    }

    fn skip_spaces(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        let plain = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '+' | '@');
        while self.chars.get(self.at).is_some_and(plain) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn and(&mut self) -> Result<(), FilterError> {
        let column = self.column();
        if self.word() != "AND" {
            return Err(error(
                column,
                "AND (OR, NOT and parentheses are not served; send one request each)",
            ));
        }
        self.skip_spaces();
        if self.is_done() {
            return Err(error(self.column(), "another term after AND"));
        }
        Ok(())
    }

    fn term(&mut self, fields: &[Field]) -> Result<Term, FilterError> {
        let column = self.column();
        let name = self.word();
        let field = fields.iter().find(|f| matches(f.path, &name)).ok_or_else(|| {
            let known: Vec<&str> = fields.iter().map(|f| f.path).collect();
            error(column, format!("one of the fields {}", known.join(", ")))
        })?;
        self.skip_spaces();
        let comparator_column = self.column();
        let comparator = self.comparator()?;
        if !field.comparators.contains(&comparator) {
            let known: Vec<String> = field.comparators.iter().map(ToString::to_string).collect();
            return Err(error(
                comparator_column,
                format!("{} after {name}", known.join(" or ")),
            ));
        }
        self.skip_spaces();
        let value_column = self.column();
        let value = self.value()?;
        Ok(Term {
            field: name,
            comparator,
            value,
            column,
            value_column,
        })
    }

    fn comparator(&mut self) -> Result<Comparator, FilterError> {
        let found: String = self.chars[self.at..].iter().take(2).collect();
        let comparator = match found.as_str() {
            "!=" => Comparator::NotEqual,
            "<=" => Comparator::LessOrEqual,
            ">=" => Comparator::GreaterOrEqual,
            _ if found.starts_with('=') => Comparator::Equal,
            _ if found.starts_with('<') => Comparator::Less,
            _ if found.starts_with('>') => Comparator::Greater,
            _ => return Err(error(self.column(), "a comparison such as = or >=")),
        };
        self.at += comparator.to_string().len();
        Ok(comparator)
    }

    fn value(&mut self) -> Result<String, FilterError> {
        let column = self.column();
        if self.chars.get(self.at) == Some(&'"') {
            return self.quoted();
        }
        let value = self.word();
        if value.is_empty() {
            Err(error(column, "a value, in double quotes if it has spaces"))
        } else {
            Ok(value)
        }
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        self.at += 1;
        let mut value = String::new();
        while let Some(&c) = self.chars.get(self.at) {
            self.at += 1;
            match c {
                '"' => return Ok(value),
                '\\' => {
                    let escaped = self.chars.get(self.at).filter(|c| matches!(c, '"' | '\\'));
                    value.push(*escaped.ok_or_else(|| error(self.column(), "\\\" or \\\\"))?);
                    self.at += 1;
                }
                _ => value.push(c),
            }
        }
        Err(error(self.column(), "a closing double quote"))
    }
}

fn matches(path: &str, name: &str) -> bool {
    match path.strip_suffix('*') {
        Some(prefix) => name.len() > prefix.len() && name.starts_with(prefix),
        None => path == name,
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field {
            path: "state",
            comparators: EQUAL,
        },
        Field {
            path: "labels.*",
            comparators: EQUAL,
        },
        Field {
            path: "create_time",
            comparators: ORDERED,
        },
    ];

    #[test]
    fn terms_are_joined_by_and() {
        let text = r#"state = RUNNING AND labels.team="a \"b\" c" AND create_time>=2026-01-01T00:00:00Z"#;
        let terms = parse(text, FIELDS).unwrap();
        let values: Vec<&str> = terms.iter().map(|t| t.value.as_str()).collect();
        assert_eq!(values, ["RUNNING", "a \"b\" c", "2026-01-01T00:00:00Z"]);
        assert_eq!(terms[1].field, "labels.team");
        assert_eq!((terms[1].column, terms[1].value_column), (21, 33));
        assert!(parse("  ", FIELDS).unwrap().is_empty());
    }

    #[test]
    fn an_error_says_where_and_what_was_expected() {
        let cases = [
            ("stat = RUNNING", 1, "one of the fields"),
            ("state > RUNNING", 7, "= after state"),
            ("state = A OR state = B", 11, "AND"),
            ("state = ", 9, "a value"),
            ("state = A AND", 14, "another term"),
            ("labels.a = \"x", 14, "closing"),
            ("labels. = x", 1, "one of the fields"),
            ("state ~ A", 7, "a comparison"),
        ];
        for (text, column, expected) in cases {
            let error = parse(text, FIELDS).unwrap_err();
            assert_eq!(error.column, column, "{text}");
            assert!(error.expected.contains(expected), "{text}: {error}");
        }
    }
}
