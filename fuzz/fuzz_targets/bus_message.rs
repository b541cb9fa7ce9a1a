#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| overcut_bus::fuzzing::message(data));
