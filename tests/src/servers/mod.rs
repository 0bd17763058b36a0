//! Servers of a scenario's own, which it may stop, kill and start again: the shared ones serve other tests.

mod postgres;
mod redis;

pub use postgres::{OwnPostgres, Shutdown};
pub use redis::{OwnRedis, say};

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use uuid::Uuid;

/// A folder that the server's user can enter and write.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("mltraining.")
        .tempdir_in("/var/tmp")
        .expect("/var/tmp is writable");
    if let Some((user, group)) = other_user() {
        std::os::unix::fs::chown(folder.path(), Some(user), Some(group))
            .expect("root may give a folder away");
    }
    folder
}

/// Who runs servers when the tests run as root: Postgres refuses to.
fn other_user() -> Option<(u32, u32)> {
    if id(&["-u"])? != 0 {
        return None;
    }
    let of = |name: &str| Some((id(&["-u", name])?, id(&["-g", name])?));
    of("postgres").or_else(|| of("nobody"))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let out = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8_lossy(&out.stdout).trim().parse().ok()
}

/// A command that runs as the server's user, in the server's folder.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}

fn password() -> String {
    Uuid::new_v4().simple().to_string()
}
