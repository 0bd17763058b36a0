//! An API server of the same build, and workers, as processes, on a database that is filled already.

use crate::cpu;
use anyhow::{Context, ensure};
use mltraining_proto::v1;
use mltraining_tests::binaries;
use mltraining_tests::caller::Caller;
use mltraining_tests::process::Process;
use mltraining_tests::system::{free_port, ready};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The running server; killed when dropped.
pub struct Service {
    process: Process,
    endpoint: String,
    key: String,
    /// What both kinds of process are told.
    environment: [(&'static str, String); 5],
    folder: TempDir,
}

impl Service {
    /// Starts it with environment variables on top of the usual ones, and waits until it is ready.
    ///
    /// # Errors
    /// When there is no Redis to name, or no key can be made.
    pub async fn start(database: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let redis = std::env::var("REDIS_URL").context("REDIS_URL is not set; run benches by ./dev bench")?;
        let artifacts = folder.path().join("artifacts");
        let environment = [
            ("MLTS_DATABASE__URL", database.to_owned()),
            ("MLTS_REDIS__URL", redis),
            ("MLTS_REDIS__STREAM", format!("bench:{}", std::process::id())),
            ("MLTS_ARTIFACTS__DIR", artifacts.display().to_string()),
            ("MLTS_LOG__LEVEL", "warn".to_owned()),
        ];
        let command = || {
            let mut command = Command::new(binaries::path("api-server"));
            command
                .envs(environment.clone())
                .env("MLTS_ADMIN__ENABLED", "false")
                .envs(settings.iter().copied());
            command
        };
        let words = [
            "keys",
            "create",
            "--project",
            "default",
            "--role",
            "admin",
            "--name",
            "bench",
        ];
        let made = command().args(words).output()?;
        ensure!(
            made.status.success(),
            "no key: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let mut serve = command();
        serve
            .arg("serve")
            .env("MLTS_SERVER__LISTEN", format!("127.0.0.1:{port}"));
        let process = Process::start("api-server", serve, folder.path());
        let endpoint = format!("http://127.0.0.1:{port}");
        ready(&endpoint, "the API server is ready").await;
        Ok(Self {
            process,
            endpoint,
            key: String::from_utf8_lossy(&made.stdout).trim().to_owned(),
            environment,
            folder,
        })
    }

    /// Starts a worker with environment variables on top of the usual ones.
    pub fn worker(&self, settings: &[(&str, &str)]) -> Process {
        let mut command = Command::new(binaries::path("worker"));
        command
            .envs(self.environment.clone())
            .env("MLTS_HEALTH__LISTEN", format!("127.0.0.1:{}", free_port()))
            .envs(settings.iter().copied());
        Process::start("worker", command, self.folder.path())
    }

    /// A caller with a connection of its own.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.endpoint, &self.key)
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Seconds of CPU that it has used.
    ///
    /// # Errors
    /// On systems without `/proc`.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu::seconds_of(&format!("/proc/{}/stat", self.process.id()))
    }
}

/// The job once it has ended, however long that takes.
///
/// # Errors
/// Those of the server.
pub(crate) async fn ended(caller: &Caller, name: &str) -> anyhow::Result<v1::Job> {
    loop {
        let request = v1::GetJobRequest {
            name: name.to_owned(),
            ..v1::GetJobRequest::default()
        };
        let job = caller.jobs.clone().get_job(request).await?.into_inner();
        if job.end_time.is_some() {
            return Ok(job);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
