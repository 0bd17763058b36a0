//! What a whole training takes: from the submit to SUCCEEDED, by the process of its attempt.

mod job;

pub use job::{Wish, measure};
