//! The way of a stream's messages to its client: a channel whose places are small, since a server holds thousands of them and
//! nearly all are empty. A message that waits lies in a box of its own.

use futures::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tonic::Status;

type Boxed<T> = Box<Result<T, Status>>;

/// Nobody listens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// The end that sends.
#[derive(Debug)]
pub(crate) struct Messages<T>(mpsc::Sender<Boxed<T>>);

/// The end that tonic reads.
#[derive(Debug)]
pub(crate) struct MessageStream<T>(mpsc::Receiver<Boxed<T>>);

/// A way on which `places` messages may wait for a slow client.
pub(crate) fn channel<T>(places: usize) -> (Messages<T>, MessageStream<T>) {
    let (sender, receiver) = mpsc::channel(places);
    (Messages(sender), MessageStream(receiver))
}

impl<T> Messages<T> {
    /// Sends a message, once there is a place for it.
    pub(super) async fn send(&self, message: Result<T, Status>) -> Result<(), Gone> {
        self.0.send(Box::new(message)).await.map_err(|_| Gone)
    }

    /// Waits until nobody listens any more.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl<T> Clone for Messages<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
impl<T> MessageStream<T> {
    pub(super) async fn recv(&mut self) -> Option<Result<T, Status>> {
        self.0.recv().await.map(|message| *message)
    }
}

impl<T> Stream for MessageStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .poll_recv(cx)
            .map(|message| message.map(|message| *message))
    }
}
