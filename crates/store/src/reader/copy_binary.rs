//! The stream of `COPY ... (FORMAT binary)` to rows, without strings. Pure: bytes in, rows out.
//!
//! The form: a signature of 11 bytes, flags, an extension; then per row a count of fields, and per field its length (-1 for
//! NULL) and its bytes; a count of -1 ends it ("Binary Format" in PostgreSQL's reference of COPY).

use super::numeric;

/// How a value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float4,
    Float8,
    Int2,
    Int4,
    Int8,
    Numeric,
    Bool,
}

/// What a row consists of: entity, time, phase if there is one, values.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// How the phase is sent; `None` without one.
    pub(super) phase: Option<Kind>,
    /// How each value is sent.
    pub(super) values: Vec<Kind>,
}

/// Why bytes are no row of the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Number of the row, from 1.
    pub(super) row: u64,
    /// Place of the field: 0 entity, 1 time, then phase and values; `None` for the stream itself.
    pub(super) field: Option<usize>,
    /// What is wrong.
    pub(super) detail: &'static str,
}

/// One row; it is overwritten by the next.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The entity.
    pub(super) entity: String,
    /// Microseconds since 1970-01-01 UTC.
    pub(super) time: i64,
    /// The phase.
    pub(super) phase: Option<i32>,
    /// The values, NULL as NaN.
    pub(super) values: Vec<f64>,
}

/// Takes the stream in pieces of any size.
#[derive(Debug)]
pub(super) struct Decoder {
    layout: Layout,
    row: Row,
    rows: u64,
    /// The beginning of a row (or of the header) whose rest has not arrived.
    pending: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    End,
}

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Microseconds from 1970-01-01 to 2000-01-01, from which Postgres counts.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// What a parse of the bytes at hand comes to.
enum Step {
    /// A row of so many bytes.
    Row(usize),
    /// So many bytes that are no row: the header, or the end mark.
    Frame(usize),
    /// The rest has not arrived.
    Incomplete,
}

impl Decoder {
    pub(super) fn new(layout: Layout) -> Self {
        let values = Vec::with_capacity(layout.values.len());
        Self {
            layout,
            row: Row {
                values,
                ..Row::default()
            },
            rows: 0,
            pending: Vec::new(),
            state: State::Header,
        }
    }

    /// Takes the next piece and hands over each row that it completes.
    pub(super) fn feed<E: From<BadRow>>(
        &mut self,
        piece: &[u8],
        mut on_row: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.pending.is_empty() {
            let used = self.run(piece, &mut on_row)?;
            self.pending.extend_from_slice(&piece[used..]);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(piece);
        let used = self.run(&bytes, &mut on_row)?;
        bytes.drain(..used);
        self.pending = bytes;
        Ok(())
    }

    /// Says that the stream is over.
    pub(super) fn finish(&self) -> Result<(), BadRow> {
        if self.state == State::End && self.pending.is_empty() {
            Ok(())
        } else {
            Err(self.bad(None, "the stream ended before its end mark"))
        }
    }

    fn run<E: From<BadRow>>(
        &mut self,
        bytes: &[u8],
        on_row: &mut impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut used = 0;
        while used < bytes.len() {
            let rest = &bytes[used..];
            let step = match self.state {
                State::Header => self.header(rest)?,
                State::Rows => self.read_row(rest)?,
                State::End => return Err(self.bad(None, "bytes after the end mark").into()),
            };
            match step {
                Step::Row(length) => {
                    used += length;
                    on_row(&self.row)?;
                }
                Step::Frame(length) => used += length,
                Step::Incomplete => break,
            }
        }
        Ok(used)
    }

    fn header(&mut self, bytes: &[u8]) -> Result<Step, BadRow> {
        let Some((head, rest)) = bytes.split_at_checked(SIGNATURE.len() + 8) else {
            return Ok(Step::Incomplete);
        };
        let flags = u32_at(head, SIGNATURE.len());
        let extension = u32_at(head, SIGNATURE.len() + 4) as usize;
        // The upper half of the flags are what a reader must understand; the lower half it may ignore.
        if !head.starts_with(SIGNATURE) || flags >> 16 != 0 {
            return Err(self.bad(None, "not a binary COPY stream"));
        }
        if rest.len() < extension {
            return Ok(Step::Incomplete);
        }
        self.state = State::Rows;
        Ok(Step::Frame(head.len() + extension))
    }

    fn read_row(&mut self, bytes: &[u8]) -> Result<Step, BadRow> {
        let Some((count, mut rest)) = bytes.split_first_chunk::<2>() else {
            return Ok(Step::Incomplete);
        };
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            self.state = State::End;
            return Ok(Step::Frame(2));
        }
        let fields = 2 + usize::from(self.layout.phase.is_some()) + self.layout.values.len();
        if usize::try_from(count) != Ok(fields) {
            return Err(self.bad(None, "another number of fields than was asked for"));
        }
        // A row that is given up below is read again from its start.
        self.row.values.clear();
        for place in 0..fields {
            let Some((length, after)) = rest.split_first_chunk::<4>() else {
                return Ok(Step::Incomplete);
            };
            let length = i32::from_be_bytes(*length);
            let (field, after) = match usize::try_from(length) {
                Ok(length) => match after.split_at_checked(length) {
                    Some((field, after)) => (Some(field), after),
                    None => return Ok(Step::Incomplete),
                },
                Err(_) => (None, after),
            };
            rest = after;
            let taken = self.row.take(&self.layout, place, field);
            taken.map_err(|detail| BadRow {
                row: self.rows + 1,
                field: Some(place),
                detail,
            })?;
        }
        self.rows += 1;
        Ok(Step::Row(bytes.len() - rest.len()))
    }

