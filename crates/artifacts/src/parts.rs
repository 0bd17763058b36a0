//! Large files of a bucket: they go up in parts, each a request of its own that may be tried again alone, and appear under their key in one
//! last step, which the storage refuses when the key is taken.

use bytes::Bytes;
use futures::stream::{StreamExt, TryStreamExt, iter};
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer};
use object_store::{Error, ObjectStoreExt};
use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use std::fmt::Write;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Larger files go up, and are read, in parts.
pub(crate) const WHOLE_BYTES: u64 = 64 << 20;
/// Bytes of a part; more where a file would have too many.
pub(crate) const PART_BYTES: u64 = 16 << 20;
/// S3 takes no more parts of a file.
const MOST_PARTS: u64 = 10_000;
/// Parts on their way at once.
const AT_ONCE: usize = 4;
/// Between two tries of the last step.
const PAUSE: Duration = Duration::from_millis(500);

/// Where parts go.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// The storage itself, for what the trait of all stores has not.
    pub(crate) storage: AmazonS3,
    /// What all keys begin with.
    pub(crate) prefix: Path,
    /// For the last step, whose condition the storage's client does not know.
    pub(crate) http: reqwest::Client,
    /// How long that is tried again.
    pub(crate) retries: Duration,
}

/// How the last step ended.
enum Step {
    Done,
    /// The key has other bytes, or those of this very upload, when an earlier try arrived.
    Taken,
    /// The storage knows of no such upload: it has never been, or is a file by now.
    Gone(String),
    /// It may help to try again.
    Failed(String),
    /// It will not.
    Refused(String),
}

