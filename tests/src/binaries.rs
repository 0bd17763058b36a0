//! Where the binaries under test lie.

use std::path::PathBuf;

/// The path of a built binary of the workspace; `./dev test` builds them first. Tests lie in `target/PROFILE/deps`, programs
/// beside the binary.
pub fn path(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a process knows its own path");
    let folder = this.parent().expect("a program lies in a folder");
    let profile = if folder.ends_with("deps") {
        folder.parent()
    } else {
        Some(folder)
    };
    let binary = profile.expect("deps lies in a folder").join(name);
    assert!(
        binary.exists(),
        "{} is not built; run `cargo build --workspace --bins` or `./dev test`",
        binary.display()
    );
    binary
}

/// The folder of shared test data, `None` (with the reason printed) when it is absent.
pub fn shared_data(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MLTS_SHARED_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let folder = root.join("data").join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the shared data folder {part} is absent (MLTS_SHARED_DIR names its parent)");
    None
}
