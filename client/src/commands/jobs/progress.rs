//! How far a job is, while someone watches: a bar on a terminal, lines elsewhere, events for scripts.

use super::show::{phase_name, step};
use crate::errors::CliError;
use crate::output::{Output, counted, escaped};
use crate::when;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mltraining_proto::v1;
use mltraining_proto::v1::job_event::Event;
use std::time::Duration;

const STEPS: u64 = 1000;
const TEMPLATE: &str = "{elapsed_precise} {bar:30.cyan/blue} {percent:>3} % {wide_msg}";

/// Where the events of a job are shown.
pub(crate) enum Display {
    /// A bar that changes in place.
    Bar(ProgressBar, Output),
    /// A line for each step, and for each tenth of a step that takes long.
    Lines(Output, Option<(v1::WorkPhase, u32)>),
    /// Every event as one line of JSON.
    Events(Output),
}

impl Display {
    /// A bar on a terminal, lines elsewhere.
    pub(crate) fn of(output: Output) -> Self {
        if !output.is_live() {
            return Self::Lines(output, None);
        }
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template is right");
        bar.set_style(style.progress_chars("━╸─"));
        bar.set_message("waiting for a worker");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self::Bar(bar, output)
    }

    /// Shows one event.
    ///
    /// # Errors
    /// [`CliError::OutputClosed`].
    pub(crate) fn event(&mut self, event: &v1::JobEvent) -> Result<(), CliError> {
        if let Self::Events(output) = self {
            return output.json(event);
        }
        match &event.event {
            Some(Event::Snapshot(job)) => self.snapshot(job),
            Some(Event::StateChange(change)) => self.state(change),
            Some(Event::Progress(progress)) => self.progress(progress),
            Some(Event::Log(line)) if line.severity() >= v1::LogSeverity::Info => self.say(&line.message),
            Some(Event::Log(_) | Event::Heartbeat(_)) | None => {}
        }
        Ok(())
    }

    /// Says that the stream broke and is opened again.
    pub(crate) fn broken(&mut self, why: &CliError) {
        match self {
            Self::Bar(bar, _) => bar.set_message("the connection broke, trying again"),
            Self::Lines(output, _) | Self::Events(output) => {
                output.note(format!("the connection broke, trying again: {why}"));
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
    }

    fn snapshot(&mut self, job: &v1::Job) {
        match job.display_state() {
            v1::JobDisplayState::Queued => match job.jobs_ahead {
                Some(ahead @ 1..) => self.say(&format!(
                    "waits for a worker; {} before it",
                    counted(ahead, "job", "jobs")
                )),
                _ => self.say("waits for a worker"),
            },
            v1::JobDisplayState::Retrying | v1::JobDisplayState::Scheduled => {
                self.say(&format!("waits until {}", when::show(job.run_time.as_ref())));
            }
            // Its events follow and tell the rest.
            _ => {}
        }
    }

    fn state(&mut self, change: &v1::JobStateChange) {
        match change.display_state() {
            v1::JobDisplayState::Running => self.say(&format!("attempt {} runs", change.attempt)),
            v1::JobDisplayState::Cancelling => self.say("it is asked to stop"),
            v1::JobDisplayState::Retrying => {
                let why = change
                    .error
                    .as_ref()
                    .map(super::show::error_text)
                    .unwrap_or_default();
                self.say(&format!(
                    "attempt {} did not succeed and is tried again: {why}",
                    change.attempt
                ));
            }
            // The end is told by who asked to follow.
            _ => {}
        }
    }

    fn progress(&mut self, progress: &v1::Progress) {
        match self {
            Self::Bar(bar, _) => {
                bar.set_position((progress.fraction.clamp(0.0, 1.0) * STEPS as f64) as u64);
                bar.set_message(format!(
                    "{} {}",
                    phase_name(progress.phase()),
                    escaped(&progress.message)
                ));
            }
            Self::Lines(output, last) => {
                let now = (progress.phase(), (progress.fraction * 10.0) as u32);
                if *last != Some(now) {
                    *last = Some(now);
                    output.note(step(progress));
                }
            }
            Self::Events(_) => {}
        }
    }

    fn say(&mut self, text: &str) {
        match self {
            Self::Bar(bar, output) => bar.suspend(|| output.note(text)),
            Self::Lines(output, _) => output.note(text),
            Self::Events(_) => {}
        }
    }
}
