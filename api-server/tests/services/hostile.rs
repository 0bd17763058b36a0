//! Hostile text in every text field of every request.

use crate::house::{House, train};
use crate::support::raw::call;
use crate::support::requests::Contract;
use crate::support::soon;
use crate::support::world::furnish;
use api_server::access::{Access, METHODS, Method, Port};
use bytes::Bytes;
use mltraining_proto::v1;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use tonic_types::StatusExt;
use v1::training_service_client::TrainingServiceClient;

const TEXTS: [&str; 3] = [
    "x\"; drop table job; --",
    "\0",
    "\u{202e}'; delete from project; --\u{1b}[31m",
];
/// Messages within messages; deeper ones hold no text that a client writes.
const DEPTH: usize = 4;

/// Paths of all text fields below a message, as numbers of fields. The last may be a list of texts.
fn text_fields(message: &MessageDescriptor, depth: usize) -> Vec<Vec<u32>> {
    let mut paths = Vec::new();
    for field in message.fields() {
        match field.kind() {
            Kind::String => paths.push(vec![field.number()]),
            Kind::Message(inner)
                if depth > 0 && !field.is_map() && inner.full_name().starts_with("mltraining") =>
            {
                let below = text_fields(&inner, depth - 1);
                paths.extend(
                    below
                        .into_iter()
                        .map(|rest| [vec![field.number()], rest].concat()),
                );
            }
            _ => {}
        }
    }
    paths
}

/// Writes `text` into the field at the end of the path.
fn set(message: &mut DynamicMessage, path: &[u32], text: &str) {
    let (number, rest) = path.split_first().unwrap();
    let field = message.descriptor().get_field(*number).unwrap();
    if rest.is_empty() {
        let value = Value::String(text.to_owned());
        let value = if field.is_list() {
            Value::List(vec![value])
        } else {
            value
        };
        message.set_field(&field, value);
        return;
    }
    let Kind::Message(inner) = field.kind() else {
        unreachable!("a path leads through messages")
    };
    let mut below = match message.get_field(&field).into_owned() {
        Value::Message(below) => below,
        _ => DynamicMessage::new(inner),
    };
    set(&mut below, rest, text);
    let value = Value::Message(below);
    let value = if field.is_list() {
        Value::List(vec![value])
    } else {
        value
    };
    message.set_field(&field, value);
}

/// Calls the method; its answer is one that a good service gives to a bad request.
async fn attempt(house: &House, method: &Method, path: &[u32], mut request: DynamicMessage) {
    const FINE: [Code; 6] = [
        Code::Ok,
        Code::InvalidArgument,
        Code::NotFound,
        Code::FailedPrecondition,
        Code::AlreadyExists,
        Code::Aborted,
    ];
    if let Some(field) = request.descriptor().get_field_by_name("validate_only") {
        request.set_field(&field, Value::Bool(true));
    }
    let bytes = Bytes::from(prost::Message::encode_to_vec(&request));
    let answer = soon(call(house.channel.clone(), method.path, None, bytes)).await;
    let code = answer.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
    assert!(
        FINE.contains(&code),
        "{} {path:?} {request}: {answer:?}",
        method.path
    );
    if let Err(status) = answer {
        assert!(!status.message().chars().any(char::is_control), "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_any_field_is_taken_as_text_or_refused_and_never_a_fault() {
    let house = House::empty().await;
    furnish(
        &house.api.store,
        &house.api.context.artifacts,
        &"default".parse().unwrap(),
    )
    .await;
    let (contract, pool) = (
        Contract::read(),
        DescriptorPool::decode(mltraining_proto::FILE_DESCRIPTOR_SET).unwrap(),
    );
    let tables =
        || house.sql("select string_agg(table_name, ',' order by table_name) from information_schema.tables");
    let counts = || {
        let tables = [
            "project",
            "source",
            "job",
            "job_event",
            "result",
            "artifact",
            "model",
            "model_version",
        ];
        tables.map(|table| house.sql(&format!("select count(*) from {table}")))
    };
    let before = (tables(), counts());
    let mut tried = 0;
    let on_trial = |method: &&Method| method.access != Access::Open && method.is_on(Port::Public);
    for method in METHODS.iter().filter(on_trial) {
        let service = pool.get_service_by_name(method.service()).unwrap();
        let input = service
            .methods()
            .find(|m| m.name() == method.name())
            .unwrap()
            .input();
        let good = DynamicMessage::decode(input.clone(), contract.request(method.path, "default")).unwrap();
        for path in text_fields(&input, DEPTH) {
            for text in TEXTS {
                let mut request = good.clone();
                set(&mut request, &path, text);
                attempt(&house, method, &path, request).await;
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "only {tried} requests were tried");
    assert_eq!((tables(), counts()), before);
}

/// Letters of 4 bytes take 12 in a message and 5 in details.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_8_kib_of_headers_gets_the_error_that_was_meant() {
    let house = House::with_bars().await;
    let endpoint = Endpoint::from_shared(format!("http://{}", house.api.address)).unwrap();
    let small = endpoint.http2_max_header_list_size(8 * 1024);
    let mut client = TrainingServiceClient::new(small.connect().await.unwrap());
    let list = v1::NumberList { values: vec![2.0] };
    let space = (0..20).map(|place| v1::SearchParameter {
        name: format!("{}{place}", "\u{1f600}".repeat(100)),
        values: Some(v1::search_parameter::Values::List(list.clone())),
    });
    let train = train();
    let mut request = Request::new(v1::TuneModelRequest {
        model_id: train.model_id,
        spec: train.spec,
        study: Some(v1::StudySpec {
            space: space.collect(),
            ..v1::StudySpec::default()
        }),
        ..v1::TuneModelRequest::default()
    });
    let id = "i".repeat(128);
    request.metadata_mut().insert("x-request-id", id.parse().unwrap());
    let status = soon(client.tune_model(request)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "INVALID_FIELD");
    assert_eq!(details.request_info().unwrap().request_id, id);
    let fields = &details.bad_request().unwrap().field_violations;
    assert!(fields.len() > 2, "{fields:?}");
    let last = &fields.last().unwrap().description;
    assert!(last.ends_with("more fields are wrong"), "{last}");
}
