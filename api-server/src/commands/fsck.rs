//! `api-server fsck`: the rows of artifacts against the files, both ways.

use super::coded;
use crate::context;
use anyhow::anyhow;
use clap::ValueEnum;
use futures::stream::{self, StreamExt};
use mltraining_artifacts::{ArtifactError, Artifacts, FileKind, Key, Sha256, StoredFile};
use mltraining_domain::{Epoch, JobId, Span};
use mltraining_runtime::config::ApiConfig;
use mltraining_runtime::exit::{Code, Coded};
use mltraining_store::Store;
use mltraining_store::fsck::CommittedFile;
use mltraining_store::sweep::{AttemptFile, FileVerdict};
use std::collections::HashSet;
use std::io::Write;
use std::time::{Duration, SystemTime};

/// Rows, and files, that are looked at together.
const PAGE: usize = 500;
/// Files that are read at the same time.
const AT_ONCE: usize = 4;

/// How closely to look.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to hold against the rows: `content` reads every file, `size` none
    #[arg(long, value_enum, default_value = "content")]
    check: Depth,
    /// Age from which a file that no row names is told of; the sweep of the workers takes it after retention.orphan_grace
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    grace: Span,
}

/// How closely to look at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Depth {
    /// Its sha256, which takes reading it.
    Content,
    /// Whether it is there and how many bytes it has.
    Size,
}

/// What came of a check, told by its last line.
#[derive(Debug, Default)]
struct Tally {
    files: u64,
    bytes: u64,
    damaged: u64,
    rowless: u64,
    strange: u64,
}

/// Tells each committed file that is missing or is not what its row says, then each file that no row names, one a line. Works beside
/// running processes: what they remove or make meanwhile is not told.
///
/// # Errors
/// Exit code 65 when a committed file is missing or damaged; 1 when there are only files that no row names; 69 when Postgres or the storage is
/// away.
pub async fn fsck(config: &ApiConfig, arguments: Arguments) -> anyhow::Result<()> {
    let store = context::open_store(config)?;
    let artifacts =
        context::open_artifacts(&config.artifacts).map_err(|error| Coded::new(Code::Unavailable, error))?;
    let mut tally = Tally::default();
    rows_against_files(&store, &artifacts, arguments.check, &mut tally).await?;
    files_against_rows(&store, &artifacts, arguments.grace.into(), &mut tally).await?;
    tally.tell()
}

impl Tally {
    fn tell(&self) -> anyhow::Result<()> {
        say(&format!(
            "{} files of {} bytes are named by rows: {} damaged; {} files without a row, {} of no attempt of this database",
            self.files, self.bytes, self.damaged, self.rowless, self.strange
        ))?;
        match (self.damaged, self.rowless + self.strange) {
            (0, 0) => Ok(()),
            (0, _) => Err(Coded::new(Code::Found, anyhow!("there are files that no row names")).into()),
            _ => Err(Coded::new(Code::Damaged, anyhow!("committed files are damaged")).into()),
        }
    }
}

/// Every committed row has its file, and the file is the one that was stored.
async fn rows_against_files(
    store: &Store,
    artifacts: &Artifacts,
    depth: Depth,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store
            .committed_files(after.as_ref(), PAGE as i64)
            .await
            .map_err(coded)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.cursor().clone());
        tally.files += page.len() as u64;
        tally.bytes += page
            .iter()
            .map(|file| file.size_bytes.unsigned_abs())
            .sum::<u64>();
        let looks = page.iter().map(|file| look(artifacts, file, depth));
        let found: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        let mut damaged = Vec::new();
        for (file, found) in page.into_iter().zip(found) {
            if let Some(problem) = found? {
                damaged.push((file.storage_key, problem));
            }
        }
        tell_damaged(store, damaged, tally).await?;
    }
}

