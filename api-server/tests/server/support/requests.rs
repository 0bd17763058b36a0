//! Requests for every method, made of the manual in the descriptor set: fields whose comment shows a resource name get
//! the name of a thing in the given project. A new method is covered as soon as it has a comment.

use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::collections::HashMap;

/// The job that stands in every request.
pub const JOB: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// The short part of the key that stands in every request.
pub const KEY: &str = "abcdef12";

/// The packages that the server speaks.
const PACKAGES: [&str; 2] = ["inference", "mltraining.v1"];

/// The contract, to look messages up in.
pub struct Contract {
    /// `/package.Service/Method` to the full name of its request.
    requests: HashMap<String, String>,
    /// Full name to the message.
    messages: HashMap<String, DescriptorProto>,
    /// Message and field to the comment.
    comments: HashMap<(String, String), String>,
}

impl Contract {
    pub fn read() -> Self {
        let set = FileDescriptorSet::decode(mltraining_proto::FILE_DESCRIPTOR_SET).unwrap();
        let mut contract = Self {
            requests: HashMap::new(),
            messages: HashMap::new(),
            comments: HashMap::new(),
        };
        for file in set.file.iter().filter(|file| PACKAGES.contains(&file.package())) {
            contract.add(file);
        }
        contract
    }

    fn add(&mut self, file: &FileDescriptorProto) {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                self.requests
                    .insert(path, method.input_type().trim_start_matches('.').to_owned());
            }
        }
        let full = |message: &DescriptorProto| format!("{}.{}", file.package(), message.name());
        for location in &file.source_code_info.as_ref().unwrap().location {
            // Field 4 of a file is its messages, field 2 of a message its fields.
            if let [4, message, 2, field] = location.path[..] {
                let message = &file.message_type[message as usize];
                let field = message.field[field as usize].name().to_owned();
                // Comments are wrapped anywhere.
                let words: Vec<&str> = location.leading_comments().split_whitespace().collect();
                self.comments.insert((full(message), field), words.join(" "));
            }
        }
        for message in &file.message_type {
            self.messages.insert(full(message), message.clone());
        }
    }

    /// A request of the method that names things of `project` wherever it can name things.
    pub fn request(&self, path: &str, project: &str) -> Bytes {
        let message = self
            .requests
            .get(path)
            .unwrap_or_else(|| panic!("{path} is not in the contract"));
        let bytes = self.message(message, project, Depth::Request);
        assert!(
            !bytes.is_empty(),
            "no field of {message} shows `projects/{{project}}...`: say in its comment what it names"
        );
        bytes.into()
    }

    fn message(&self, name: &str, project: &str, depth: Depth) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in &self.messages[name].field {
            let comment = self.comments.get(&(name.to_owned(), field.name().to_owned()));
            let comment = comment.map_or("", String::as_str);
            if comment.starts_with("OUTPUT_ONLY") {
                continue;
            }
            let value = self.value(field, comment, project, depth);
            if !value.is_empty() {
                encode_key(field.number() as u32, WireType::LengthDelimited, &mut bytes);
                encode_varint(value.len() as u64, &mut bytes);
                bytes.extend(value);
            }
        }
        bytes
    }

    fn value(&self, field: &FieldDescriptorProto, comment: &str, project: &str, depth: Depth) -> Vec<u8> {
        let inner = field.type_name().trim_start_matches('.');
        match (field.r#type(), depth) {
            (Type::String, _) => name_of(comment, project).unwrap_or_default().into_bytes(),
            (Type::Message, Depth::Request) if self.messages.contains_key(inner) => {
                self.message(inner, project, Depth::Within)
            }
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Copy)]
enum Depth {
    Request,
    Within,
}

/// The name that the first pattern of a comment stands for.
fn name_of(comment: &str, project: &str) -> Option<String> {
    let start = comment.find("`projects/{project}")? + 1;
    let pattern = &comment[start..][..comment[start..].find('`')?];
    let parts = pattern.split('/').map(|part| match part {
        "{project}" => project,
        "{job}" | "{evaluation}" | "{comparison}" | "{backtest}" => JOB,
        "{api_key}" => KEY,
        "{version}" => "1",
        "{file}" => "model.mlts",
        "{model}@{alias}" => "x@x",
        part if part.starts_with('{') => "x",
        part => part,
    });
    Some(parts.collect::<Vec<_>>().join("/"))
}

#[test]
fn names_are_read_from_comments() {
    let comment = "REQUIRED. `projects/{project}/jobs/{job}/artifacts/{file}`, one of them.";
    assert_eq!(
        name_of(comment, "p").unwrap(),
        format!("projects/p/jobs/{JOB}/artifacts/model.mlts")
    );
    assert_eq!(name_of("Default: 5.", "p"), None);
}
