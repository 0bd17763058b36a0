//! TCP connections: how many there may be, how old one may become, and their end after the drain.
//!
//! tonic's own `max_connection_age_grace` cuts a connection without a GOAWAY before, so that calls under way fail; here
//! tonic sends the GOAWAY at the age, and this file cuts what is left after the grace.

use futures::{FutureExt, Stream, stream};
use mltraining_runtime::config::ServerConfig;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// How long a client may take to say that it speaks HTTP/2.
const GREETING: Duration = Duration::from_secs(10);
/// `PRI * HTTP/2.0 ...`, with which every client begins.
const PREFACE_BYTES: usize = 24;
/// Pause after a failed accept, for example when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a connection may do.
#[derive(Debug, Clone)]
struct Limits {
    room: Arc<Semaphore>,
    longest_life: Duration,
    cut: CancellationToken,
}

/// The connections of `listener`, at most `server.max_connections` at once: more are closed as soon as they are accepted.
/// All that are left are closed when `cut` fires.
pub(crate) fn accept(
    listener: TcpListener,
    server: &ServerConfig,
    cut: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> + use<> {
    let limits = Limits {
        room: Arc::new(Semaphore::new(server.max_connections)),
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

/// One client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    greeted: usize,
    end: Pin<Box<Sleep>>,
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
        Some(Self {
            stream,
            greeted: 0,
            end: Box::pin(tokio::time::sleep(GREETING)),
            longest_life: limits.longest_life,
            cut: Box::pin(limits.cut.clone().cancelled_owned()),
            _room: room,
        })
    }

    /// From the end of the greeting on, only age ends a connection.
    fn note_greeting(&mut self, bytes: usize) {
        if self.greeted < PREFACE_BYTES {
            self.greeted += bytes;
            if self.greeted >= PREFACE_BYTES {
                self.end.as_mut().reset(Instant::now() + self.longest_life);
            }
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.poll_unpin(cx).is_ready() || self.end.poll_unpin(cx).is_ready() {
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
