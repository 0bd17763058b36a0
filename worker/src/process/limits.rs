//! What the process of an attempt does so that running out of memory hits itself alone.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the program takes besides the data of its job: its threads' stacks, connections, buffers.
const OVERHEAD: u64 = 512 << 20;

/// Makes the kernel choose this process first when the machine runs out of memory. Of no consequence where it cannot.
pub(super) fn be_first_to_go() {
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000") {
        tracing::debug!(%error, "the kernel was not told to end this process first");
    }
}

/// Refuses this process more memory than `bytes` and its overhead: it aborts when it asks for more. Of no consequence where
/// the system does not know such a limit.
pub(super) fn bound_memory(bytes: u64) {
    let wanted = bytes.saturating_add(OVERHEAD);
    let bounded = getrlimit(Resource::RLIMIT_DATA).and_then(|(_, hard)| {
        let limit = wanted.min(hard);
        setrlimit(Resource::RLIMIT_DATA, limit, limit)
    });
    if let Err(error) = bounded {
        tracing::debug!(%error, "the memory of this process is not bounded");
    }
}
