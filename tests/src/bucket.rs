//! A storage that speaks S3: `moto_server`, named by `TEST_MOTO` or found in the path.

use crate::system::free_port;
use crate::wait;
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bucket that there is.
pub const BUCKET: &str = "results";

/// A server that is ended with this value.
pub struct Storage {
    server: Child,
    port: u16,
    /// Its URL.
    pub endpoint: String,
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Storage {
    /// A server with the empty bucket; `None`, with the reason printed, when there is no such program here.
    pub async fn start() -> Option<Self> {
        let program = std::env::var("TEST_MOTO").unwrap_or_else(|_| "moto_server".to_owned());
        let port = free_port();
        let server = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(server) = server else {
            eprintln!("skipped: there is no {program} (pip install 'moto[server]'; TEST_MOTO may name it)");
            return None;
        };
        let this = Self {
            server,
            port,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        wait::until("the storage makes a bucket", || make_bucket(port)).await;
        Some(this)
    }

    /// What the server says of a request without a body: head and body of its answer.
    pub async fn ask(&self, method: &str, path: &str) -> String {
        let answer = ask(self.port, method, path).await;
        answer.expect("the server listens")
    }
}

/// `None` when nobody listens yet.
async fn make_bucket(port: u16) -> Option<()> {
    let answer = ask(port, "PUT", &format!("/{BUCKET}")).await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Some(())
}

/// The answer of the server on a port, head and body; `None` when nobody listens.
async fn ask(port: u16, method: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}
