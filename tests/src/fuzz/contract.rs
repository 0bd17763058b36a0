//! What a server offers: the services that its reflection lists, with their messages and the comments of these.

use futures::stream;
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor};
use std::collections::HashMap;
use tonic::transport::Channel;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServiceResponse};

/// Methods that answer when something has happened.
const LONG_POLLS: [&str; 1] = ["/mltraining.v1.JobService/WaitJob"];

/// The contract, to look messages up in.
pub struct Contract {
    pool: DescriptorPool,
    comments: HashMap<String, String>,
}

/// A method that a port of the server offers.
pub struct Method {
    /// `/package.Service/Method`.
    pub path: String,
    /// Its request.
    pub input: MessageDescriptor,
    /// Its answer may take for ever.
    pub open: bool,
}

impl Contract {
    /// The contract of everything that a server of the house speaks.
    pub fn read() -> Self {
        let mut pool = DescriptorPool::decode(mltraining_proto::FILE_DESCRIPTOR_SET).unwrap();
        for set in [
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            pool.decode_file_descriptor_set(set).unwrap();
        }
        let mut comments = HashMap::new();
        for message in pool.all_messages() {
            let file = message.parent_file();
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            let locations = info.into_iter().flat_map(|info| &info.location);
            let said: HashMap<&[i32], &str> = locations
                .map(|location| (location.path.as_slice(), location.leading_comments()))
                .collect();
            for field in message.fields() {
                let said = said.get(field.path()).copied().unwrap_or_default();
                let words: Vec<&str> = said.split_whitespace().collect();
                comments.insert(field.full_name().to_owned(), words.join(" "));
            }
        }
        Self { pool, comments }
    }

    /// The comment of a field in one line; empty when it has none.
    pub fn comment(&self, field: &FieldDescriptor) -> &str {
        self.comments.get(field.full_name()).map_or("", String::as_str)
    }

    /// The method at `/package.Service/Method`.
    pub fn method(&self, path: &str) -> Method {
        let (service, name) = path.trim_start_matches('/').split_once('/').unwrap();
        let service = self.pool.get_service_by_name(service).unwrap();
        let mut methods = service.methods();
        let method = methods.find(|method| method.name() == name);
        described(&method.unwrap_or_else(|| panic!("{path} is not in the contract")))
    }

    /// Paths of all methods of the service whose request has a `page_token`, sorted.
    pub fn paged(&self) -> Vec<String> {
        let methods = self
            .pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>());
        let paged = methods.filter(|method| method.input().get_field_by_name("page_token").is_some());
        let mut paths: Vec<String> = paged.map(|method| described(&method).path).collect();
        paths.sort();
        paths
    }

    /// Every method that the server at `endpoint` offers. Those that take something away come last.
    pub async fn offered(&self, endpoint: &str) -> Vec<Method> {
        let mut methods = Vec::new();
        for service in services(endpoint).await {
            let known = self.pool.get_service_by_name(&service.name);
            let known = known.unwrap_or_else(|| panic!("{} is in no descriptor set", service.name));
            methods.extend(known.methods().map(|method| described(&method)));
        }
        methods.sort_by_key(|method| (takes_away(&method.path), method.path.clone()));
        methods
    }
}

fn described(method: &MethodDescriptor) -> Method {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    Method {
        open: method.is_server_streaming() || LONG_POLLS.contains(&path.as_str()),
        input: method.input(),
        path,
    }
}

fn takes_away(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    name.starts_with("Delete") || name.starts_with("Revoke")
}

async fn services(endpoint: &str) -> Vec<ServiceResponse> {
    let channel = Channel::from_shared(endpoint.to_owned()).unwrap().connect_lazy();
    let mut client = ServerReflectionClient::new(channel);
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client.server_reflection_info(stream::iter([request])).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
    match answer.message_response {
        Some(MessageResponse::ListServicesResponse(list)) => list.service,
        other => panic!("reflection does not list services: {other:?}"),
    }
}
