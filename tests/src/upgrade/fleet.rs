//! The processes of an upgrade, of two builds on one database.

use crate::database::Database;
use crate::process::{Process, Signal};
use crate::roles::{self, Login, Roles};
use crate::system::{free_port, ready};
use crate::wait;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Old,
    New,
}

impl Version {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// Where a build lies.
pub struct Build {
    /// The folder of its binaries.
    pub binaries: PathBuf,
    /// Its checkout.
    pub checkout: PathBuf,
}

impl Build {
    /// The folder of its scripts of roles; `None` for a build that has none yet.
    fn scripts(&self) -> Option<PathBuf> {
        let folder = self.checkout.join("deploy/postgres");
        folder.join("grants.sql").exists().then_some(folder)
    }
}

/// An API server at an address that stays.
pub(super) struct Server {
    process: Process,
    version: Version,
    pub(super) endpoint: String,
    admin: u16,
}

/// A worker.
pub(super) struct Worker {
    process: Process,
    pub(super) version: Version,
    /// Its id in rows.
    pub(super) id: String,
}

/// Everything that runs. Fields drop in order: processes first.
pub(super) struct Fleet {
    pub(super) servers: Vec<Server>,
    pub(super) workers: Vec<Worker>,
    /// Ids of all workers that there were.
    pub(super) known: Vec<(String, Version)>,
    pub(super) database: Arc<Database>,
    old: Build,
    new: Build,
    /// The roles that processes log in as; `None`, as whom the database belongs to: the old build has no roles.
    roles: Option<Roles>,
    folder: TempDir,
    stream: String,
}

impl Fleet {
    /// On a database of its own with the schema of the old build.
    pub(super) fn open(old: Build, new: Build) -> Self {
        let database = Database::create();
        let roles = old.scripts().map(|_| Roles::make(&database));
        let fleet = Self {
            servers: Vec::new(),
            workers: Vec::new(),
            known: Vec::new(),
            database: Arc::new(database),
            old,
            new,
            roles,
            folder: tempfile::tempdir().expect("a temporary folder"),
            stream: format!("test:{}", Uuid::new_v4().simple()),
        };
        fleet.migrate(Version::Old);
        fleet
    }

    fn build(&self, version: Version) -> &Build {
        match version {
            Version::Old => &self.old,
            Version::New => &self.new,
        }
    }

    /// Brings the schema to that of a build, and says what its roles may do.
    pub(super) fn migrate(&self, version: Version) {
        self.run(version, Login::Migrator, &["migrate"]);
        if let (Some(roles), Some(scripts)) = (&self.roles, self.build(version).scripts()) {
            roles.grant_by(&scripts);
        }
    }

    /// Makes an admin's key.
    pub(super) fn key(&self, version: Version) -> String {
        let words = [
            "keys",
            "create",
            "--project",
            "default",
            "--role",
            "admin",
            "--name",
            "upgrade",
        ];
        self.run(version, Login::Api, &words)
    }

