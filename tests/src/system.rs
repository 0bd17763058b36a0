//! A whole system: database, API server, workers.

use crate::binaries;
use crate::caller::{self, Authenticated, Caller};
use crate::database::Database;
use crate::process::{Process, Signal};
use crate::roles::{self, Login, Roles};
use crate::wait;
use mltraining_proto::v1::admin_service_client::AdminServiceClient;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

/// A migrated database, an API server, and as many workers as the test starts. Fields drop in order: processes first.
pub struct System {
    /// The API server.
    pub api: Process,
    /// The workers.
    pub workers: Vec<Process>,
    /// Where the API server listens, `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Where the API server serves AdminService, `http://127.0.0.1:PORT`.
    pub admin_endpoint: String,
    /// An admin's key of the project `default`, who also runs the service.
    pub key: String,
    /// The database.
    pub database: Database,
    /// As whom the processes log in.
    pub roles: Roles,
    /// Logs and artifacts.
    pub folder: TempDir,
    stream: String,
    settings: Vec<(String, String)>,
    started: usize,
}

impl System {
    /// Starts an API server with the usual settings and no worker.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts an API server and no worker. `settings` are environment variables for all processes.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(Database::create(), settings).await
    }

    /// The same on an empty database.
    pub async fn start_on(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let stream = format!("test:{}", Uuid::new_v4().simple());
        let settings: Vec<(String, String)> =
            settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let roles = Roles::make(&database);
        let env = Environment {
            roles: &roles,
            folder: folder.path(),
            stream: &stream,
            settings: &settings,
        };
        env.run("api-server", &["migrate"]);
        roles.grant();
        let key = env.run(
            "api-server",
            &[
                "keys",
                "create",
                "--project",
                "default",
                "--role",
                "admin",
                "--name",
                "test",
            ],
        );
        let (endpoint, admin_endpoint) = (free_endpoint(), free_endpoint());
        let api = env.serve(&endpoint, &admin_endpoint);
        let system = Self {
            api,
            workers: Vec::new(),
            endpoint,
            admin_endpoint,
            key,
            database,
            roles,
            folder,
            stream,
            settings,
            started: 0,
        };
        ready(&system.probed(), "the API server is ready").await;
        system
    }

    /// Ends the API server by a signal.
    pub async fn stop_api(&mut self, signal: Signal) {
        self.api.signal(signal);
        self.api.exit().await;
    }

    /// Starts another API server at the address of the one that was ended.
    pub async fn start_api(&mut self) {
        self.api = self.environment().serve(&self.endpoint, &self.admin_endpoint);
        ready(&self.probed(), "the API server is ready again").await;
    }

    /// Where the first API server tells its health without TLS.
    fn probed(&self) -> String {
        let named = self
            .settings
            .iter()
            .find(|(name, _)| name == "MLTS_SERVER__TLS__HEALTH_LISTEN");
        named.map_or_else(
            || self.endpoint.clone(),
            |(_, address)| format!("http://{address}"),
        )
    }

    /// Starts one more API server beside the first.
    pub async fn add_server(&self) -> Server {
        let (endpoint, admin_endpoint) = (free_endpoint(), free_endpoint());
        let server = Server {
            process: self.environment().serve(&endpoint, &admin_endpoint),
            endpoint,
            admin_endpoint,
        };
        ready(&server.endpoint, "the second API server is ready").await;
        server
    }

    /// Starts one more worker and waits until it is ready. Returns its index.
    pub async fn add_worker(&mut self) -> usize {
        self.add_worker_with(&[]).await
    }

    /// Starts one more worker with environment variables of its own.
    pub async fn add_worker_with(&mut self, settings: &[(&str, &str)]) -> usize {
        let port = free_port();
        let mut command = self.environment().command("worker", Login::Worker);
        command.env("MLTS_HEALTH__LISTEN", format!("127.0.0.1:{port}"));
        for (name, value) in settings {
            command.env(name, value);
        }
        let name = format!("worker-{}", self.started);
        self.started += 1;
        self.workers
            .push(Process::start(&name, command, self.folder.path()));
        ready(&format!("http://127.0.0.1:{port}"), "the worker is ready").await;
        self.workers.len() - 1
    }

    /// The id that a worker of this system chose when it started; `None` before it has said so.
    pub fn worker_id(&self, index: usize) -> Option<String> {
        let said = self.workers[index].json_lines();
        said.iter()
            .find_map(|line| line["worker.id"].as_str().map(str::to_owned))
    }

    /// The folder of artifacts.
    pub fn artifacts(&self) -> PathBuf {
        let named = self
            .settings
            .iter()
            .find(|(name, _)| name == "MLTS_ARTIFACTS__DIR");
        named.map_or_else(|| self.folder.path().join("artifacts"), |(_, dir)| dir.into())
    }

    /// The stream of hints.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Stale writes that were refused so far, by what they were (`beat`, `finish`, ...), in the logs of all workers of this
    /// system, ended ones included.
    pub fn stale_writes(&self) -> Vec<String> {
        let logs = std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten();
        let is_worker = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("worker-"))
        };
        logs.map(|entry| entry.path())
            .filter(|path| is_worker(path))
            .flat_map(|path| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.lines().filter_map(stale_write).collect::<Vec<_>>()
            })
            .collect()
    }

    /// A caller with the admin's key.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.endpoint, &self.key)
    }

    /// AdminService, with the admin's key.
    pub fn admin(&self) -> AdminServiceClient<Authenticated> {
        caller::admin(&self.admin_endpoint, &self.key)
    }

    /// The command line `mlts`, pointed at this system.
    pub fn mlts(&self) -> Command {
        let mut command = Command::new(binaries::path("mlts"));
        command
            .env("MLTS_ENDPOINT", &self.endpoint)
            .env("MLTS_ADMIN_ENDPOINT", &self.admin_endpoint)
            .env("MLTS_API_KEY", &self.key)
            .env("DATABASE_URL", self.database.url());
        command
    }

    /// Runs `mlts` with these words to its end: its exit code, and all that it said.
    pub fn say(&self, line: &[&str]) -> (Option<i32>, String) {
        let output = self.mlts().args(line).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// What `mlts` says to these words when it ends with this code.
    pub fn says(&self, code: i32, line: &[&str]) -> String {
        let (found, said) = self.say(line);
        assert_eq!(found, Some(code), "{said}");
        said
    }

    /// A command of a binary of the house, told what the processes of this system are told.
    pub fn command(&self, binary: &str, login: Login) -> Command {
        self.environment().command(binary, login)
    }

    /// Runs a binary of the house to its end and returns its standard output.
    pub fn run(&self, binary: &str, arguments: &[&str]) -> String {
        self.environment().run(binary, arguments)
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            roles: &self.roles,
            folder: self.folder.path(),
            stream: &self.stream,
            settings: &self.settings,
        }
    }
}

