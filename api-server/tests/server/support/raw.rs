//! Calls by path and bytes, so that tests can go through all methods, and send what is no message.

use bytes::{Buf, BufMut, Bytes};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Streams that have no end of their own.
const ENDLESS: [&str; 1] = ["/mltraining.v1.JobService/WatchJobs"];

/// Calls a method, of whatever shape, and reads its answer to the end, or to its first message when it has none. Gives the
/// number of messages.
pub async fn call(channel: Channel, path: &str, key: Option<&str>, bytes: Bytes) -> Result<usize, Status> {
    let mut client = Grpc::new(channel).max_decoding_message_size(64 << 20);
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(bytes);
    if let Some(key) = key {
        let value = format!("Bearer {key}").parse().expect("a key is ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    let most = if ENDLESS.contains(&path) { 1 } else { usize::MAX };
    let path = path.parse().expect("a path");
    let mut answers = client.server_streaming(request, path, Raw).await?.into_inner();
    let mut count = 0;
    while count < most && answers.message().await?.is_some() {
        count += 1;
    }
    Ok(count)
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