    fn bad(&self, field: Option<usize>, detail: &'static str) -> BadRow {
        BadRow {
            row: self.rows + 1,
            field,
            detail,
        }
    }
}

impl Row {
    fn take(&mut self, layout: &Layout, place: usize, field: Option<&[u8]>) -> Result<(), &'static str> {
        match (place, layout.phase) {
            (0, _) => self.take_entity(field.ok_or("is NULL; every row needs an entity")?),
            (1, _) => {
                let since_2000 = i64_of(field.ok_or("is NULL; every row needs a time")?)?;
                let time = since_2000.checked_add(POSTGRES_EPOCH);
                self.time = time.filter(|_| since_2000 != i64::MIN).ok_or("is infinite")?;
                Ok(())
            }
            (2, Some(kind)) => {
                self.phase = field.map(|bytes| phase(kind, bytes)).transpose()?;
                Ok(())
            }
            (_, with_phase) => {
                let kind = layout.values[place - 2 - usize::from(with_phase.is_some())];
                let value = field.map_or(Ok(f64::NAN), |bytes| value(kind, bytes))?;
                self.values.push(value);
                Ok(())
            }
        }
    }

    /// Most rows repeat the entity of the row before.
    fn take_entity(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if self.entity.as_bytes() != bytes {
            let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
            self.entity.clear();
            self.entity.push_str(text);
        }
        Ok(())
    }
}

const WIDTH: &str = "has another width than its type";

fn value(kind: Kind, bytes: &[u8]) -> Result<f64, &'static str> {
    Ok(match kind {
        Kind::Float4 => f64::from(f32::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?)),
        Kind::Float8 => f64::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?),
        Kind::Int2 => f64::from(i16::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?)),
        Kind::Int4 => f64::from(i32::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?)),
        Kind::Int8 => i64_of(bytes)? as f64,
        Kind::Numeric => numeric::to_f64(bytes).ok_or("is no numeric")?,
        Kind::Bool => match bytes {
            [0] => 0.0,
            [1] => 1.0,
            _ => return Err("is no boolean"),
        },
    })
}

fn phase(kind: Kind, bytes: &[u8]) -> Result<i32, &'static str> {
    match kind {
        Kind::Int2 => Ok(i32::from(i16::from_be_bytes(
            bytes.try_into().map_err(|_| WIDTH)?,
        ))),
        Kind::Int4 => Ok(i32::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?)),
        Kind::Int8 => i32::try_from(i64_of(bytes)?).map_err(|_| "is no 32-bit number"),
        _ => Err("is no whole number"),
    }
}

fn i64_of(bytes: &[u8]) -> Result<i64, &'static str> {
    Ok(i64::from_be_bytes(bytes.try_into().map_err(|_| WIDTH)?))
}

/// # Panics
/// When there are no four bytes; the caller has split them off.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
#[cfg(test)]
mod tests;