/// Files go before their rows: what has no row any more was removed by retention meanwhile.
async fn tell_damaged(
    store: &Store,
    damaged: Vec<(String, String)>,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    if damaged.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = damaged.iter().map(|(key, _)| key.clone()).collect();
    let named: HashSet<String> = store
        .still_named(&keys)
        .await
        .map_err(coded)?
        .into_iter()
        .collect();
    for (key, problem) in damaged.iter().filter(|(key, _)| named.contains(key)) {
        tally.damaged += 1;
        say(&format!("{key}: {problem}"))?;
    }
    Ok(())
}

/// What is wrong with a file; `None`: nothing.
async fn look(artifacts: &Artifacts, file: &CommittedFile, depth: Depth) -> anyhow::Result<Option<String>> {
    let Ok(key) = file.storage_key.parse::<Key>() else {
        return Ok(Some("is no key of this service".to_owned()));
    };
    let expected = file.size_bytes.unsigned_abs();
    let found = match depth {
        Depth::Content => artifacts
            .measure(&key)
            .await
            .map(|found| (found.size, Some(found.sha256))),
        Depth::Size => artifacts.stream(&key, 0).await.map(|found| (found.size, None)),
    };
    match found {
        Err(ArtifactError::NotFound(_)) => Ok(Some("is missing".to_owned())),
        Err(ArtifactError::Unavailable(error)) => {
            Err(Coded::new(Code::Unavailable, anyhow!("{key}: {error}")).into())
        }
        Err(error) => Ok(Some(format!("cannot be read: {error}"))),
        Ok((size, _)) if size != expected => Ok(Some(format!("has {size} bytes, {expected} were stored"))),
        Ok((_, Some(sha256))) if sha256 != Sha256(file.sha256) => Ok(Some(format!(
            "its sha256 is {sha256}, {} was stored",
            Sha256(file.sha256)
        ))),
        Ok(_) => Ok(None),
    }
}

/// Every file has a row, or an attempt that may still enter one.
async fn files_against_rows(
    store: &Store,
    artifacts: &Artifacts,
    grace: Duration,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut files = artifacts.list();
    let mut page: Vec<StoredFile> = Vec::with_capacity(PAGE);
    while let Some(file) = files.next().await {
        let file = file.map_err(|error| Coded::new(Code::Unavailable, error))?;
        let age = SystemTime::now()
            .duration_since(file.modified)
            .unwrap_or_default();
        if age >= grace {
            page.push(file);
        }
        if page.len() == PAGE {
            judge(store, &page, tally).await?;
            page.clear();
        }
    }
    judge(store, &page, tally).await
}

async fn judge(store: &Store, files: &[StoredFile], tally: &mut Tally) -> anyhow::Result<()> {
    let of_attempts: Vec<(&StoredFile, AttemptFile)> = files
        .iter()
        .filter_map(|file| Some((file, of_attempt(file)?)))
        .collect();
    let asked: Vec<AttemptFile> = of_attempts.iter().map(|(_, asked)| asked.clone()).collect();
    let verdicts = store.judge_files(&asked).await.map_err(coded)?;
    for ((file, _), verdict) in of_attempts.iter().zip(verdicts) {
        match verdict {
            FileVerdict::Named | FileVerdict::Awaited => {}
            FileVerdict::Rowless => {
                tally.rowless += 1;
                say(&format!(
                    "{}: no row names it; the sweep removes it",
                    file.path().display()
                ))?;
            }
            FileVerdict::Unknown => {
                tally.strange += 1;
                say(&format!(
                    "{}: of an attempt that this database never had",
                    file.path().display()
                ))?;
            }
        }
    }
    for file in files.iter().filter(|file| file.kind == FileKind::Foreign) {
        tally.strange += 1;
        say(&format!("{}: is no file of this service", file.path().display()))?;
    }
    Ok(())
}

/// `None` for what is not an attempt's.
fn of_attempt(file: &StoredFile) -> Option<AttemptFile> {
    let (key, storage_key) = match &file.kind {
        FileKind::Whole(key) => (key, Some(key.as_str().to_owned())),
        FileKind::Unfinished(key) => (key, None),
        FileKind::Probe | FileKind::Foreign => return None,
    };
    Some(AttemptFile {
        storage_key,
        job: JobId(key.job_id()),
        epoch: Epoch(key.epoch()),
    })
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
