//! Finds the steps in what a client sends.

use super::{Protocol, Rewrite};
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes that are carried at once, and the step that they are, if any.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) step: Option<String>,
}

/// Cuts a client's bytes into pieces. Bytes of an unfinished message wait for its rest.
pub(super) enum Framer {
    Postgres(PostgresFramer),
    Redis,
}

impl Framer {
    /// `rewrite` changes statements on their way to Postgres.
    pub(super) fn new(protocol: Protocol, rewrite: Option<Arc<Rewrite>>) -> Self {
        match protocol {
            Protocol::Postgres => Self::Postgres(PostgresFramer {
                rewrite,
                ..PostgresFramer::default()
            }),
            Protocol::Redis => Self::Redis,
        }
    }

    pub(super) fn pieces(&mut self, bytes: &[u8]) -> Vec<Piece> {
        match self {
            Self::Postgres(framer) => framer.pieces(bytes),
            Self::Redis => vec![Piece {
                bytes: bytes.to_vec(),
                step: redis_command(bytes),
            }],
        }
    }
}

/// The command that a chunk begins with (`*3\r\n$4\r\nXADD\r\n...`); clients write a command whole.
fn redis_command(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.get(..64.min(bytes.len()))?).ok()?;
    let mut lines = text.split("\r\n");
    lines.next()?.strip_prefix('*')?;
    lines.next()?.strip_prefix('$')?;
    Some(lines.next()?.to_uppercase())
}

/// Follows the frontend's side of the protocol: statements are named when they are parsed and meant when they are bound.
#[derive(Default)]
pub(super) struct PostgresFramer {
    waiting: Vec<u8>,
    started: bool,
    statements: HashMap<Vec<u8>, String>,
    last: String,
    rewrite: Option<Arc<Rewrite>>,
}

/// Version 3.0 in the first message of a session; other first messages ask for TLS or cancel a statement.
const STARTUP: u32 = 196_608;

impl PostgresFramer {
    fn pieces(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.waiting.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while let Some(length) = self.message_length() {
            let mut message: Vec<u8> = self.waiting.drain(..length).collect();
            let step = self.step(&message);
            if let Some(rewrite) = self
                .rewrite
                .as_ref()
                .filter(|_| matches!(message[0], b'P' | b'Q'))
            {
                message = rewritten(rewrite, message);
            }
            pieces.push(Piece { bytes: message, step });
        }
        pieces
    }

    /// The length of the first waiting message, when it is whole.
    fn message_length(&self) -> Option<usize> {
        let head = usize::from(self.started);
        let length: [u8; 4] = self.waiting.get(head..head + 4)?.try_into().ok()?;
        let length = u32::from_be_bytes(length) as usize + head;
        (self.waiting.len() >= length).then_some(length)
    }

    fn step(&mut self, message: &[u8]) -> Option<String> {
        if !self.started {
            let code: [u8; 4] = message.get(4..8)?.try_into().ok()?;
            self.started = u32::from_be_bytes(code) == STARTUP;
            return None;
        }
        let mut texts = message[5..].split(|byte| *byte == 0);
        match message[0] {
            b'P' => {
                let (name, sql) = (texts.next()?.to_vec(), texts.next()?);
                self.statements.insert(name, label(sql));
                None
            }
            b'B' => {
                let _portal = texts.next()?;
                self.last = self.statements.get(texts.next()?)?.clone();
                Some(self.last.clone())
            }
            b'Q' => {
                let label = label(texts.next()?);
                let ends = label == "COMMIT" || label == "ROLLBACK";
                Some(if ends {
                    format!("{}/{label}", self.last)
                } else {
                    label
                })
            }
            _ => None,
        }
    }
}

/// A message that carries a statement, with the statement changed where it is the one.
fn rewritten(rewrite: &Rewrite, message: Vec<u8>) -> Vec<u8> {
    let from = rewrite.from.as_bytes();
    let Some(at) = message.windows(from.len()).position(|part| part == from) else {
        return message;
    };
    rewrite.count();
    let mut changed = message[..at].to_vec();
    changed.extend(rewrite.to.as_bytes());
    changed.extend(&message[at + from.len()..]);
    let length = changed.len() as u32 - 1;
    changed[1..5].copy_from_slice(&length.to_be_bytes());
    changed
}

/// The name of a statement of the store, from its first line `-- name: why`; else the statement's first characters.
fn label(sql: &[u8]) -> String {
    let text = String::from_utf8_lossy(&sql[..sql.len().min(200)]);
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix("-- ") {
        Some(comment) => comment.split([':', ' ']).next().unwrap_or_default().to_owned(),
        None => first.chars().take(40).collect(),
    }
}
