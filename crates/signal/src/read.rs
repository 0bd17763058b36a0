//! The blocking read of the stream.

use crate::Hint;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{AsyncConnectionConfig, AsyncTypedCommands, Client, FromRedisValue, RedisError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// All workers read as one group: each hint goes to one of them.
const GROUP: &str = "workers";
/// All workers share the consumer too. With NOACK a consumer owns nothing; a name per process would only pile up in Redis.
const CONSUMER: &str = "worker";
/// Redis answers "nothing" after this long.
const BLOCK: Duration = Duration::from_secs(5);
/// Beyond [`BLOCK`] the connection is taken for dead: a half-open socket never says so itself.
const GRACE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(2);

/// Why a read failed.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The stream or the group is gone, as after FLUSHALL.
    NoGroup,
    /// Redis is away, or says something unexpected.
    Away(String),
}

/// A connection that does nothing but read.
pub(crate) struct Reader {
    connection: MultiplexedConnection,
    stream: Arc<str>,
}

impl Reader {
    /// Connects, and makes stream and group when they are missing. A new group begins at the oldest entry: what was sent
    /// between the loss of a group and now is not lost with it.
    pub(crate) async fn connect(client: &Client, stream: &Arc<str>) -> Result<Self, ReadError> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            // The client's own limit would give up on a blocking read, whose answer would then be nobody's.
            .set_response_timeout(None);
        let work = async {
            let mut connection = client
                .get_multiplexed_async_connection_with_config(&settings)
                .await?;
            match connection.xgroup_create_mkstream(&**stream, GROUP, "0").await {
                Err(error) if error.code() != Some("BUSYGROUP") => Err(error),
                _ => Ok(connection),
            }
        };
        let connection = timeout(CONNECT, work)
            .await
            .map_err(|_| silent(CONNECT))?
            .map_err(|error| away(&error))?;
        Ok(Self {
            connection,
            stream: Arc::clone(stream),
        })
    }

    /// Waits for the next entry, for [`BLOCK`] at most. `None`: nothing came. `Some(Err)`: no hint, with the reason.
    pub(crate) async fn read(&mut self) -> Result<Option<Result<Hint, String>>, ReadError> {
        let options = StreamReadOptions::default()
            .group(GROUP, CONSUMER)
            .noack()
            .count(1)
            .block(usize::try_from(BLOCK.as_millis()).expect("a few seconds"));
        let limit = BLOCK + GRACE;
        let streams = [&*self.stream];
        let read = self.connection.xread_options(&streams, &[">"], &options);
        let reply = timeout(limit, read)
            .await
            .map_err(|_| silent(limit))?
            .map_err(|error| away(&error))?;
        Ok(reply.and_then(first))
    }
}

/// The one entry of a reply.
fn first(reply: StreamReadReply) -> Option<Result<Hint, String>> {
    let entry = reply.keys.into_iter().next()?.ids.into_iter().next()?;
    let fields: Result<HashMap<String, Vec<u8>>, String> = entry
        .map
        .into_iter()
        .map(|(name, value)| {
            Vec::<u8>::from_redis_value(value)
                .map(|bytes| (name, bytes))
                .map_err(|e| e.to_string())
        })
        .collect();
    Some(fields.and_then(Hint::from_fields))
}

fn silent(limit: Duration) -> ReadError {
    ReadError::Away(format!("no answer within {} s", limit.as_secs()))
}

fn away(error: &RedisError) -> ReadError {
    match error.code() {
        Some("NOGROUP") => ReadError::NoGroup,
        _ => ReadError::Away(error.to_string()),
    }
}
