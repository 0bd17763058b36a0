//! Lines that may be `x-forwarded-for`, one for each line of the input, of a call from the address that the first four bytes are.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((peer, lines)) = bytes.split_first_chunk::<4>() {
        let lines: Vec<Vec<u8>> = lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        api_server::fuzzing::forwarded_for((*peer).into(), &lines);
    }
});
