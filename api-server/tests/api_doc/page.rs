//! The page.

use crate::anchor;
use crate::contract::{comment, enums, messages, pool, row, services, short};
use crate::reasons::{introduction, reasons};
use api_server::access::{Access, Effect, Port, Served, Shape};
use prost_reflect::{
    EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "\
# API reference

Every service, method, message, enum and error of the service. This page is made of the comments in `proto/` and of the table of methods in
`api-server/src/access.rs`, and a test fails when they differ: change those, then run `UPDATE_DOCS=1 ./dev test -p api-server --test api_doc`.

- Calls by hand, for every service: [GRPCURL.md](GRPCURL.md). From Python: [PYTHON.md](PYTHON.md). What to do about an error: [TROUBLESHOOTING.md](TROUBLESHOOTING.md).
- A caller sends `authorization: Bearer mlts_...`. Each method names the least role that it needs: viewer, trainer or admin, in the project that the request
  names. Keys of the project `default` with that role may run the service as a whole.
- The *public* port serves everything but AdminService, the *admin* port (`admin.listen`) only that. Both serve `grpc.health.v1.Health` and `grpc.reflection`
  (v1 and v1alpha), without a key.
- A field is *output only*, *required*, or has a default. An `optional` field tells unset from 0. Times are UTC, changes and shares are ratios.
- Methods that *change* something leave an audit row with every change.
";

/// The whole page.
pub(crate) fn page() -> String {
    let pool = pool();
    let mut page = HEAD.to_owned();
    let services = services(&pool);
    contents(&mut page, &services);
    // What one method alone takes or gives stands with it.
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for method in services.iter().flat_map(ServiceDescriptor::methods) {
        for message in [method.input(), method.output()] {
            *uses.entry(message.full_name().to_owned()).or_default() += 1;
        }
    }
    let stands_there = |message: &MessageDescriptor| {
        let name = message.full_name();
        uses.get(name) == Some(&1) && (name.ends_with("Request") || name.ends_with("Response"))
    };
    line(&mut page, "\n## Services");
    for found in &services {
        service(&mut page, found, &stands_there);
    }
    line(
        &mut page,
        "\n## Messages\n\nWhat methods take and give beside their own requests and answers.",
    );
    for found in messages(&pool).iter().filter(|found| !stands_there(found)) {
        write!(page, "\n### {}\n\n", short(found.full_name())).unwrap();
        paragraphs(&mut page, &comment(&found.parent_file(), found.path()));
        fields(&mut page, found);
    }
    line(&mut page, "\n## Enums");
    enums(&pool)
        .iter()
        .for_each(|found| enumeration(&mut page, found));
    errors(&mut page);
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", anchor(name))
}

fn contents(page: &mut String, services: &[ServiceDescriptor]) {
    line(page, "\n## Contents\n\n| Service | Methods |\n|---|---|");
    for service in services {
        let methods: Vec<_> = service.methods().map(|method| link(method.name())).collect();
        writeln!(page, "| {} | {} |", link(service.name()), methods.join(", ")).unwrap();
    }
    line(
        page,
        "\nThen [Messages](#messages), [Enums](#enums) and [Errors](#errors), each in the order of the alphabet or of its numbers.",
    );
}

fn paragraphs(page: &mut String, texts: &[String]) {
    line(page, &texts.join("\n\n"));
}

fn service(
    page: &mut String,
    service: &ServiceDescriptor,
    stands_there: &impl Fn(&MessageDescriptor) -> bool,
) {
    write!(page, "\n### {}\n\n`{}`. ", service.name(), service.full_name()).unwrap();
    paragraphs(page, &comment(&service.parent_file(), service.path()));
    line(
        page,
        "\n| Method | Role | Answers with | Effect |\n|---|---|---|---|",
    );
    for method in service.methods() {
        let row = row(&method);
        let effect = match row.effect {
            Effect::Reads => "reads",
            Effect::Changes => "changes",
        };
        let answer = match row.shape {
            Shape::Unary => "one message",
            Shape::LongPoll => "one message, when something has happened",
            Shape::Stream => "a stream",
        };
        writeln!(
            page,
            "| {} | {} | {answer} | {effect} |",
            link(method.name()),
            row.access
        )
        .unwrap();
    }
    for found in service.methods() {
        method(page, &found, stands_there);
    }
}

fn method(page: &mut String, method: &MethodDescriptor, stands_there: &impl Fn(&MessageDescriptor) -> bool) {
    let row = row(method);
    write!(page, "\n#### {}\n\n", method.name()).unwrap();
    paragraphs(
        page,
        &comment(&method.parent_service().parent_file(), method.path()),
    );
    let shape = match row.shape {
        Shape::Unary => "unary",
        Shape::LongPoll => "unary, a long poll",
        Shape::Stream => "server streaming",
    };
    let port = match row.served {
        Served::On(Port::Public) => "public port",
        Served::On(Port::Admin) => "admin port",
        Served::Everywhere => "every port",
    };
    let key = match row.access {
        Access::Open => "no key".to_owned(),
        access => format!("role {access}"),
    };
    writeln!(page, "\n`{}`: {shape}, {port}, {key}.", row.path).unwrap();
    part(page, "Request", "", &method.input(), stands_there);
    let stream = if method.is_server_streaming() {
        "a stream of "
    } else {
        ""
    };
    part(page, "Answer", stream, &method.output(), stands_there);
}

fn part(
    page: &mut String,
    what: &str,
    stream: &str,
    message: &MessageDescriptor,
    stands_there: &impl Fn(&MessageDescriptor) -> bool,
) {
    let name = short(message.full_name());
    if !stands_there(message) {
        writeln!(page, "\n{what}: {stream}{}.", link(name)).unwrap();
        return;
    }
    let empty = if message.fields().len() == 0 {
        ", which is empty."
    } else {
        ":"
    };
    writeln!(page, "\n{what}: {stream}`{name}`{empty}").unwrap();
    fields(page, message);
}

fn fields(page: &mut String, message: &MessageDescriptor) {
    if message.fields().len() == 0 {
        return;
    }
    page.push('\n');
    let file = message.parent_file();
    let plain = |field: &FieldDescriptor| {
        field
            .containing_oneof()
            .filter(|oneof| !oneof.is_synthetic())
            .is_none()
    };
    for field in message.fields().filter(plain) {
        item(page, "", &field);
    }
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let said = comment(&file, oneof.path()).join(" ");
        writeln!(page, "- one of `{}`: {said}", oneof.name()).unwrap();
        for field in oneof.fields() {
            item(page, "  ", &field);
        }
    }
}

