//! The hint and its form in the stream.

use std::collections::HashMap;
use uuid::Uuid;

/// The only version so far.
const VERSION: u32 = 1;

/// That a job waits. Ids only: the job itself is in Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Version of this form; 1.
    pub v: u32,
    /// The job.
    pub job_id: Uuid,
    /// Its queue.
    pub queue: String,
    /// The request that caused it, for log lines.
    pub request_id: Option<String>,
    /// The W3C trace context of that request.
    pub traceparent: Option<String>,
}

impl Hint {
    /// A hint of the present version without request and trace.
    pub fn new(job_id: Uuid, queue: impl Into<String>) -> Self {
        Self {
            v: VERSION,
            job_id,
            queue: queue.into(),
            request_id: None,
            traceparent: None,
        }
    }

    /// Names and values of the stream entry.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("v", self.v.to_string()),
            ("job_id", self.job_id.to_string()),
            ("queue", self.queue.clone()),
        ];
        fields.extend(self.request_id.clone().map(|id| ("request_id", id)));
        fields.extend(self.traceparent.clone().map(|trace| ("traceparent", trace)));
        fields
    }

    /// Reads an entry; the error says what is wrong with it. Unknown fields are passed over, a newer version is not.
    pub(crate) fn from_fields(mut fields: HashMap<String, Vec<u8>>) -> Result<Self, String> {
        let mut text = |name: &str, limit: usize| match fields.remove(name) {
            Some(bytes) if bytes.len() > limit => Err(format!("{name} is longer than {limit} bytes")),
            Some(bytes) => String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| format!("{name} is no UTF-8")),
            None => Ok(None),
        };
        let v = text("v", 10)?
            .and_then(|v| v.parse().ok())
            .ok_or("v is no number")?;
        if v != VERSION {
            return Err(format!("version {v} is unknown"));
        }
        let job_id = text("job_id", 64)?
            .and_then(|id| Uuid::try_parse(&id).ok())
            .ok_or("job_id is no UUID")?;
        let queue = text("queue", 63)?
            .filter(|queue| !queue.is_empty())
            .ok_or("queue is missing")?;
        Ok(Self {
            v,
            job_id,
            queue,
            request_id: text("request_id", 128)?,
            traceparent: text("traceparent", 55)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hint: &Hint) -> Result<Hint, String> {
        Hint::from_fields(
            hint.fields()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )
    }

    #[test]
    fn a_hint_survives_the_stream() {
        let bare = Hint::new(Uuid::from_u128(7), "default");
        assert_eq!(read(&bare), Ok(bare.clone()));
        let full = Hint {
            request_id: Some("order-1".to_owned()),
            traceparent: Some(format!("00-{}-{}-01", "a".repeat(32), "b".repeat(16))),
            ..bare
        };
        assert_eq!(read(&full), Ok(full.clone()));
    }

    #[test]
    fn an_entry_that_is_no_hint_is_told_why() {
        let fields = |pairs: &[(&str, &[u8])]| {
            Hint::from_fields(pairs.iter().map(|(n, v)| ((*n).to_owned(), v.to_vec())).collect()).unwrap_err()
        };
        let id = Uuid::from_u128(7).to_string();
        assert_eq!(fields(&[]), "v is no number");
        assert_eq!(fields(&[("v", b"2")]), "version 2 is unknown");
        assert_eq!(fields(&[("v", b"1"), ("job_id", b"x")]), "job_id is no UUID");
        assert_eq!(
            fields(&[("v", b"1"), ("job_id", id.as_bytes())]),
            "queue is missing"
        );
        assert_eq!(
            fields(&[("v", b"1"), ("job_id", id.as_bytes()), ("queue", b"\xff")]),
            "queue is no UTF-8"
        );
        let long = "x".repeat(129);
        let pairs: &[(&str, &[u8])] = &[
            ("v", b"1"),
            ("job_id", id.as_bytes()),
            ("queue", b"q"),
            ("request_id", long.as_bytes()),
        ];
        assert_eq!(fields(pairs), "request_id is longer than 128 bytes");
    }
}
