//! Which events are logged, and the switch that changes it at run time.

use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::{Registry, reload};

/// Libraries that log and trace their own business: below warn their events are logged only when `log.level` names them,
/// and their spans are no part of our traces. (The exporter's own spans would make ever new ones.)
pub(super) const LIBRARIES: [&str; 7] = ["h2", "hyper", "opentelemetry", "rustls", "sqlx", "tonic", "tower"];

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The events to log. Spans pass whatever the level: they hold the fields of the lines in them.
#[derive(Debug, Clone)]
pub(crate) struct LevelFilterOfEvents(Targets);

/// Reads `log.level`: one level, and levels of single targets as `target=level`, by commas. None when it is malformed.
pub(crate) fn parse(text: &str) -> Option<LevelFilterOfEvents> {
    let mut levels = text.split(',').filter(|part| !part.contains('='));
    // A `Targets` takes any other word for a target of which everything is logged.
    let is_level = |word: &str| LEVELS.contains(&word.trim().to_lowercase().as_str());
    if !levels.next().is_some_and(is_level) || levels.next().is_some() {
        return None;
    }
    Some(LevelFilterOfEvents::quietened(text.parse().ok()?))
}

impl LevelFilterOfEvents {
    fn quietened(targets: Targets) -> Self {
        let quiet = targets
            .default_level()
            .unwrap_or(LevelFilter::OFF)
            .min(LevelFilter::WARN);
        let named: Vec<String> = targets.iter().map(|(name, _)| name.to_owned()).collect();
        let unnamed = LIBRARIES.iter().filter(|library| {
            !named
                .iter()
                .any(|name| name == *library || name.starts_with(&format!("{library}::")))
        });
        Self(unnamed.fold(targets, |targets, library| targets.with_target(*library, quiet)))
    }

    fn passes(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            return *metadata.level() <= Level::INFO;
        }
        self.0.would_enable(metadata.target(), metadata.level())
    }
}

impl<S> Filter<S> for LevelFilterOfEvents {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.passes(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let most = self
            .0
            .iter()
            .map(|(_, level)| level)
            .max()
            .unwrap_or(LevelFilter::OFF);
        Some(
            most.max(self.0.default_level().unwrap_or(LevelFilter::OFF))
                .max(LevelFilter::INFO),
        )
    }
}

/// Changes the level of log lines at run time. Clones share it.
#[derive(Debug, Clone)]
pub struct LevelSwitch {
    configured: LevelFilterOfEvents,
    handle: reload::Handle<LevelFilterOfEvents, Registry>,
}

impl LevelSwitch {
    pub(super) fn new(
        configured: LevelFilterOfEvents,
    ) -> (reload::Layer<LevelFilterOfEvents, Registry>, Self) {
        let (layer, handle) = reload::Layer::new(configured.clone());
        (layer, Self { configured, handle })
    }

    /// Logs everything of this service down to debug.
    pub fn raise_to_debug(&self) {
        let debug = Targets::new().with_default(LevelFilter::DEBUG);
        self.set(LevelFilterOfEvents::quietened(debug), "debug");
    }

    /// Returns to `log.level`.
    pub fn restore(&self) {
        self.set(self.configured.clone(), "configured");
    }

    fn set(&self, filter: LevelFilterOfEvents, level: &'static str) {
        match self.handle.reload(filter) {
            Ok(()) => tracing::info!(log.level = level, "the level of log lines was changed"),
            Err(error) => tracing::warn!(%error, "the level of log lines cannot be changed"),
        }
    }

    /// SIGUSR1: [`Self::raise_to_debug`]. SIGUSR2: [`Self::restore`].
    pub(super) fn follow_signals(&self) -> io::Result<()> {
        let mut raise = signal(SignalKind::user_defined1())?;
        let mut restore = signal(SignalKind::user_defined2())?;
        let switch = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(()) = raise.recv() => switch.raise_to_debug(),
                    Some(()) = restore.recv() => switch.restore(),
                    else => return,
                }
            }
        });
        Ok(())
    }
}
