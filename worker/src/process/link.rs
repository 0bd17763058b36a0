//! The child's end of the line to its worker.

use super::message::{Command, Message, Need, Start};
use crate::progress::Board;
use crate::stop::Stop;
use crate::tally::Tally;
use crate::work::WorkError;
use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How often progress is told when there is any.
const INTERVAL: Duration = Duration::from_millis(200);

/// How often one who waits for memory looks at the stop.
const LOOK: Duration = Duration::from_millis(20);

/// The line to the worker.
pub(crate) struct Link {
    grants: Mutex<Receiver<()>>,
}

impl Link {
    /// Listens to the worker from now on, on a thread of its own. When the worker is gone, so is this process, at once.
    pub(super) fn open(stop: Stop) -> anyhow::Result<(Self, oneshot::Receiver<Start>)> {
        let (start, started) = oneshot::channel();
        let (grant, grants) = sync_channel(1);
        std::thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || listen(start, &grant, &stop))
            .context("the link to the worker cannot be opened")?;
        let grants = Mutex::new(grants);
        Ok((Self { grants }, started))
    }

    /// Tells `board` now and then, on a thread of its own, as long as this process runs.
    pub(super) fn tell_progress(board: Board) -> anyhow::Result<()> {
        std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || {
                let mut told = None;
                loop {
                    let now = board.read();
                    if told.as_ref() != Some(&now) {
                        say(&Message::Progress(now.clone()));
                        told = Some(now);
                    }
                    let counted = Tally::take();
                    if !counted.is_empty() {
                        say(&Message::Tally(counted));
                    }
                    std::thread::park_timeout(INTERVAL);
                }
            })
            .context("the thread that tells progress cannot be started")?;
        Ok(())
    }

    /// Asks for memory and waits for it. Blocks the thread.
    ///
    /// # Errors
    /// [`WorkError::Stopped`]: the worker has no room, or the attempt was stopped meanwhile.
    pub(crate) fn ask_for(&self, need: Need, stop: &Stop) -> Result<(), WorkError> {
        say(&Message::Need(need));
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match grants.recv_timeout(LOOK) {
                Ok(()) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if stop.reason().is_none() => {}
                Err(_) => return Err(WorkError::Stopped),
            }
        }
    }
}

/// Says one message. When nobody hears it, the worker is gone, and [`listen`] notices.
pub(crate) fn say(message: &Message) {
    let mut line = serde_json::to_string(message).expect("messages hold only what JSON can write");
    line.push('\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

fn listen(start: oneshot::Sender<Start>, grant: &SyncSender<()>, stop: &Stop) {
    let mut start = Some(start);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Command::Start(told)) => {
                if let Some(start) = start.take() {
                    let _ = start.send(*told);
                }
            }
            Ok(Command::Grant) => match grant.try_send(()) {
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            },
            Ok(Command::Stop(reason)) => stop.stop(reason),
            Err(error) => tracing::warn!(%error, "the worker said something that is not understood"),
        }
    }
    end_at_once();
}

/// Ends this process without a further step of any thread: nobody waits for its result any more, and threads that compute
/// do not look.
fn end_at_once() {
    let _ = kill(Pid::this(), Signal::SIGKILL);
}
