//! A Redis of a scenario's own, and the few words of its protocol that scenarios speak.

use crate::process::{Process, Signal};
use crate::system::free_port;
use crate::wait;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// A Redis of a scenario's own; goes away when dropped.
pub struct OwnRedis {
    process: Option<Process>,
    port: u16,
    password: String,
    folder: TempDir,
}

impl OwnRedis {
    /// Starts one. `None`, with the reason printed, where the machine has no server's program.
    pub async fn start() -> Option<Self> {
        if program().is_none() {
            eprintln!(
                "skipped: there is no redis-server on this machine, so a scenario cannot have one of its own"
            );
            return None;
        }
        let mut server = Self {
            process: None,
            port: free_port(),
            password: super::password(),
            folder: super::folder(),
        };
        server.restart().await;
        Some(server)
    }

    /// `redis://...`; the same after each restart.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// Kills it.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::Kill);
            process.exit().await;
        }
    }

    /// Starts it, empty, on the same port, and waits until it answers.
    pub async fn restart(&mut self) {
        let settings = format!(
            "bind 127.0.0.1\nport {}\nrequirepass {}\nsave \"\"\nappendonly no\n",
            self.port, self.password
        );
        // A file, because the arguments of a process can be read by everybody.
        let file = self.folder.path().join("redis.conf");
        std::fs::write(&file, settings).expect("the folder is writable");
        if let Some((user, group)) = super::other_user() {
            std::os::unix::fs::chown(&file, Some(user), Some(group)).expect("root may give a file away");
        }
        let mut command = super::command(&program().expect("it was there at the start"), self.folder.path());
        command.arg("redis.conf");
        self.process = Some(Process::start("redis", command, self.folder.path()));
        wait::until("Redis answers", || async { self.say(&["PING"]).map(|_| ()) }).await;
    }

    /// Sends one command; the first line of the answer, `None` when there is none.
    pub fn say(&self, words: &[&str]) -> Option<String> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        say(&self.url(), &words)
    }
}

/// Sends one command of raw words to the Redis of `url`; the first line of the answer, `None` when there is none.
pub fn say(url: &str, words: &[&[u8]]) -> Option<String> {
    let rest = url.strip_prefix("redis://")?;
    let (login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let address = rest.split('/').next()?;
    let password = login.split_once(':').map_or("", |(_, password)| password);
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    if !password.is_empty() {
        stream.write_all(&encoded(&[b"AUTH", password.as_bytes()])).ok()?;
    }
    stream.write_all(&encoded(words)).ok()?;
    let mut reader = BufReader::new(stream.take(1 << 20));
    let mut line = String::new();
    for _ in 0..=usize::from(!password.is_empty()) {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    (!line.is_empty()).then(|| line.trim_end().to_owned())
}

fn encoded(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).bytes());
        bytes.extend(*word);
        bytes.extend(b"\r\n");
    }
    bytes
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)))
        .find(|program| program.exists())
}
