//! Columns and phases as options write them: `price=close:SOL`, `1=5s:baby`.

use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;

/// Reads `NAME`, `NAME=ROLE`, `NAME=ROLE:UNIT` or `NAME=:UNIT`.
///
/// # Errors
/// A text that says what was expected.
pub(super) fn column(text: &str) -> Result<v1::SourceColumn, String> {
    let (name, rest) = text.split_once('=').unwrap_or((text, ""));
    let (role, unit) = rest.split_once(':').unwrap_or((rest, ""));
    let role = match role.to_ascii_lowercase().as_str() {
        "" => v1::ColumnRole::Unspecified,
        "open" => v1::ColumnRole::Open,
        "high" => v1::ColumnRole::High,
        "low" => v1::ColumnRole::Low,
        "close" => v1::ColumnRole::Close,
        "volume" => v1::ColumnRole::Volume,
        _ => return Err("a role is one of open, high, low, close, volume".to_owned()),
    };
    match name.is_empty() {
        true => Err("expected NAME, NAME=ROLE or NAME=ROLE:UNIT".to_owned()),
        false => Ok(v1::SourceColumn {
            name: name.to_owned(),
            role: role.into(),
            unit: unit.to_owned(),
            data_type: 0,
        }),
    }
}

/// Reads `ID=INTERVAL` or `ID=INTERVAL:NAME`; an interval of `0s` marks a final state.
///
/// # Errors
/// A text that says what was expected.
pub(super) fn phase(text: &str) -> Result<v1::Phase, String> {
    let expected = || "expected ID=INTERVAL or ID=INTERVAL:NAME, for example 1=5s:baby".to_owned();
    let (id, rest) = text.split_once('=').ok_or_else(expected)?;
    let (interval, name) = rest.split_once(':').unwrap_or((rest, ""));
    let interval: Span = interval.parse().map_err(|_| expected())?;
    Ok(v1::Phase {
        id: id.parse().map_err(|_| expected())?,
        display_name: name.to_owned(),
        bar_interval: Some(when::duration(interval)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_a_name_and_perhaps_a_role_and_a_unit() {
        let price = column("price=Close:SOL").unwrap();
        assert_eq!(
            (price.name.as_str(), price.role(), price.unit.as_str()),
            ("price", v1::ColumnRole::Close, "SOL")
        );
        assert_eq!(column("x=:USD").unwrap().unit, "USD");
        assert_eq!(column("x").unwrap().role(), v1::ColumnRole::Unspecified);
        for text in ["", "=close", "x=top"] {
            assert!(column(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_phase_has_an_id_and_an_interval() {
        let baby = phase("1=5s:Baby Zone").unwrap();
        assert_eq!(
            (
                baby.id,
                baby.display_name.as_str(),
                baby.bar_interval.unwrap().seconds
            ),
            (1, "Baby Zone", 5)
        );
        for text in ["", "1", "x=5s", "1=fast"] {
            assert!(phase(text).is_err(), "{text:?} was taken");
        }
    }
}
