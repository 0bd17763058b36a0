//! TCP connections: how many there may be, how soon one must ask for something, how old one may become, and their end
//! after the drain.
//!
//! tonic's own `max_connection_age_grace` cuts a connection without a GOAWAY before, so that calls under way fail; here
//! tonic sends the GOAWAY at the age, and this file cuts what is left after the grace.

mod wire;

use crate::tls::Tls;
use futures::{FutureExt, Stream, stream};
use mltraining_runtime::config::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;
use wire::Wire;

/// How long a client may take to agree on TLS, where the server speaks it, and to say that it speaks HTTP/2.
const GREETING: Duration = Duration::from_secs(10);
/// How long it may then take to send its first request: who only holds a connection keeps others out.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// `PRI * HTTP/2.0 ...`, with which every client begins.
const PREFACE_BYTES: usize = 24;
/// Pause after a failed accept, for example when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a connection may do.
#[derive(Clone)]
struct Limits {
    room: Arc<Semaphore>,
    tls: Option<Arc<Tls>>,
    longest_life: Duration,
    cut: CancellationToken,
}

/// The connections of `listener`, at most `server.max_connections` at once: more are closed as soon as they are accepted.
/// Through TLS where there is one. All that are left are closed when `cut` fires.
pub(crate) fn accept(
    listener: TcpListener,
    server: &ServerConfig,
    tls: Option<Arc<Tls>>,
    cut: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> + use<> {
    let limits = Limits {
        room: Arc::new(Semaphore::new(server.max_connections)),
        tls,
        longest_life: server.max_connection_age + server.max_connection_age_grace,
        cut,
    };
    stream::unfold((listener, limits), |(listener, limits)| async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(connection) = Connection::new(stream, &limits) {
                        return Some((Ok(connection), (listener, limits)));
                    }
                    tracing::warn!("a connection was closed: the server has as many as it may have");
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    })
}

/// Who is at the other end of a connection: every request that comes through it carries this.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    address: Option<SocketAddr>,
    has_asked: Arc<AtomicBool>,
}

impl Peer {
    /// Where the connection comes from; unset when it was gone at once.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Notes that a request has come: from now on, only age ends the connection.
    pub(crate) fn note_request(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
    }
}

/// One client's connection.
pub(crate) struct Connection {
    stream: Wire,
    peer: Peer,
    greeted: usize,
    /// When the connection ends, unless what it still has to do is done by then.
    end: Pin<Box<Sleep>>,
    /// From the greeting on, when it ends in any case.
    end_of_life: Option<Instant>,
    longest_life: Duration,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    _room: OwnedSemaphorePermit,
}

impl Connection {
    /// `None` when there is no room for one more.
    fn new(stream: TcpStream, limits: &Limits) -> Option<Self> {
        let room = limits.room.clone().try_acquire_owned().ok()?;
        // Small frames are sent at once. When the socket is gone already, the first read says so.
        let _ = stream.set_nodelay(true);
        let peer = Peer {
            address: stream.peer_addr().ok(),
            has_asked: Arc::default(),
        };
        let tls = limits.tls.as_ref().map(|tls| tls.acceptor());
        Some(Self {
            stream: Wire::new(stream, tls),
            peer,
            greeted: 0,
            end: Box::pin(tokio::time::sleep(GREETING)),
            end_of_life: None,
            longest_life: limits.longest_life,
            cut: Box::pin(limits.cut.clone().cancelled_owned()),
            _room: room,
        })
    }

    /// From the end of the greeting on, the first request is waited for.
    fn note_greeting(&mut self, bytes: usize) {
        if self.greeted < PREFACE_BYTES {
            self.greeted += bytes;
            if self.greeted >= PREFACE_BYTES {
                let now = Instant::now();
                self.end_of_life = Some(now + self.longest_life);
                let end = now + FIRST_REQUEST.min(self.longest_life);
                self.end.as_mut().reset(end);
            }
        }
    }

    /// Ready when the connection has to end: the greeting or the first request did not come, or its age is reached.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.end.poll_unpin(cx).is_ready() {
            let has_asked = self.peer.has_asked.load(Ordering::Relaxed);
            match self.end_of_life.filter(|end| has_asked && *end > Instant::now()) {
                Some(end) => self.end.as_mut().reset(end),
                None => return Poll::Ready(()),
            }
        }
        Poll::Pending
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.poll_unpin(cx).is_ready() || self.poll_end(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.note_greeting(buf.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::StreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A connection that has greeted, and its client.
    async fn greeted(server: &ServerConfig) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut connections = Box::pin(accept(listener, server, None, CancellationToken::new()));
        let mut connection = connections.next().await.unwrap().unwrap();
        client.write_all(&[0; PREFACE_BYTES]).await.unwrap();
        connection.read_exact(&mut [0; PREFACE_BYTES]).await.unwrap();
        (connection, client)
    }

    /// How long the server waits for more, on a clock that is moved by hand.
    async fn patience_with(mut connection: Connection) -> Duration {
        tokio::time::pause();
        let start = Instant::now();
        let end = connection.read_u8().await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::ConnectionAborted);
        start.elapsed()
    }

    #[tokio::test]
    async fn a_connection_that_asks_for_nothing_makes_room_for_others() {
        let server = ServerConfig::default();
        let (connection, _client) = greeted(&server).await;
        assert!(patience_with(connection).await <= FIRST_REQUEST * 2);
    }

    #[tokio::test]
    async fn a_connection_that_has_asked_lives_until_its_age() {
        let server = ServerConfig::default();
        let (connection, _client) = greeted(&server).await;
        connection.connect_info().note_request();
        assert!(patience_with(connection).await > server.max_connection_age);
    }
}
