//! What the server tells about itself by reflection.

use super::{Running, soon, start};
use crate::access::{METHODS, Port};
use prost::Message;
use prost_types::FileDescriptorProto;
use tokio_stream::once;
use tonic_reflection::pb::{v1, v1alpha};

async fn ask(
    server: &Running,
    question: v1::server_reflection_request::MessageRequest,
) -> v1::server_reflection_response::MessageResponse {
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(server.channel().await);
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut answers = client
        .server_reflection_info(once(request))
        .await
        .unwrap()
        .into_inner();
    soon(answers.message())
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap()
}

/// The file that declares `symbol`.
async fn file_of(server: &Running, symbol: &str) -> FileDescriptorProto {
    use v1::server_reflection_request::MessageRequest::FileContainingSymbol;
    use v1::server_reflection_response::MessageResponse::FileDescriptorResponse;
    let FileDescriptorResponse(files) = ask(server, FileContainingSymbol(symbol.to_owned())).await else {
        panic!("no file has {symbol}");
    };
    FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap()
}

#[tokio::test]
async fn reflection_lists_every_service_and_knows_the_details_of_errors() {
    use v1::server_reflection_request::MessageRequest::ListServices;
    use v1::server_reflection_response::MessageResponse::ListServicesResponse;
    let server = start(|_| {}).await;
    let ListServicesResponse(list) = ask(&server, ListServices(String::new())).await else {
        panic!("no list")
    };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for method in METHODS.iter().filter(|method| method.is_on(Port::Public)) {
        assert!(
            names.iter().any(|name| name == method.service()),
            "{} is not listed",
            method.service()
        );
    }
    for symbol in [
        "google.rpc.BadRequest",
        "google.rpc.ErrorInfo",
        "google.rpc.RetryInfo",
        "google.rpc.Status",
    ] {
        file_of(&server, symbol).await;
    }
    let jobs = file_of(&server, "mltraining.v1.JobService").await;
    let manual = jobs.source_code_info.unwrap().location;
    assert!(
        manual
            .iter()
            .any(|location| location.leading_comments().contains("Follows a job")),
        "no comments"
    );
}

#[tokio::test]
async fn reflection_answers_older_clients_as_well() {
    use v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol;
    use v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse;
    let server = start(|_| {}).await;
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel().await);
    let question = FileContainingSymbol("mltraining.v1.TrainingService".to_owned());
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut answers = client
        .server_reflection_info(once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = soon(answers.message())
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    assert!(matches!(answer, FileDescriptorResponse(_)));
}
