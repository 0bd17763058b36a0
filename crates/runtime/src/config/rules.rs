//! What must hold beyond the form of single values.

use super::{
    ApiConfig, ArtifactsConfig, AuthMode, DatabaseConfig, KEYS, Problem, RedisConfig, TelemetryConfig,
    WorkerConfig, artifacts, jwt, rate, tls,
};
use secrecy::{ExposeSecret, SecretString};

/// Rules that tie keys together, or need the value itself.
pub(super) trait CrossChecks {
    fn cross_checks(&self, problems: &mut Vec<Problem>);
}

impl CrossChecks for ApiConfig {
    fn cross_checks(&self, problems: &mut Vec<Problem>) {
        shared(&self.database, &self.redis, &self.artifacts, problems);
        texts(&self.log.level, &self.telemetry, problems);
        let server = &self.server;
        jwt::check(server, problems);
        tls::check(server, problems);
        rate::check(&server.rate, problems);
        if server.auth.mode != AuthMode::None {
            return;
        }
        if !server.insecure_no_auth {
            let message = "none lets everyone do everything: set server.insecure_no_auth = true as well if this is meant";
            problems.push(Problem::new("server.auth.mode", message));
            return;
        }
        let admin = self.admin.enabled.then_some(("admin.listen", self.admin.listen));
        for (key, address) in [Some(("server.listen", server.listen)), admin]
            .into_iter()
            .flatten()
        {
            if !address.ip().is_loopback() {
                let message = format!(
                    "without authentication the server listens on a loopback address only, not on {address}: set server.auth.mode = api_key, or listen on 127.0.0.1"
                );
                problems.push(Problem::new(key, message));
            }
        }
    }
}

impl CrossChecks for WorkerConfig {
    fn cross_checks(&self, problems: &mut Vec<Problem>) {
        shared(&self.database, &self.redis, &self.artifacts, problems);
        texts(&self.log.level, &self.telemetry, problems);
        let worker = &self.worker;
        if worker.scratch_dir.as_ref().is_some_and(|dir| !dir.is_absolute()) {
            problems.push(must_be("worker.scratch_dir"));
        }
        if worker.poll_min > worker.poll_max {
            problems.push(Problem::new(
                "worker.poll_min",
                "must not be longer than worker.poll_max",
            ));
        }
        if worker.heartbeat * 3 > worker.lease {
            problems.push(Problem::new(
                "worker.heartbeat",
                "must be at most a third of worker.lease",
            ));
        }
        let kept = self.retention.workers;
        if !kept.is_zero() && kept < worker.large_worker_grace {
            problems.push(Problem::new(
                "retention.workers",
                "must be at least worker.large_worker_grace, or 0ms",
            ));
        }
        self.retention.cross_checks(problems);
    }
}

fn shared(
    database: &DatabaseConfig,
    redis: &RedisConfig,
    artifacts: &ArtifactsConfig,
    problems: &mut Vec<Problem>,
) {
    let role = database.source_role.as_ref();
    if role.is_some_and(|role| role.is_empty() || role.len() > 63 || role.contains('\0')) {
        problems.push(must_be("database.source_role"));
    }
    let database = &database.url;
    if database.expose_secret().is_empty() {
        let message =
            "is missing: set MLTS_DATABASE__URL, MLTS_DATABASE__URL_FILE, or url in [database] of the file";
        problems.push(Problem::new("database.url", message));
    } else if !has_scheme(database, &["postgres", "postgresql"]) {
        problems.push(must_be("database.url"));
    }
    if !has_scheme(&redis.url, &["redis"]) {
        problems.push(must_be("redis.url"));
    }
    let of_stream = |c: char| c.is_ascii_alphanumeric() || ":_.-".contains(c);
    if redis.stream.is_empty() || redis.stream.len() > 100 || !redis.stream.chars().all(of_stream) {
        problems.push(must_be("redis.stream"));
    }
    artifacts::check(artifacts, problems);
}

fn texts(level: &str, telemetry: &TelemetryConfig, problems: &mut Vec<Problem>) {
    if crate::telemetry::level::parse(level).is_none() {
        problems.push(must_be("log.level"));
    }
    if telemetry
        .otlp_endpoint
        .as_ref()
        .is_some_and(|text| !is_plain_url(text))
    {
        problems.push(must_be("telemetry.otlp_endpoint"));
    }
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let named = |name: &String| !name.is_empty() && name.len() <= 63 && name.chars().all(of_name);
    if telemetry.service_name.as_ref().is_some_and(|name| !named(name)) {
        problems.push(must_be("telemetry.service_name"));
    }
}

/// `http://host:port` or `https://host:port`, without user and password.
pub(super) fn is_plain_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.username().is_empty() && url.password().is_none()
    })
}

fn has_scheme(secret: &SecretString, schemes: &[&str]) -> bool {
    url::Url::parse(secret.expose_secret()).is_ok_and(|url| schemes.contains(&url.scheme()))
}

/// The range of a key in words. The value is not repeated: it may be a secret.
pub(super) fn must_be(path: &'static str) -> Problem {
    let kind = KEYS
        .iter()
        .find(|key| key.path == path)
        .map(|key| key.kind.to_string())
        .unwrap_or_default();
    Problem::new(path, format!("must be {kind}"))
}
