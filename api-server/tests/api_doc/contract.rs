//! The descriptor set with its comments.

use api_server::access::{METHODS, Method};
use prost_reflect::{
    DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

const PACKAGES: [&str; 2] = ["mltraining.v1", "inference"];

pub(crate) fn pool() -> DescriptorPool {
    DescriptorPool::decode(mltraining_proto::FILE_DESCRIPTOR_SET).unwrap()
}

/// What stands above an item, one text for each paragraph.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32]) -> Vec<String> {
    let info = file.file_descriptor_proto().source_code_info.as_ref().unwrap();
    let at = info.location.iter().find(|location| location.path == path);
    let text = at.map_or("", |location| location.leading_comments());
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let paragraphs = lines
        .split(|line| line.is_empty())
        .map(|lines| escaped(&lines.join(" ")));
    paragraphs.filter(|text| !text.is_empty()).collect()
}

/// Text as Markdown: what stands outside of code means nothing to it.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        if place % 2 == 1 {
            return part.to_owned();
        }
        part.replace('<', "&lt;")
            .replace('*', "\\*")
            .replace('|', "\\|")
            .replace('[', "\\[")
    });
    parts.collect::<Vec<_>>().join("`")
}

fn is_ours(package: &str) -> bool {
    PACKAGES.contains(&package)
}

/// The services of the house, in order of their names; the Open Inference Protocol last.
pub(crate) fn services(pool: &DescriptorPool) -> Vec<ServiceDescriptor> {
    let mut services: Vec<_> = pool
        .services()
        .filter(|service| is_ours(service.package_name()))
        .collect();
    services.sort_by_key(|service| (service.package_name() != PACKAGES[0], service.name().to_owned()));
    services
}

/// The messages of the house, in order of their names, without the entries of maps.
pub(crate) fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    let all = pool.all_messages();
    let mut messages: Vec<_> = all
        .filter(|message| is_ours(message.package_name()) && !message.is_map_entry())
        .collect();
    messages.sort_by_key(|message| short(message.full_name()).to_owned());
    messages
}

/// The enums of the house, in order of their names, without the reasons of errors, which have a chapter of their own.
pub(crate) fn enums(pool: &DescriptorPool) -> Vec<EnumDescriptor> {
    let all = pool.all_enums();
    let mut enums: Vec<_> = all
        .filter(|found| is_ours(found.package_name()) && found.name() != "ErrorReason")
        .collect();
    enums.sort_by_key(|found| found.name().to_owned());
    enums
}

/// A full name without its package.
pub(crate) fn short(full_name: &str) -> &str {
    let package = PACKAGES
        .iter()
        .find_map(|package| full_name.strip_prefix(package)?.strip_prefix('.'));
    package.unwrap_or(full_name)
}

/// The row of a method in the table of access.
pub(crate) fn row(method: &MethodDescriptor) -> &'static Method {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    METHODS.iter().find(|row| row.path == path).unwrap()
}
