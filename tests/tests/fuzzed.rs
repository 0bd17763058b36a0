//! Every method that a real server offers, on both ports, with requests that no good client sends: nothing that a caller sends is a
//! fault of the service, and nothing changes without an audit row.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use bytes::Bytes;
use mltraining_tests::fuzz::call::{Ended, call};
use mltraining_tests::fuzz::contract::{Contract, Method};
use mltraining_tests::fuzz::forged::{self, Parents};
use mltraining_tests::fuzz::grower::Grower;
use mltraining_tests::fuzz::witness::{self, Noted};
use mltraining_tests::fuzz::world::World;
use mltraining_tests::fuzz::{requests, seed};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use std::collections::{BTreeMap, HashSet};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

/// Bytes of a request that a report shows.
const SHOWN: usize = 400;

/// What was found so far.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    codes: BTreeMap<String, usize>,
    changes: i64,
}

impl Findings {
    fn of_answer(&mut self, method: &Method, turn: usize, request: &Bytes, ended: &Ended) {
        let code = match ended {
            Ended::Refused(status) => format!("{:?}", status.code()),
            other => format!("{other:?}"),
        };
        *self.codes.entry(code).or_default() += 1;
        let complaint = match ended {
            Ended::Well | Ended::Left => return,
            Ended::Hung => "no answer".to_owned(),
            Ended::Refused(status) => {
                let fault = matches!(
                    status.code(),
                    Code::Internal | Code::Unknown | Code::Unavailable | Code::DataLoss
                );
                let reason = status.get_details_error_info().map(|info| info.reason);
                if !fault && reason.is_some_and(|reason| !reason.is_empty()) {
                    return;
                }
                format!("{status:?}")
            }
        };
        let shown = &request[..request.len().min(SHOWN)];
        self.faults.push(format!(
            "{} turn {turn}: {complaint}\n  {} bytes: {}",
            method.path,
            request.len(),
            shown.escape_ascii()
        ));
    }

    fn of_changes(&mut self, method: &Method, noted: &Noted, refused: &HashSet<String>) {
        let path = &method.path;
        self.changes += noted.changes;
        for change in &noted.unaudited {
            self.faults.push(format!(
                "{path}: {change} without an audit row in its transaction"
            ));
        }
        for (id, audited) in &noted.audited {
            if audited != path || !id.starts_with("fuzz-") {
                self.faults.push(format!(
                    "{path}: an audit row of {audited} with the request id {id}"
                ));
            }
            if refused.contains(id) {
                self.faults
                    .push(format!("{path}: {id} was refused, and has changed something"));
            }
        }
    }
}

/// Gives a method all its requests.
async fn try_method(
    world: &World,
    contract: &Contract,
    method: &Method,
    channel: &Channel,
    findings: &mut Findings,
) {
    let mut grower = Grower::new(
        contract,
        &world.samples,
        method.input.clone(),
        &method.path,
        seed(),
    );
    let mut refused = HashSet::new();
    for turn in 0..requests() {
        let request = grower.request(turn);
        let id = format!("fuzz-{turn}");
        let ended = call(
            channel.clone(),
            &method.path,
            &world.system.key,
            &id,
            request.clone(),
            method.open,
        )
        .await;
        findings.of_answer(method, turn, &request, &ended);
        if matches!(ended, Ended::Refused(_)) {
            refused.insert(id);
        }
    }
    findings.of_changes(method, &witness::take(&world.system.database), &refused);
}

/// Gives each list tokens that it did not make.
async fn try_tokens(world: &World, contract: &Contract, findings: &mut Findings) {
    let connect = |endpoint: &str| Channel::from_shared(endpoint.to_owned()).unwrap().connect_lazy();
    let (public, admin) = (
        connect(&world.system.endpoint),
        connect(&world.system.admin_endpoint),
    );
    for list in forged::lists(&Parents::of(world)) {
        let is_admin = list.path.contains("AdminService");
        let channel = if is_admin { &admin } else { &public };
        let method = contract.method(list.path);
        for (turn, token) in [list.good()].into_iter().chain(list.forged()).enumerate() {
            let mut request = DynamicMessage::new(method.input.clone());
            request.set_field_by_name(list.token, Value::String(token));
            if let Some((field, name)) = &list.named {
                request.set_field_by_name(field, Value::String(name.clone()));
            }
            let request = Bytes::from(request.encode_to_vec());
            let ended = call(
                channel.clone(),
                list.path,
                &world.system.key,
                "forged",
                request.clone(),
                method.open,
            )
            .await;
            if turn == 0 && method.open {
                continue; // it is older than a stream may begin
            }
            if turn == 0 && !matches!(ended, Ended::Well) {
                let fault = format!("{}: its own token: {ended:?}", list.path);
                findings.faults.push(fault);
            }
            findings.of_answer(&method, turn, &request, &ended);
        }
    }
}

#[test]
fn every_list_gets_forged_page_tokens() {
    let lists = forged::lists(&Parents::default());
    let forged = lists.iter().filter(|list| list.token == "page_token");
    let mut forged: Vec<&str> = forged.map(|list| list.path).collect();
    forged.sort_unstable();
    assert_eq!(forged, Contract::read().paged());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_a_fault_of_the_service_and_nothing_changes_without_an_audit_row() {
    eprintln!("TEST_FUZZ_SEED={} TEST_FUZZ_REQUESTS={}", seed(), requests());
    let (mut world, contract) = (World::make().await, Contract::read());
    witness::install(&world.system.database);
    let (mut findings, mut tried) = (Findings::default(), 0);
    try_tokens(&world, &contract, &mut findings).await; // before anything that the tokens name is gone
    witness::take(&world.system.database);
    for endpoint in [&world.system.endpoint, &world.system.admin_endpoint] {
        let channel = Channel::from_shared(endpoint.clone()).unwrap().connect_lazy();
        for method in contract.offered(endpoint).await {
            try_method(&world, &contract, &method, &channel, &mut findings).await;
            tried += 1;
        }
    }
    eprintln!(
        "{tried} methods, answers {:?}, {} rows changed",
        findings.codes, findings.changes
    );
    assert!(world.system.api.is_running(), "the server has ended");
    let errors = world
        .system
        .api
        .json_lines()
        .into_iter()
        .filter(|line| line["level"] == "ERROR");
    findings
        .faults
        .extend(errors.map(|line| format!("the log says: {line}")));
    assert!(
        findings.faults.is_empty(),
        "{} faults:\n{}",
        findings.faults.len(),
        findings.faults.join("\n")
    );
    // A run that only ever met the first check of a request would show nothing.
    assert!(tried > 80, "{tried} methods are offered");
    assert!(
        findings.changes > 100,
        "only {} rows were changed",
        findings.changes
    );
    assert!(
        findings.codes["Well"] > tried,
        "too few requests were answered: {:?}",
        findings.codes
    );
}
