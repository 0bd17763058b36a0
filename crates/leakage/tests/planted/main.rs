//! Each check finds the leak that was planted for it and no other, and none of them finds anything in a random walk.
#![allow(clippy::unwrap_used)]

mod clean;
mod duplicates;
mod known_at_end;
mod look_ahead;
mod market;
mod target;
