//! TLS of the API server by real processes: who is let in, and certificates that change while it serves.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_proto::v1::job_service_client::JobServiceClient;
use mltraining_tests::system::{System, free_port};
use mltraining_tests::wait;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request};

/// Who says that a name is somebody's.
struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate of this name and its key.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// The files of a server and its clients.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a certificate for 127.0.0.1 as that of the server.
    fn serve(&self, ca: &Ca) -> (String, String) {
        let (certificate, key) = ca.sign("127.0.0.1");
        (self.put("tls.crt", &certificate), self.put("tls.key", &key))
    }
}

/// A system whose API server speaks TLS.
async fn system(folder: &Folder, ca: &Ca, more: &[(&str, &str)]) -> System {
    let (certificate, key) = folder.serve(ca);
    let health = format!("127.0.0.1:{}", free_port());
    let settings = [
        ("MLTS_SERVER__TLS__CERTIFICATE", certificate.as_str()),
        ("MLTS_SERVER__TLS__PRIVATE_KEY", key.as_str()),
        ("MLTS_SERVER__TLS__RELOAD_INTERVAL", "100ms"),
        ("MLTS_SERVER__TLS__HEALTH_LISTEN", health.as_str()),
    ];
    System::start_with(&[&settings, more].concat()).await
}

/// What `mlts jobs` ends with and says over TLS.
fn jobs(system: &System, options: &[(&str, &Path)]) -> (Option<i32>, String) {
    let mut command = system.mlts();
    command
        .arg("jobs")
        .env("MLTS_ENDPOINT", system.endpoint.replace("http:", "https:"));
    for (option, file) in options {
        command.arg(option).arg(file);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

const DONE: Option<i32> = Some(0);
/// As `mlts` ends when nobody answers.
const UNAVAILABLE: Option<i32> = Some(6);

#[tokio::test]
async fn a_new_certificate_is_served_without_a_restart_and_a_broken_one_is_not() {
    let (folder, first, second) = (Folder::new(), Ca::new(), Ca::new());
    let system = system(&folder, &first, &[]).await;
    let (old, new) = (folder.path("first.pem"), folder.path("second.pem"));
    folder.put("first.pem", &first.pem);
    folder.put("second.pem", &second.pem);
    assert_eq!(jobs(&system, &[("--ca-cert", &old)]).0, DONE);
    let (code, said) = jobs(&system, &[("--ca-cert", &new)]);
    assert_eq!(code, UNAVAILABLE, "{said}");
    assert!(said.contains("certificate"), "{said}");
    // Without TLS the port says nothing.
    assert_eq!(system.say(&["jobs"]).0, UNAVAILABLE);
    let open = channel(&system, &first).await;
    assert_eq!(listed(&open, &system).await, Code::Ok);

    // A key that is none: what was there before stays.
    folder.put("tls.key", "half of a key");
    wait::until("the server says that it cannot use the files", || async {
        let log = system.api.json_lines();
        log.iter()
            .any(|line| {
                line["error"]
                    .as_str()
                    .is_some_and(|text| text.contains("server.tls.private_key"))
            })
            .then_some(())
    })
    .await;
    assert_eq!(jobs(&system, &[("--ca-cert", &old)]).0, DONE);

    folder.serve(&second);
    wait::until("the new certificate is served", || async {
        (jobs(&system, &[("--ca-cert", &new)]).0 == DONE).then_some(())
    })
    .await;
    assert_eq!(jobs(&system, &[("--ca-cert", &old)]).0, UNAVAILABLE);
    assert_eq!(listed(&open, &system).await, Code::Ok, "open connections go on");
    // The port of those who run the service speaks the same.
    let admin = system.admin_endpoint.replace("http:", "https:");
    let words = [
        "admin",
        "--admin-endpoint",
        &admin,
        "info",
        "--ca-cert",
        new.to_str().unwrap(),
    ];
    system.says(0, &words);
}

#[tokio::test]
async fn where_clients_need_a_certificate_only_those_of_the_ca_come_in_and_a_key_is_needed_as_well() {
    let (folder, ca, others) = (Folder::new(), Ca::new(), Ca::new());
    let clients = folder.put("clients.pem", &ca.pem);
    let system = system(&folder, &ca, &[("MLTS_SERVER__TLS__CLIENT_CA", &clients)]).await;
    let trusted = folder.path("clients.pem");
    let with = |ca: &Ca| {
        let (certificate, key) = ca.sign("client");
        (
            PathBuf::from(folder.put("client.crt", &certificate)),
            PathBuf::from(folder.put("client.key", &key)),
        )
    };
    let call = |files: &(PathBuf, PathBuf), more: &[(&str, &Path)]| {
        let of_client = [
            ("--ca-cert", trusted.as_path()),
            ("--client-cert", files.0.as_path()),
            ("--client-key", files.1.as_path()),
        ];
        jobs(&system, &[&of_client, more].concat())
    };
    let (code, said) = call(&with(&ca), &[]);
    assert_eq!(code, DONE, "{said}");
    let empty = PathBuf::from(folder.put("none.key", "mlts_none_none"));
    let (code, said) = call(&with(&ca), &[("--api-key-file", &empty)]);
    assert!(
        code != DONE && said.contains("key"),
        "a certificate is no key: {said}"
    );
    for refused in [
        jobs(&system, &[("--ca-cert", &trusted)]),
        call(&with(&others), &[]),
    ] {
        assert_eq!(refused.0, UNAVAILABLE, "{}", refused.1);
    }
}

async fn channel(system: &System, ca: &Ca) -> Channel {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&ca.pem));
    let endpoint = Endpoint::from_shared(system.endpoint.replace("http:", "https:")).unwrap();
    endpoint.tls_config(tls).unwrap().connect().await.unwrap()
}

/// What a call over an open connection comes to.
async fn listed(channel: &Channel, system: &System) -> Code {
    let mut request = Request::new(pb::ListJobsRequest::default());
    let key = format!("Bearer {}", system.key).parse().unwrap();
    request.metadata_mut().insert("authorization", key);
    let answer = JobServiceClient::new(channel.clone()).list_jobs(request).await;
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}
