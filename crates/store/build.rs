//! The migrations are embedded by a macro, which cargo does not know to watch.
#![allow(clippy::print_stdout)]

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