/// An API server beside the first one of a system.
pub struct Server {
    process: Process,
    /// Where it listens, `http://127.0.0.1:PORT`; the same after each restart.
    pub endpoint: String,
    admin_endpoint: String,
}

impl Server {
    /// Kills it and starts it again at its address.
    pub async fn kill_and_restart(&mut self, system: &System) {
        self.process.signal(Signal::Kill);
        self.process.exit().await;
        self.process = system.environment().serve(&self.endpoint, &self.admin_endpoint);
        ready(&self.endpoint, "the second API server is ready again").await;
    }
}

/// What a line of a worker's log says of a refused stale write.
fn stale_write(line: &str) -> Option<String> {
    if !line.contains("stale_write") {
        return None;
    }
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["stale_write"].as_str().map(str::to_owned)
}

/// What every process of a system is told.
struct Environment<'a> {
    roles: &'a Roles,
    folder: &'a Path,
    stream: &'a str,
    settings: &'a [(String, String)],
}

impl Environment<'_> {
    fn command(&self, binary: &str, login: Login) -> Command {
        let redis =
            std::env::var("REDIS_URL").expect("REDIS_URL is not set; run the tests with `./dev test`");
        let mut command = Command::new(binaries::path(binary));
        command
            .env("MLTS_DATABASE__URL", self.roles.url(login))
            .env("MLTS_DATABASE__SOURCE_ROLE", roles::source_role())
            .env("MLTS_REDIS__URL", redis)
            .env("MLTS_REDIS__STREAM", self.stream)
            .env("MLTS_ARTIFACTS__DIR", self.folder.join("artifacts"))
            .env("MLTS_READINESS__INTERVAL", "200ms")
            .envs(self.settings.iter().map(|(k, v)| (k, v)));
        command
    }

    fn serve(&self, endpoint: &str, admin_endpoint: &str) -> Process {
        let mut command = self.command("api-server", Login::Api);
        command
            .arg("serve")
            .env("MLTS_SERVER__LISTEN", endpoint.trim_start_matches("http://"))
            .env("MLTS_ADMIN__LISTEN", admin_endpoint.trim_start_matches("http://"));
        Process::start("api-server", command, self.folder)
    }

    fn run(&self, binary: &str, arguments: &[&str]) -> String {
        let login = match arguments.first() {
            Some(&"migrate") => Login::Migrator,
            _ => Login::Api,
        };
        let out = self
            .command(binary, login)
            .args(arguments)
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{binary} {arguments:?}: {error}");
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound listener has an address")
        .port()
}

/// An endpoint on a port that is free now.
fn free_endpoint() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

/// Waits until the health service at `endpoint` says that the process is ready.
pub async fn ready(endpoint: &str, what: &str) {
    wait::until(what, || async {
        (readiness(endpoint).await == Some(ServingStatus::Serving)).then_some(())
    })
    .await;
}

/// What the health service at `endpoint` says of readiness; `None` when it does not answer.
pub async fn readiness(endpoint: &str) -> Option<ServingStatus> {
    let channel = Channel::from_shared(endpoint.to_owned())
        .ok()?
        .connect()
        .await
        .ok()?;
    let mut health = HealthClient::new(channel);
    let request = HealthCheckRequest {
        service: "readiness".into(),
    };
    let answer = health.check(request).await.ok()?;
    ServingStatus::try_from(answer.into_inner().status).ok()
}
