//! What holds whatever bytes the decoder gets.

use super::{BadRow, Decoder, Kind, Layout, Row};

type Seen = (String, i64, Option<i32>, Vec<u64>);

/// Every kind of value, with a phase and without.
fn layouts() -> [Layout; 2] {
    let common = [Kind::Float8, Kind::Int2, Kind::Bool, Kind::Float4, Kind::Int8];
    [
        Layout {
            phase: Some(Kind::Int4),
            values: common.to_vec(),
        },
        Layout {
            phase: None,
            values: vec![Kind::Numeric, Kind::Int4, Kind::Numeric],
        },
    ]
}

/// Reads the bytes whole and in pieces, in every layout: both come to the same rows or to the same refusal, which names a row and a field
/// that are there.
pub(crate) fn copy_stream(bytes: &[u8]) {
    // The bytes themselves say where they are cut.
    let piece = usize::from(bytes.last().copied().unwrap_or(0) % 31) + 1;
    for layout in layouts() {
        let fields = 2 + usize::from(layout.phase.is_some()) + layout.values.len();
        let (rows, end) = read(&layout, std::iter::once(bytes));
        assert_eq!(read(&layout, bytes.chunks(piece)), (rows.clone(), end.clone()));
        // A row has at least its count of fields and their lengths.
        assert!(rows.len() <= bytes.len() / (2 + 4 * fields));
        assert!(
            rows.iter()
                .all(|(_, _, _, values)| values.len() == layout.values.len())
        );
        if let Err(bad) = end {
            assert_eq!(bad.row, rows.len() as u64 + 1);
            assert!(bad.field.is_none_or(|field| field < fields), "{bad:?}");
        }
    }
}

fn read<'a>(layout: &Layout, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Seen>, Result<(), BadRow>) {
    let mut decoder = Decoder::new(layout.clone());
    let mut rows = Vec::new();
    for piece in pieces {
        let fed = decoder.feed(piece, |row| {
            rows.push(seen(row));
            Ok::<(), BadRow>(())
        });
        if fed.is_err() {
            return (rows, fed);
        }
    }
    (rows, decoder.finish())
}

/// Values as their bits: NaN is like itself.
fn seen(row: &Row) -> Seen {
    let bits = row.values.iter().map(|value| value.to_bits()).collect();
    (row.entity.clone(), row.time, row.phase, bits)
}
