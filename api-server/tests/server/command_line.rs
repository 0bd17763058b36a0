//! The binary: exit codes, keys, migrations, SIGTERM.

use crate::support::{soon, until};
use api_server::keys::ApiKeySecret;
use mltraining_store::testing::TestDatabase;
use std::net::TcpListener;
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The binary with an environment of its own.
struct Binary {
    settings: Vec<(&'static str, String)>,
    _folder: TempDir,
}

impl Binary {
    /// Without any database.
    fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = folder.path().join("artifacts").display().to_string();
        Self {
            settings: vec![("MLTS_ARTIFACTS__DIR", artifacts)],
            _folder: folder,
        }
    }

    fn on(database: &TestDatabase) -> Self {
        Self::bare().with("MLTS_DATABASE__URL", database.url())
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_api-server"));
        command
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.args(arguments.split_whitespace()).kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &str) -> Output {
        soon(self.command(arguments).output()).await.unwrap()
    }

    /// Standard output of a run that must be good.
    async fn says(&self, arguments: &str) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments}: {}", error(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_ends_with_64_and_names_the_key() {
    let url = "postgres://mlts:hunter2@127.0.0.1:1/none";
    let with_url = || Binary::bare().with("MLTS_DATABASE__URL", url);
    let open = || with_url().with("MLTS_SERVER__AUTH__MODE", "none");
    for (binary, key) in [
        (Binary::bare(), "database.url"),
        (open(), "server.auth.mode"),
        (
            open()
                .with("MLTS_SERVER__INSECURE_NO_AUTH", "true")
                .with("MLTS_SERVER__LISTEN", "0.0.0.0:0"),
            "server.listen",
        ),
        (
            open()
                .with("MLTS_SERVER__INSECURE_NO_AUTH", "true")
                .with("MLTS_ADMIN__LISTEN", "0.0.0.0:0"),
            "admin.listen",
        ),
        (
            with_url().with("MLTS_SERVER__MAX_CONNECTIONS", "many"),
            "server.max_connections",
        ),
        (with_url().with("MLTS_REDIS__URL", "http://x"), "redis.url"),
    ] {
        let output = binary.run("serve").await;
        assert_eq!(output.status.code(), Some(64), "{key}: {}", error(&output));
        assert!(
            error(&output).contains(key),
            "{key} is not in: {}",
            error(&output)
        );
        assert!(!error(&output).contains("hunter2"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_ends_with_64() {
    let binary = Binary::bare();
    for arguments in [
        "--no-such-flag",
        "fly",
        "keys create",
        "migrate --down x",
        "keys create --project P --role viewer --name n",
    ] {
        assert_eq!(binary.run(arguments).await.status.code(), Some(64), "{arguments}");
    }
    assert!(binary.says("--version").await.starts_with("api-server 0."));
    assert!(binary.says("--help").await.contains("migrate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_in_force_is_printed_without_secrets() {
    let binary = Binary::bare().with("MLTS_DATABASE__URL", "postgres://mlts:hunter2@db:5432/mlts");
    let printed = binary.says("--print-config").await;
    assert!(printed.contains("max_concurrent_streams = 128"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_goes_up_and_down_and_tells_where_it_is() {
    let database = TestDatabase::empty().await;
    let binary = Binary::on(&database);
    let needed = mltraining_store::Store::expected_schema_version();
    assert!(binary.says("migrate --status").await.contains("schema version 0"));
    assert!(binary.says("migrate").await.starts_with("applied 1, 2, "));
    assert_eq!(binary.says("migrate").await, "nothing to do\n");
    assert!(binary.says("migrate --status").await.contains("current"));
    assert_eq!(
        binary.says(&format!("migrate --down {}", needed - 1)).await,
        format!("took back {needed}\n")
    );
    assert!(binary.says("migrate --status").await.contains("old"));
    assert_eq!(binary.run("migrate --down -1").await.status.code(), Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_printed_alone_and_once_and_can_be_listed_and_revoked() {
    let database = TestDatabase::migrated().await;
    let binary = Binary::on(&database);
    let printed = binary
        .says("keys create --project p --role trainer --name ci --expires 90d")
        .await;
    let key = ApiKeySecret::parse(printed.trim()).expect("the output is a key");
    assert_eq!(printed.lines().count(), 1);
    let row = database
        .store()
        .await
        .find_api_key(key.short_id())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.secret_hash, row.role.as_str(), row.is_live),
        (key.hash(), "trainer", true)
    );

    let secret = printed.trim().rsplit('_').next().unwrap();
    let list = binary.says("keys list --project p").await;
    assert!(
        list.contains(key.short_id()) && list.contains("live") && !list.contains(secret),
        "{list}"
    );
    binary
        .says(&format!("keys revoke --project p {}", key.short_id()))
        .await;
    assert!(binary.says("keys list --project p").await.contains("revoked"));
    let unknown = binary.run("keys revoke --project p zzzzzz").await;
    assert_eq!(unknown.status.code(), Some(64));
    assert!(error(&unknown).contains("zzzzzz"), "{}", error(&unknown));
    let mut escape = binary.command("keys create --project p --role viewer --name");
    let refused = soon(escape.arg("a\u{1b}[2J").output()).await.unwrap();
    assert_eq!(refused.status.code(), Some(64), "{}", error(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_with_69_while_postgres_is_away() {
    let binary = Binary::bare()
        .with("MLTS_DATABASE__URL", "postgres://mlts@127.0.0.1:1/none")
        .with("MLTS_DATABASE__ACQUIRE_TIMEOUT", "100ms");
    for arguments in ["keys list --project p", "keys revoke --project p zzzzzz"] {
        let output = binary.run(arguments).await;
        assert_eq!(output.status.code(), Some(69), "{arguments}: {}", error(&output));
    }
}

/// A server on a free port, ready.
async fn serving(database: &TestDatabase) -> (Child, Binary) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let binary = Binary::on(database)
        .with("MLTS_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .with("MLTS_ADMIN__LISTEN", "127.0.0.1:0")
        .with("MLTS_ARTIFACTS__MIN_FREE_BYTES", "0")
        .with("MLTS_READINESS__INTERVAL", "100ms");
    let mut command = binary.command("serve");
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let channel = tonic::transport::Endpoint::from_shared(format!("http://127.0.0.1:{port}"))
        .unwrap()
        .connect_lazy();
    let health = HealthClient::new(channel);
    until("the server is ready", || {
        let mut health = health.clone();
        async move {
            let request = HealthCheckRequest {
                service: "readiness".to_owned(),
            };
            let answer = health.check(request).await;
            answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
        }
    })
    .await;
    (child, binary)
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_server_with_0() {
    let database = TestDatabase::migrated().await;
    let (mut child, _folder) = serving(&database).await;
    let id = child.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert_eq!(soon(child.wait()).await.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_ends_with_69_and_is_named() {
    let database = TestDatabase::migrated().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (key, public, admin) in [
        ("server.listen", address.as_str(), free),
        ("admin.listen", free, address.as_str()),
    ] {
        let output = Binary::on(&database)
            .with("MLTS_SERVER__LISTEN", public)
            .with("MLTS_ADMIN__LISTEN", admin)
            .run("serve")
            .await;
        assert_eq!(output.status.code(), Some(69), "{}", error(&output));
        assert!(error(&output).contains(&format!("{key}: cannot listen on {address}")));
    }
}
