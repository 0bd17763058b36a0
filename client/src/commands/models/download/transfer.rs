//! The stream of a file.

use super::part::{Part, Target};
use crate::connect::Connection;
use crate::errors::CliError;
use crate::names;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mltraining_proto::v1;
use std::time::Duration;
use tokio::time::sleep;

/// Streams that may break one after another without a single byte.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);
const TEMPLATE: &str = "{msg} {bar:30.cyan/blue} {bytes}/{total_bytes} {bytes_per_sec}";

/// Downloads a file to its place, as often resumed as needed.
///
/// # Errors
/// What the service says; a stream that breaks [`TRIES`] times without a byte; a wrong hash.
pub(super) async fn fetch(
    artifact: &v1::Artifact,
    target: &Target,
    connection: &Connection,
    output: Output,
) -> Result<(), CliError> {
    let mut part = target.open()?;
    if part.length() > artifact.size_bytes {
        target.discard()?;
        part = target.open()?;
    }
    let bar = bar(artifact, output);
    let mut broken = 0;
    loop {
        let before = part.length();
        match stream(artifact, &mut part, connection, &bar).await {
            Ok(()) => break,
            Err(error) if error.is_transient() && broken < TRIES => {
                broken = if part.length() > before { 0 } else { broken + 1 };
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
    bar.finish_and_clear();
    target.finish(&part)
}

/// Reads one stream to its last message, which holds the hash.
async fn stream(
    artifact: &v1::Artifact,
    part: &mut Part,
    connection: &Connection,
    bar: &ProgressBar,
) -> Result<(), CliError> {
    let request = v1::DownloadArtifactRequest {
        name: artifact.name.clone(),
        offset: part.length(),
    };
    let mut messages = connection
        .patient()
        .artifacts()
        .download_artifact(request)
        .await?
        .into_inner();
    while let Some(message) = messages.message().await? {
        if !message.data.is_empty() {
            if message.offset != part.length() {
                let text = format!(
                    "the service sent byte {} when byte {} was due",
                    message.offset,
                    part.length()
                );
                return Err(anyhow::anyhow!(text).into());
            }
            part.append(&message.data)?;
            bar.set_position(part.length() as u64);
        }
        if !message.sha256.is_empty() {
            return Ok(());
        }
    }
    Err(CliError::Unavailable(
        "the stream ended before the file did".to_owned(),
    ))
}

fn bar(artifact: &v1::Artifact, output: Output) -> ProgressBar {
    if !output.is_live() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(artifact.size_bytes as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("the template is right"));
    bar.set_message(names::last(&artifact.name).to_owned());
    bar
}
