//! What holds whatever bytes come where a source is read. Fuzz targets (`fuzz/`) and property tests ask the same; each function panics
//! when it does not hold.

/// As a stream of `COPY ... (FORMAT binary)`: it is read, or refused at a row, and the pieces in which it arrives do not matter.
pub fn copy_stream(bytes: &[u8]) {
    crate::reader::copy_stream(bytes);
}