    /// Runs `api-server` of a build to its end; what it says.
    fn run(&self, version: Version, login: Login, words: &[&str]) -> String {
        let out = self.command(version, "api-server", login).args(words).output();
        let out = out.expect("the binary runs");
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(
            out.status.success(),
            "{} api-server {words:?}: {error}",
            version.word()
        );
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// A command that is told only what both builds know.
    fn command(&self, version: Version, binary: &str, login: Login) -> Command {
        let redis = std::env::var("REDIS_URL").expect("REDIS_URL is not set; run this with `./dev upgrade`");
        let mut command = Command::new(self.build(version).binaries.join(binary));
        match &self.roles {
            Some(roles) => {
                command.env("MLTS_DATABASE__URL", roles.url(login));
                command.env("MLTS_DATABASE__SOURCE_ROLE", roles::source_role())
            }
            None => command.env("MLTS_DATABASE__URL", self.database.url()),
        };
        command
            .env("MLTS_REDIS__URL", redis)
            .env("MLTS_REDIS__STREAM", &self.stream)
            .env("MLTS_ARTIFACTS__DIR", self.folder.path().join("artifacts"))
            .env("MLTS_READINESS__INTERVAL", "200ms");
        command
    }

    fn serve(&self, version: Version, endpoint: &str, admin: u16) -> Process {
        let mut command = self.command(version, "api-server", Login::Api);
        command
            .arg("serve")
            .env("MLTS_SERVER__LISTEN", endpoint.trim_start_matches("http://"))
            .env("MLTS_ADMIN__LISTEN", format!("127.0.0.1:{admin}"));
        let name = format!("api-server-{}-{}", version.word(), admin);
        Process::start(&name, command, self.folder.path())
    }

    /// Starts one more server and waits until it is ready.
    pub(super) async fn add_server(&mut self, version: Version) {
        let (endpoint, admin) = (format!("http://127.0.0.1:{}", free_port()), free_port());
        let process = self.serve(version, &endpoint, admin);
        ready(&endpoint, "the API server is ready").await;
        self.servers.push(Server {
            process,
            version,
            endpoint,
            admin,
        });
    }

    /// Ends a server by SIGTERM and starts the new build at its address.
    ///
    /// # Panics
    /// When it does not end with 0, or the new one does not become ready.
    pub(super) async fn replace_server(&mut self, index: usize) {
        let server = &mut self.servers[index];
        server.process.signal(Signal::Term);
        let status = server.process.exit().await;
        assert!(
            status.success(),
            "the {} server ended with {status}",
            server.version.word()
        );
        let (endpoint, admin) = (server.endpoint.clone(), server.admin);
        let process = self.serve(Version::New, &endpoint, admin);
        ready(&endpoint, "the new API server is ready").await;
        let server = &mut self.servers[index];
        (server.process, server.version) = (process, Version::New);
    }

    /// Starts one more worker and waits until it is ready.
    pub(super) async fn add_worker(&mut self, version: Version) {
        let port = free_port();
        let mut command = self.command(version, "worker", Login::Worker);
        command
            .env("MLTS_HEALTH__LISTEN", format!("127.0.0.1:{port}"))
            .env("MLTS_WORKER__PROBE_JOBS", "true");
        let name = format!("worker-{}-{}", version.word(), self.known.len());
        let process = Process::start(&name, command, self.folder.path());
        ready(&format!("http://127.0.0.1:{port}"), "the worker is ready").await;
        let id = wait::until("the worker says its id", || async {
            let said = process.json_lines();
            said.iter()
                .find_map(|line| line["worker.id"].as_str().map(str::to_owned))
        })
        .await;
        self.known.push((id.clone(), version));
        self.workers.push(Worker { process, version, id });
    }

    /// Ends the first old worker by SIGTERM while it holds a job; the jobs that it held.
    ///
    /// # Panics
    /// When there is none, it gets no job, or does not end with 0.
    pub(super) async fn drain_old_worker(&mut self) -> Vec<String> {
        let index = self
            .workers
            .iter()
            .position(|worker| worker.version == Version::Old);
        let mut worker = self.workers.remove(index.expect("an old worker is there"));
        let held = wait::until("the old worker holds a job", || async {
            let held = self.database.sql(&format!(
                "SELECT job_id FROM job_attempt WHERE worker_id = '{}' AND ended_at IS NULL",
                worker.id
            ));
            (!held.is_empty()).then_some(held)
        })
        .await;
        worker.process.signal(Signal::Term);
        let status = worker.process.exit().await;
        assert!(status.success(), "the old worker ended with {status}");
        held.lines().map(str::to_owned).collect()
    }
}

/// The build of this checkout, beside the program that runs.
pub fn this_build() -> Build {
    let binary = crate::binaries::path("api-server");
    let binaries = binary.parent().expect("a binary lies in a folder");
    Build {
        binaries: binaries.to_owned(),
        checkout: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
    }
}
