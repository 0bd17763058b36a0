//! `--features --sets --windows --exclude`: what the model sees.

use crate::when;
use clap::Args;
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_proto::v1::window::Length;

/// What the model sees.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What the model sees")]
pub(crate) struct FeaturesArgs {
    /// Single features: 'close, rolling_mean(close, 10), rolling_std(volume, 30m)'
    #[arg(long, value_name = "FEATURE,..")]
    features: Vec<String>,
    /// Named sets of features [default: core, when no features are given]
    #[arg(long, value_name = "SET,..", value_delimiter = ',')]
    sets: Vec<String>,
    /// Windows for the features of the sets, in bars or time: 5,10,30m [default: 5,10,15]
    #[arg(long, value_name = "WINDOW,..", value_delimiter = ',', value_parser = window)]
    windows: Vec<v1::Window>,
    /// Features or families to leave out
    #[arg(long, value_name = "FEATURE,..")]
    exclude: Vec<String>,
}

impl FeaturesArgs {
    /// Writes what was said into the spec.
    pub(crate) fn apply(&self, spec: &mut Option<v1::FeatureSpec>) {
        let nothing = self.features.is_empty() && self.sets.is_empty() && self.windows.is_empty();
        if nothing && self.exclude.is_empty() {
            return;
        }
        let spec = spec.get_or_insert_default();
        replace(&mut spec.features, list(&self.features));
        replace(&mut spec.sets, self.sets.clone());
        replace(&mut spec.windows, self.windows.clone());
        replace(&mut spec.exclude, list(&self.exclude));
    }
}

fn replace<T>(old: &mut Vec<T>, new: Vec<T>) {
    if !new.is_empty() {
        *old = new;
    }
}

/// A window: `10` bars, or a length of time.
fn window(text: &str) -> Result<v1::Window, String> {
    let length = match text.trim().parse::<i32>() {
        Ok(bars) => Length::Bars(bars),
        Err(_) => {
            let span: Span = text
                .trim()
                .parse()
                .map_err(|_| "expected bars (10) or a time (30m)".to_owned())?;
            Length::Duration(when::duration(span))
        }
    };
    Ok(v1::Window { length: Some(length) })
}

/// The features of all the texts: parted at commas that stand outside of parentheses.
fn list(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| parts(text)).collect()
}

fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    for letter in text.chars() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        match letter {
            ',' if depth <= 0 => parts.push(String::new()),
            letter => parts.last_mut().expect("never empty").push(letter),
        }
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_parted_outside_of_their_parentheses() {
        let texts = [
            "close, rolling_mean(close, 10)".to_owned(),
            "hour_of_day,".to_owned(),
        ];
        assert_eq!(list(&texts), ["close", "rolling_mean(close, 10)", "hour_of_day"]);
        assert_eq!(list(&["f(a, b".to_owned()]), ["f(a, b"]);
    }

    #[test]
    fn a_window_is_in_bars_or_in_time() {
        assert_eq!(window("10").unwrap().length, Some(Length::Bars(10)));
        let half_hour = when::duration(Span::from_mins(30));
        assert_eq!(window("30m").unwrap().length, Some(Length::Duration(half_hour)));
        assert!(window("soon").is_err());
    }

    #[test]
    fn what_was_not_said_stays_unset() {
        let mut spec = None;
        FeaturesArgs::default().apply(&mut spec);
        assert_eq!(spec, None);
    }
}