fn item(page: &mut String, indent: &str, field: &FieldDescriptor) {
    let message = field.parent_message();
    let said = comment(&message.parent_file(), field.path()).join(" ");
    writeln!(page, "{indent}- `{}` ({}): {said}", field.name(), kind(field)).unwrap();
}

fn kind(field: &FieldDescriptor) -> String {
    if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("map of {} to {}", one(&key.kind()), one(&value.kind()));
    }
    let kind = one(&field.kind());
    if field.is_list() {
        return format!("repeated {kind}");
    }
    let tells_unset = field.field_descriptor_proto().proto3_optional();
    if tells_unset {
        format!("optional {kind}")
    } else {
        kind
    }
}

/// A type, linked where this page tells of it.
fn one(kind: &Kind) -> String {
    let told = |full_name: &str| match short(full_name) {
        "ErrorReason" => "[ErrorReason](#errors)".to_owned(),
        name if name == full_name => name.rsplit('.').next().unwrap().to_owned(),
        name => link(name),
    };
    match kind {
        Kind::Message(message) => told(message.full_name()),
        Kind::Enum(found) => told(found.full_name()),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn enumeration(page: &mut String, found: &EnumDescriptor) {
    let file = found.parent_file();
    write!(page, "\n### {}\n\n", short(found.full_name())).unwrap();
    paragraphs(page, &comment(&file, found.path()));
    line(page, "\n| Value | Number | Meaning |\n|---|---|---|");
    for value in found.values() {
        let said = comment(&file, value.path()).join(" ");
        writeln!(page, "| `{}` | {} | {said} |", value.name(), value.number()).unwrap();
    }
}

fn errors(page: &mut String) {
    line(page, "\n## Errors\n");
    paragraphs(page, &introduction());
    line(page, "\n| Reason | Code of the call |\n|---|---|");
    for reason in reasons() {
        let code = reason.code.as_deref().unwrap_or("none, it ends jobs");
        writeln!(page, "| {} | {code} |", link(&reason.name)).unwrap();
    }
    for reason in reasons() {
        write!(page, "\n### {}\n\n{}\n\n```\n", reason.name, reason.text).unwrap();
        match &reason.code {
            Some(code) => writeln!(page, "code:     {code}").unwrap(),
            None => line(page, "in:       Job.error"),
        }
        writeln!(page, "message:  {}\nreason:   {}", reason.message, reason.name).unwrap();
        for pair in &reason.metadata {
            writeln!(page, "metadata: {pair}").unwrap();
        }
        line(page, "```");
    }
}
