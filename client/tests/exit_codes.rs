//! The binary: how it ends when it does not come as far as the service.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::process::{Command, Output};

fn mlts(line: &str, environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mlts"))
        .env_clear()
        .envs(environment.iter().copied())
        .args(line.split(' '))
        .output()
        .unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_missing_key_file_is_wrong_also_when_the_environment_has_a_key() {
    for environment in [&[][..], &[("MLTS_API_KEY", "mlts_ab_cd")]] {
        let ended = mlts("jobs --api-key-file no/such/file", environment);
        assert_eq!(ended.status.code(), Some(4), "{}", error(&ended));
        assert!(error(&ended).contains("no/such/file"), "{}", error(&ended));
    }
}

#[test]
fn a_refused_connection_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ended = mlts(&format!("jobs --endpoint {endpoint}"), &[]);
    assert_eq!(ended.status.code(), Some(6), "{}", error(&ended));
    assert!(error(&ended).contains("cannot reach"), "{}", error(&ended));
}

#[test]
fn a_cut_connection_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let ended = mlts(&format!("jobs --endpoint {endpoint}"), &[]);
    assert_eq!(ended.status.code(), Some(6), "{}", error(&ended));
}
