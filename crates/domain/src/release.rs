//! What a binary says of itself.

use std::sync::LazyLock;

/// Version of the service.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that the binary was built from, told to the compiler by `MLTS_GIT_HASH`; `unknown` where nobody said
/// ([ADR 49](../../../docs/adr/0049-processes-may-do-little-and-backups-are-pairs.md)).
pub const GIT_HASH: &str = match option_env!("MLTS_GIT_HASH") {
    Some(hash) if !hash.is_empty() => hash,
    _ => "unknown",
};

static LINE: LazyLock<String> = LazyLock::new(|| format!("{VERSION} (commit {GIT_HASH})"));

/// What `--version` prints behind the name: `0.1.0 (commit 1a2b3c4)`.
pub fn version_line() -> &'static str {
    &LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_says_its_version_and_the_commit_it_was_built_from() {
        assert_eq!(version_line(), format!("{VERSION} (commit {GIT_HASH})"));
        assert!(!GIT_HASH.is_empty());
    }
}
