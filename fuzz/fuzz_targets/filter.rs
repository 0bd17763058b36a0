//! Text that may be the filter of a list.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| api_server::fuzzing::filter(text));
