//! Contexts as an option writes them: `btc=candles,entity=BTC,delay=5s,max-age=10m`.

use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;

const EXPECTED: &str = "expected NAME=SOURCE, perhaps with entity=ENTITY, delay=TIME and max-age=TIME, for example btc=candles,entity=BTC,max-age=10m";

/// Reads a context; its source is still as it was written.
///
/// # Errors
/// A text that says what was expected.
pub(super) fn context(text: &str) -> Result<v1::SourceContext, String> {
    let mut parts = text.split(',');
    let named = parts.next().and_then(|part| part.split_once('='));
    let Some((name, source)) = named.filter(|(name, source)| !name.is_empty() && !source.is_empty()) else {
        return Err(EXPECTED.to_owned());
    };
    let mut context = v1::SourceContext {
        name: name.to_owned(),
        source: source.to_owned(),
        ..v1::SourceContext::default()
    };
    for part in parts {
        let span = |value: &str| {
            let span: Result<Span, _> = value.parse();
            span.map(|span| Some(when::duration(span)))
                .map_err(|_| EXPECTED.to_owned())
        };
        match part.split_once('=') {
            Some(("entity", entity)) => context.entity = entity.to_owned(),
            Some(("delay", delay)) => context.availability_delay = span(delay)?,
            Some(("max-age", age)) => context.max_age = span(age)?,
            _ => return Err(EXPECTED.to_owned()),
        }
    }
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_a_name_and_a_source_and_perhaps_more() {
        let whole = context("btc=candles,entity=BTC=X,delay=5s,max-age=10m").unwrap();
        assert_eq!(
            (whole.name.as_str(), whole.source.as_str(), whole.entity.as_str()),
            ("btc", "candles", "BTC=X")
        );
        assert_eq!(whole.availability_delay.unwrap().seconds, 5);
        assert_eq!(whole.max_age.unwrap().seconds, 600);
        let least = context("rates=exchange_rates").unwrap();
        assert_eq!((least.entity.as_str(), least.max_age), ("", None));
        for text in [
            "",
            "rates",
            "=x",
            "rates=",
            "a=b,c",
            "a=b,delay=soon",
            "a=b,age=5s",
        ] {
            assert!(context(text).is_err(), "{text:?} was taken");
        }
    }
}
