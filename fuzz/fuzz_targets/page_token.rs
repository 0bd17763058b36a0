//! Text that may be a page token, or what somebody has sealed as one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| api_server::fuzzing::page_token(text));
