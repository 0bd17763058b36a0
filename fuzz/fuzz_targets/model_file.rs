//! Bytes that may be a model file: read as they are, and once more under lengths and a hash that fit them, so that a fuzzer comes past
//! those. What is read is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mltraining_learn::model_file::{decode, encode};
use sha2::{Digest, Sha256};

const PREFIX: usize = 8 + 4 + 4 + 8;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if bytes.len() >= PREFIX + 32 {
        check(&forged(bytes.to_vec()));
    }
});

fn check(bytes: &[u8]) {
    if let Ok(file) = decode(bytes) {
        assert!(decode(&encode(&file)).is_ok());
    }
}

fn forged(mut bytes: Vec<u8>) -> Vec<u8> {
    let content = bytes.len() - 32;
    bytes[..12].copy_from_slice(b"MLTSMODL\x01\0\0\0");
    let header = u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) as usize;
    let header = header.min(content - PREFIX);
    bytes[12..16].copy_from_slice(&(header as u32).to_le_bytes());
    bytes[16..24].copy_from_slice(&((content - PREFIX - header) as u64).to_le_bytes());
    let hash = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&hash);
    bytes
}