impl Parts {
    /// Stores `content` under a key that nothing has.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; those of the storage. What has gone up by then is thrown away, unless the storage cannot be reached: its rule
    /// for unfinished uploads does it then.
    pub(crate) async fn put(&self, path: &Path, content: &Bytes) -> Result<(), Error> {
        let path: Path = self.prefix.parts().chain(path.parts()).collect();
        match self.storage.head(&path).await {
            Ok(_) => return Err(taken(&path)),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let upload = self.storage.create_multipart(&path).await?;
        let put = self.upload(&path, &upload, content).await;
        if put.is_err() {
            // It is in nobody's way but costs its room: the storage's own rule removes what this cannot.
            let _ = self.storage.abort_multipart(&path, &upload).await;
        }
        put
    }

    async fn upload(&self, path: &Path, upload: &String, content: &Bytes) -> Result<(), Error> {
        let parts = ranges(content.len() as u64).into_iter().enumerate();
        let sent = parts.map(|(nth, range)| {
            let part = content.slice(range.start as usize..range.end as usize);
            self.storage.put_part(path, upload, nth, part.into())
        });
        let parts: Vec<PartId> = iter(sent).buffered(AT_ONCE).try_collect().await?;
        self.complete(path, upload, &parts).await
    }

    /// Makes one file of the parts.
    async fn complete(&self, path: &Path, upload: &str, parts: &[PartId]) -> Result<(), Error> {
        let (list, begun) = (listed(parts), Instant::now());
        let mut tried = false;
        loop {
            match self.try_complete(path, upload, &list).await? {
                Step::Done => return Ok(()),
                Step::Taken => return Err(taken(path)),
                // An earlier try may have arrived though its answer did not: who asks compares what is there.
                Step::Gone(_) if tried => return Err(taken(path)),
                Step::Gone(why) | Step::Refused(why) => return Err(failed(why)),
                Step::Failed(why) if begun.elapsed() >= self.retries => return Err(failed(why)),
                Step::Failed(_) => tokio::time::sleep(PAUSE).await,
            }
            tried = true;
        }
    }

    async fn try_complete(&self, path: &Path, upload: &str, list: &str) -> Result<Step, Error> {
        let condition = HeaderValue::from_static("*");
        let options = SignedUrlOptions::new()
            .with_query([("uploadId", upload)])
            .with_signed_header(IF_NONE_MATCH, condition.clone());
        let lasting = Duration::from_secs(900);
        let url = self
            .storage
            .signed_url_opts(Method::POST, path, lasting, &options)
            .await?;
        let request = self.http.post(url).header(IF_NONE_MATCH, condition);
        let answer = match request.body(list.to_owned()).send().await {
            Ok(answer) => answer,
            // Without the URL, which is signed.
            Err(error) => return Ok(Step::Failed(error.without_url().to_string())),
        };
        let status = answer.status();
        let text = match answer.text().await {
            Ok(text) => text,
            Err(error) => return Ok(Step::Failed(error.without_url().to_string())),
        };
        Ok(step(status, &text))
    }
}

/// What an answer to the last step means. S3 may find after its status was sent that it failed, and says so in the text.
fn step(status: StatusCode, text: &str) -> Step {
    let said = || {
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        let code = code.map_or("", |(code, _)| code);
        format!("the parts were not made one file: {status} {code}")
    };
    match status {
        StatusCode::PRECONDITION_FAILED => Step::Taken,
        StatusCode::NOT_FOUND => Step::Gone(said()),
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => Step::Failed(said()),
        status if status.is_server_error() => Step::Failed(said()),
        status if !status.is_success() => Step::Refused(said()),
        _ if text.contains("<Error>") => Step::Failed(said()),
        _ => Step::Done,
    }
}

fn taken(path: &Path) -> Error {
    Error::AlreadyExists {
        path: path.to_string(),
        source: "the key is taken".into(),
    }
}

fn failed(why: String) -> Error {
    Error::Generic {
        store: "S3",
        source: why.into(),
    }
}

/// The bytes of each part of a file.
pub(crate) fn ranges(size: u64) -> Vec<Range<u64>> {
    let part = PART_BYTES.max(size.div_ceil(MOST_PARTS));
    (0..size)
        .step_by(part as usize)
        .map(|start| start..size.min(start + part))
        .collect()
}

/// The parts as the last step names them.
fn listed(parts: &[PartId]) -> String {
    let mut text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for (nth, part) in parts.iter().enumerate() {
        let tag = part
            .content_id
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        // Writing into a text does not fail.
        let _ = write!(
            text,
            "<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>",
            nth + 1
        );
    }
    text + "</CompleteMultipartUpload>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_byte_once_and_are_not_too_many() {
        assert!(ranges(0).is_empty());
        let one = ranges(PART_BYTES);
        assert_eq!((one.len(), &one[0]), (1, &(0..PART_BYTES)));
        assert_eq!(
            ranges(PART_BYTES + 1),
            [0..PART_BYTES, PART_BYTES..PART_BYTES + 1]
        );
        let huge = MOST_PARTS * PART_BYTES + 1;
        let parts = ranges(huge);
        assert!(parts.len() as u64 <= MOST_PARTS, "{}", parts.len());
        let ends: Vec<u64> = parts.iter().map(|part| part.end).collect();
        assert!(parts[1..].iter().zip(&ends).all(|(part, end)| part.start == *end));
        assert_eq!((parts[0].start, ends.last()), (0, Some(&huge)));
    }

    #[test]
    fn the_last_step_is_done_only_when_the_storage_says_so_to_the_end() {
        let name = |status: u16, text: &str| match step(StatusCode::from_u16(status).unwrap(), text) {
            Step::Done => "done".to_owned(),
            Step::Taken => "taken".to_owned(),
            Step::Failed(why) => format!("again: {why}"),
            Step::Gone(why) => format!("gone: {why}"),
            Step::Refused(why) => format!("no: {why}"),
        };
        assert_eq!(
            name(
                200,
                "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"
            ),
            "done"
        );
        let late = name(200, "<Error><Code>InternalError</Code></Error>");
        assert!(
            late.starts_with("again") && late.ends_with("InternalError"),
            "{late}"
        );
        assert_eq!(
            name(412, "<Error><Code>PreconditionFailed</Code></Error>"),
            "taken"
        );
        assert!(name(409, "").starts_with("again") && name(503, "").starts_with("again"));
        assert!(name(404, "<Error><Code>NoSuchUpload</Code></Error>").starts_with("gone: "));
        assert!(name(403, "<Error><Code>AccessDenied</Code></Error>").starts_with("no: "));
    }

    #[test]
    fn tags_are_told_as_xml_wants_them() {
        let part = PartId {
            content_id: "\"a&b\"".to_owned(),
        };
        assert!(listed(&[part]).contains("<PartNumber>1</PartNumber><ETag>&quot;a&amp;b&quot;</ETag>"));
    }
}
