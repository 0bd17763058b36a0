//! Bytes that may be what Postgres sends for a COPY: read as they are, and once more behind a good header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mltraining_store::fuzzing::copy_stream;

const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

fuzz_target!(|bytes: &[u8]| {
    copy_stream(bytes);
    copy_stream(&[&HEADER[..], bytes].concat());
});
