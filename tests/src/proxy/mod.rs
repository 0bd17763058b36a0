//! A TCP proxy that breaks connections on purpose, between a process of the system and its Postgres or Redis.
//!
//! It runs on a thread of its own, so that a scenario that waits for psql never holds it up. Its [`Mode`] says what the network does to all
//! connections. A [`Trap`] acts at one step of the protocol: when a client executes the statement of a given name, before it reaches
//! the server or after, the connection is cut or held.

mod framer;
mod relay;
mod rewrite;
#[cfg(test)]
mod tests;
mod trap;

pub use rewrite::Rewrite;
pub use trap::{Action, Trap, When};

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use trap::Traps;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Carries everything.
    Pass,
    /// Resets new connections.
    Refuse,
    /// Accepts, swallows and says nothing; a connection that was used meanwhile stays half-open for good.
    BlackHole,
    /// Carries what clients send and swallows what servers answer; such a connection is deaf for good.
    DropAnswers,
    /// Carries everything, each way this much later.
    Delay(Duration),
}

/// What is spoken through the proxy; decides what a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A step is the execution of a statement, called by the name in its first line: `claims.finish`. A `COMMIT` after it
    /// is `claims.finish/COMMIT`.
    Postgres,
    /// A step is a command: `XADD`.
    Redis,
}

/// What all connections of a proxy share.
struct Shared {
    upstream: SocketAddr,
    protocol: Protocol,
    mode: watch::Sender<Mode>,
    /// Counts the cuts; a connection ends when it changes.
    cuts: watch::Sender<u64>,
    traps: Mutex<Traps>,
    rewrite: Option<Arc<Rewrite>>,
}

/// A running proxy; ends with its connections when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Proxy {
    /// A proxy to the host and port of `url`.
    pub fn to(url: &str, protocol: Protocol) -> Self {
        Self::start(url, protocol, None)
    }

    /// A proxy to the Postgres of `url` that changes one statement on its way.
    pub fn rewriting(url: &str, rewrite: &Arc<Rewrite>) -> Self {
        Self::start(url, Protocol::Postgres, Some(Arc::clone(rewrite)))
    }

    fn start(url: &str, protocol: Protocol, rewrite: Option<Arc<Rewrite>>) -> Self {
        let shared = Arc::new(Shared {
            upstream: address_of(url),
            protocol,
            mode: watch::Sender::new(Mode::Pass),
            cuts: watch::Sender::new(0),
            traps: Mutex::default(),
            rewrite,
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a socket can be set so");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("proxy".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || serve(listener, shared, ended)
            })
            .expect("a thread starts");
        Self {
            address,
            shared,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// `url` with the proxy in place of its server.
    pub fn url(&self, url: &str) -> String {
        let (start, end) = authority(url);
        format!("{}{}{}", &url[..start], self.address, &url[end..])
    }

    /// Changes what the network does from now on.
    pub fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// Resets every connection.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Acts each time a client comes to a step whose name begins with `step`, until the trap is dropped or released.
    pub fn trap(&self, step: &str, when: When, action: Action) -> Trap {
        let trap = Trap::new(step, when, action);
        let mut traps = self.shared.traps.lock().expect("no holder panics");
        traps.retain(trap::Set::is_wanted);
        traps.push(trap.set());
        trap
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: std::net::TcpListener, shared: Arc<Shared>, ended: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listener).expect("the listener is a socket");
        let accept = async {
            loop {
                if let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(relay::run(client, Arc::clone(&shared)));
                }
            }
        };
        tokio::select! {
            () = accept => {}
            _ = ended => {}
        }
    });
}

/// Where the `host:port` of a URL begins and ends.
fn authority(url: &str) -> (usize, usize) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    let start = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
    (start, end)
}

fn address_of(url: &str) -> SocketAddr {
    use std::net::ToSocketAddrs;
    let (start, end) = authority(url);
    url[start..end]
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .unwrap_or_else(|| panic!("no host:port in a URL of a server"))
}
