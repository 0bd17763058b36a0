//! Redis for tests: the given one, one of our own that can be killed, and a wire that can be cut.

use mltraining_signal::{Hint, HintListener, Limits, Signal};
use secrecy::SecretString;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;

/// Longest wait for anything that must come.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The Redis that `./dev test` starts.
pub fn redis_url() -> String {
    std::env::var("REDIS_URL")
        .expect("REDIS_URL is not set: these tests need a Redis, run them by ./dev test")
}

/// A signal on a stream of its own.
pub fn signal_at(url: &str) -> Signal {
    signal_of(url, &format!("test:{}", Uuid::new_v4()))
}

pub fn signal_of(url: &str, stream: &str) -> Signal {
    Signal::connect(&SecretString::from(url), stream, Limits::default()).unwrap()
}

pub fn hint() -> Hint {
    Hint::new(Uuid::new_v4(), "default")
}

pub async fn ready(listener: &mut HintListener) {
    tokio::time::timeout(DEADLINE, listener.ready())
        .await
        .expect("the listener connects");
}

pub async fn next(listener: &mut HintListener) -> Hint {
    tokio::time::timeout(DEADLINE, listener.next())
        .await
        .expect("a hint comes")
}

/// Sends one hint, again and again until Redis takes it.
pub async fn sent(signal: &Signal) -> Hint {
    let hint = hint();
    let sent = async { while signal.hint(&hint).await.is_err() {} };
    tokio::time::timeout(DEADLINE, sent)
        .await
        .expect("Redis takes a hint");
    hint
}

/// One command on a connection of its own.
pub async fn ask<T: redis::FromRedisValue>(url: &str, words: &[&str]) -> redis::RedisResult<T> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd(words[0])
        .arg(&words[1..])
        .query_async(&mut connection)
        .await
}

/// A Redis of this test alone, which can be killed and started again on the same port.
pub struct OwnRedis {
    port: u16,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl OwnRedis {
    /// Not yet started. None, with the reason printed, where no server program is installed.
    pub async fn prepare() -> Option<Self> {
        let programs = ["redis-server", "valkey-server"];
        if !programs
            .iter()
            .any(|program| Command::new(program).arg("--version").output().is_ok())
        {
            println!("skipped: neither redis-server nor valkey-server is installed here");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Some(Self {
            port,
            folder: tempfile::tempdir().unwrap(),
            child: None,
        })
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        let port = self.port.to_string();
        let server = |program: &str| {
            Command::new(program)
                .args([
                    "--port",
                    &port,
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ])
                .current_dir(self.folder.path())
                .stdout(Stdio::null())
                .spawn()
        };
        self.child = Some(
            server("redis-server")
                .or_else(|_| server("valkey-server"))
                .unwrap(),
        );
        let url = self.url();
        let up = async { while ask::<String>(&url, &["PING"]).await.is_err() {} };
        tokio::time::timeout(DEADLINE, up).await.expect("Redis starts");
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a wire does with connections.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    Whole,
    /// Existing connections stay open and carry nothing any more; new ones are accepted and carry nothing.
    Silent,
}

/// A proxy before the given Redis.
pub struct Wire {
    pub url: String,
    mode: watch::Sender<Mode>,
}

impl Wire {
    pub async fn new() -> Self {
        let mut url = url::Url::parse(&redis_url()).unwrap();
        let redis = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        let (mode, watched) = watch::channel(Mode::Whole);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, redis.clone(), watched.clone()));
            }
        });
        Self {
            url: url.into(),
            mode,
        }
    }

    pub fn becomes(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(mut near: TcpStream, redis: String, mut mode: watch::Receiver<Mode>) {
    let mut silenced = mode.clone();
    let Ok(_) = mode.wait_for(|mode| *mode == Mode::Whole).await else {
        return;
    };
    let Ok(mut far) = TcpStream::connect(redis).await else {
        return;
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
        _ = silenced.wait_for(|mode| *mode == Mode::Silent) => {}
    }
    // Holds both ends open for good.
    std::future::pending::<()>().await;
}
