//! Tokens with which a stream of WatchJobs goes on: up to when everything was sent.

use crate::error::ApiError;
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{ProjectId, Reason, Violations, page};

/// Older tokens are refused: events may have been removed since.
const LONGEST_BREAK: TimeDelta = TimeDelta::days(1);

/// What must stay the same from stream to stream: the project and the filter.
#[derive(Debug, Clone)]
pub(crate) struct ResumeScope([String; 3]);

impl ResumeScope {
    /// The scope of a request.
    pub(crate) fn new(project: &ProjectId, filter: &str) -> Self {
        Self(["WatchJobs".to_owned(), project.to_string(), filter.to_owned()])
    }

    /// The token of an instant, by the database's clock.
    pub(super) fn token(&self, at: DateTime<Utc>) -> String {
        page::encode(&at.timestamp_micros(), &self.parts())
    }

    /// The instant of a token; `None` for an empty one.
    ///
    /// # Errors
    /// PAGE_TOKEN_INVALID.
    pub(crate) fn read(&self, token: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
        let wrong = |text: String| Violations::one("resume_token", Reason::PageTokenInvalid, text);
        let micros = page::decode::<i64>(token, &self.parts()).map_err(|_| {
            wrong(
                "this resume token was not made for this request; give the same parent and filter, or start without one"
                    .to_owned(),
            )
        })?;
        let instant = |micros: i64| {
            DateTime::from_timestamp_micros(micros).ok_or_else(|| wrong("holds no time".to_owned()))
        };
        Ok(micros.map(instant).transpose()?)
    }

    fn parts(&self) -> [&str; 3] {
        [&self.0[0], &self.0[1], &self.0[2]]
    }
}

/// Refuses to go on from a time of which events may be gone.
pub(super) fn check_age(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), ApiError> {
    if now - at <= LONGEST_BREAK {
        return Ok(());
    }
    let text = format!(
        "the resume_token is of {}, more than a day ago: events may be gone; start again without it",
        at.to_rfc3339()
    );
    Err(ApiError::new(Reason::FailedPrecondition, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_fits_its_own_project_and_filter_only() {
        let project = ProjectId::default_project();
        let scope = ResumeScope::new(&project, "kind = TRAIN");
        let at = DateTime::from_timestamp_micros(1_785_000_000_123_456).unwrap();
        let token = scope.token(at);
        assert_eq!(scope.read(&token).unwrap(), Some(at));
        assert_eq!(scope.read("").unwrap(), None);
        for (other, token) in [
            (ResumeScope::new(&project, ""), token.as_str()),
            (
                ResumeScope::new(&"other".parse().unwrap(), "kind = TRAIN"),
                &token,
            ),
            (scope, "x"),
        ] {
            assert_eq!(other.read(token).unwrap_err().reason(), Reason::PageTokenInvalid);
        }
    }

    #[test]
    fn a_token_is_good_for_a_day() {
        let at = DateTime::from_timestamp(1_785_000_000, 0).unwrap();
        assert!(check_age(at, at + TimeDelta::hours(24)).is_ok());
        let refused = check_age(at, at + TimeDelta::hours(25)).unwrap_err();
        assert_eq!(refused.reason(), Reason::FailedPrecondition);
    }
}
