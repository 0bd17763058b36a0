//! One connection through the proxy.

use super::framer::{Framer, Piece};
use super::trap::{Action, Set, When};
use super::{Mode, Shared};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

/// How a connection ends.
enum End {
    /// One side closed.
    Closed,
    /// Both sides are reset.
    Reset,
}

/// What the server's side has to know about its connection.
#[derive(Clone)]
enum Ears {
    /// Answers are carried.
    Open,
    /// A trap acts on the next answer.
    Trapped(Set),
}

/// Carries one connection to its end. A connection that is cut leaves a reset behind, on both sides.
pub(super) async fn run(mut client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let mode = *shared.mode.borrow();
    match mode {
        Mode::Refuse => drop(client.set_zero_linger()),
        Mode::BlackHole => tokio::select! {
            _ = swallow(&mut client) => {}
            _ = cuts.changed() => drop(client.set_zero_linger()),
        },
        _ => {
            let Ok(mut server) = TcpStream::connect(shared.upstream).await else {
                let _ = client.set_zero_linger();
                return;
            };
            let end = tokio::select! {
                biased; // a cut comes before a release that follows it
                _ = cuts.changed() => Ok(End::Reset),
                end = carry(&mut client, &mut server, &shared) => end,
            };
            if !matches!(end, Ok(End::Closed)) {
                let _ = (client.set_zero_linger(), server.set_zero_linger());
            }
        }
    }
}

async fn carry(client: &mut TcpStream, server: &mut TcpStream, shared: &Shared) -> io::Result<End> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ears = watch::Sender::new(Ears::Open);
    let listening = ears.subscribe();
    let up = upward(from_client, to_server, shared, ears);
    let down = downward(from_server, to_client, shared, listening);
    tokio::pin!(up, down);
    tokio::select! {
        end = &mut up => match end? {
            End::Closed => down.await,
            End::Reset => Ok(End::Reset),
        },
        end = &mut down => end,
    }
}

/// Reads and forgets, until the client has enough.
async fn swallow(client: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while client.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// From the client to the server.
async fn upward(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    shared: &Shared,
    ears: watch::Sender<Ears>,
) -> io::Result<End> {
    let mut framer = Framer::new(shared.protocol, shared.rewrite.clone());
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            server.shutdown().await?;
            return Ok(End::Closed);
        }
        for piece in framer.pieces(&buffer[..read]) {
            pass(shared, Way::Up).await;
            if let Some(set) = sprung(shared, &piece) {
                match (set.when, set.action) {
                    (When::Before, Action::Cut) => return Ok(End::Reset),
                    (When::Before, Action::Hold) => set.released().await,
                    (When::After, _) => drop(ears.send_replace(Ears::Trapped(set))),
                }
            }
            server.write_all(&piece.bytes).await?;
        }
    }
}

/// From the server to the client.
async fn downward(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    shared: &Shared,
    ears: watch::Receiver<Ears>,
) -> io::Result<End> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = server.read(&mut buffer).await?;
        if read == 0 {
            client.shutdown().await?;
            return Ok(End::Closed);
        }
        let heard = ears.borrow().clone();
        if let Ears::Trapped(set) = heard {
            match set.action {
                Action::Cut => return Ok(End::Reset),
                Action::Hold => set.released().await,
            }
        }
        pass(shared, Way::Down).await;
        client.write_all(&buffer[..read]).await?;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// Returns when the network carries; never, on a connection whose bytes it has swallowed.
async fn pass(shared: &Shared, way: Way) {
    let mode = *shared.mode.borrow();
    match mode {
        Mode::Delay(time) => tokio::time::sleep(time).await,
        Mode::BlackHole => std::future::pending().await,
        Mode::DropAnswers if way == Way::Down => std::future::pending().await,
        _ => {}
    }
}

fn sprung(shared: &Shared, piece: &Piece) -> Option<Set> {
    let step = piece.step.as_deref()?;
    let traps = shared.traps.lock().expect("no holder panics");
    traps.iter().find(|set| set.springs(step)).cloned()
}
