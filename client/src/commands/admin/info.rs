//! `mlts admin info`.

use super::{Connection, show};
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Format, Paint, Table, Tone, UNKNOWN, bytes};
use crate::when;
use mltraining_proto::v1;

pub(super) async fn run(connection: &Connection, context: &Context<'_>) -> Result<(), CliError> {
    let request = v1::GetServerInfoRequest {};
    let info = connection.admin().get_server_info(request).await?.into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&info),
        Format::Human => context.output.line(text(&info, context.output.paint)),
    }
}

fn text(info: &v1::ServerInfo, paint: Paint) -> String {
    let state = show::word(info.state().as_str_name(), "SERVER_STATE_");
    let tone = match info.state() {
        v1::ServerState::Ready => Tone::Good,
        v1::ServerState::Degraded => Tone::Warn,
        _ => Tone::Bad,
    };
    let found = info
        .schema_version
        .map_or_else(|| UNKNOWN.to_owned(), |n| n.to_string());
    let mut lines = vec![format!(
        "api-server {} (commit {}): {}, up for {}",
        info.version,
        info.git_hash,
        paint.text(tone, state),
        show::length(info.uptime.as_ref())
    )];
    lines.push(format!(
        "schema {found}, this build needs {}",
        info.expected_schema_version
    ));
    if let Some(hints) = &info.hints {
        lines.push(format!("hints sent {}, failed {}", hints.sent, hints.failed));
    }
    if let Some(cache) = &info.cache {
        lines.push(format!(
            "remembered: {} of {} reads, {} changed, {} times all forgotten",
            cache.hits,
            cache.hits + cache.misses,
            cache.invalidations,
            cache.flushes
        ));
    }
    if let Some(pool) = &info.database_pool {
        let (open, idle, max) = (pool.open, pool.idle, pool.max);
        lines.push(format!(
            "Postgres connections open {open}, idle {idle}, at most {max}"
        ));
    }
    if let Some(storage) = &info.artifact_storage {
        let free = storage.free_bytes.map_or_else(|| UNKNOWN.to_owned(), bytes);
        lines.push(format!(
            "artifact storage: {free} free, not ready below {}",
            bytes(storage.min_free_bytes)
        ));
    }
    lines.push(String::new());
    lines.push(dependencies(&info.dependencies, paint));
    lines.push(String::new());
    lines.extend(info.queues.iter().map(show::queue));
    lines.join("\n").trim_end().to_owned()
}

fn dependencies(dependencies: &[v1::Dependency], paint: Paint) -> String {
    let headings = [
        "needs",
        "state",
        "without it",
        ">latency",
        "checked",
        "last error",
    ];
    let mut table = Table::new(&headings, paint);
    for known in dependencies {
        let (state, tone) = match known.state() {
            v1::DependencyState::Up => ("up", Some(Tone::Good)),
            v1::DependencyState::Down => ("down", Some(Tone::Bad)),
            v1::DependencyState::Unspecified => (UNKNOWN, None),
        };
        let without = if known.required { "not ready" } else { "degraded" };
        let error = match &known.last_error_time {
            Some(at) => format!("{}: {}", when::show(Some(at)), known.last_error),
            None => "none".to_owned(),
        };
        table.toned([
            (known.name.clone(), None),
            (state.to_owned(), tone),
            (without.to_owned(), None),
            (show::length(known.latency.as_ref()), None),
            (when::show(known.check_time.as_ref()), None),
            (error, None),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_away_is_told_with_its_error_and_what_is_unknown_is_never_0() {
        let info = v1::ServerInfo {
            version: "0.1.0".to_owned(),
            state: v1::ServerState::NotReady.into(),
            expected_schema_version: 9,
            cache: Some(v1::CacheCounts {
                hits: 30,
                misses: 10,
                invalidations: 4,
                flushes: 1,
            }),
            artifact_storage: Some(v1::ArtifactStorage {
                free_bytes: None,
                min_free_bytes: 256 << 20,
            }),
            dependencies: vec![v1::Dependency {
                name: "database".to_owned(),
                state: v1::DependencyState::Down.into(),
                required: true,
                last_error: "refused".to_owned(),
                last_error_time: Some(when::timestamp(1_767_225_600_000_000)),
                ..v1::Dependency::default()
            }],
            ..v1::ServerInfo::default()
        };
        let text = text(&info, Paint::Plain);
        assert!(text.contains("not ready, up for –"), "{text}");
        assert!(text.contains("schema –, this build needs 9"), "{text}");
        assert!(
            text.contains("artifact storage: – free, not ready below 256.0 MiB"),
            "{text}"
        );
        assert!(text.contains("2026-01-01 00:00: refused"), "{text}");
        assert!(
            text.contains("remembered: 30 of 40 reads, 4 changed, 1 times all forgotten"),
            "{text}"
        );
    }
}
