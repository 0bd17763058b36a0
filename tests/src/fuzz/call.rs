//! Calls by path and bytes.

use bytes::{Buf, BufMut, Bytes};
use std::time::Duration;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// How long an answer that may have no end is listened to.
const LISTENED: Duration = Duration::from_millis(200);
/// After this long an answer that must come is missed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a call ended.
#[derive(Debug)]
pub enum Ended {
    /// With OK.
    Well,
    /// With another code.
    Refused(Status),
    /// It was still open when the client went away.
    Left,
    /// It should have ended, and did not.
    Hung,
}

/// Calls a method, of whatever shape, with one message of these bytes, and reads its answer to the end. One that may stay
/// `open` is left after a while.
pub async fn call(channel: Channel, path: &str, key: &str, id: &str, bytes: Bytes, open: bool) -> Ended {
    let patience = if open { LISTENED } else { PATIENCE };
    match tokio::time::timeout(patience, answer(channel, path, key, id, bytes)).await {
        Ok(Ok(())) => Ended::Well,
        Ok(Err(status)) => Ended::Refused(status),
        Err(_) if open => Ended::Left,
        Err(_) => Ended::Hung,
    }
}

async fn answer(channel: Channel, path: &str, key: &str, id: &str, bytes: Bytes) -> Result<(), Status> {
    let mut client = Grpc::new(channel).max_decoding_message_size(64 << 20);
    client
        .ready()
        .await
        .map_err(|error| Status::unknown(error.to_string()))?;
    let mut request = Request::new(bytes);
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("x-request-id", id.to_owned()),
    ] {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    let answers = client
        .server_streaming(request, path.parse().unwrap(), Raw)
        .await?;
    let mut answers = answers.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// Bytes as they are.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
