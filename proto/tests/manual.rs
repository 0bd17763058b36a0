//! The descriptor set is the manual that `grpcurl describe` prints: these tests hold it complete.
#![allow(clippy::unwrap_used, missing_docs)]

use mltraining_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MessageOptions,
};
use std::collections::{BTreeMap, BTreeSet};

const PACKAGE: &str = "mltraining.v1";

/// Numbers of the fields of descriptor.proto that a source path is made of.
mod path {
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_ENUM: i32 = 5;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_NESTED: i32 = 3;
    pub(super) const MESSAGE_ENUM: i32 = 4;
    pub(super) const MESSAGE_ONEOF: i32 = 8;
    pub(super) const ENUM_VALUE: i32 = 2;
    pub(super) const SERVICE_METHOD: i32 = 2;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Message,
    Field,
    OneofMember,
    Oneof,
    Enum,
    EnumValue,
    Service,
    Method,
}

struct Item {
    kind: Kind,
    /// `mltraining.v1.Job.name`
    name: String,
    comment: String,
}

/// Every item of the package with its comment, which is empty when it has none.
fn manual() -> Vec<Item> {
    let mut items = Vec::new();
    for file in files().iter().filter(|file| file.package() == PACKAGE) {
        let mut page = Page::new(file);
        for (i, message) in (0..).zip(&file.message_type) {
            page.message(message, &[path::FILE_MESSAGE, i], PACKAGE);
        }
        for (i, descriptor) in (0..).zip(&file.enum_type) {
            page.enumeration(descriptor, &[path::FILE_ENUM, i], PACKAGE);
        }
        for (i, service) in (0..).zip(&file.service) {
            let (at, name) = ([path::FILE_SERVICE, i], format!("{PACKAGE}.{}", service.name()));
            page.add(Kind::Service, name.clone(), &at);
            for (j, method) in (0..).zip(&service.method) {
                let name = format!("{name}.{}", method.name());
                page.add(Kind::Method, name, &join(&at, &[path::SERVICE_METHOD, j]));
            }
        }
        items.append(&mut page.items);
    }
    assert!(
        items.len() > 300,
        "only {} items: the walk is broken",
        items.len()
    );
    items
}

fn files() -> Vec<FileDescriptorProto> {
    FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file
}

fn join(parent: &[i32], rest: &[i32]) -> Vec<i32> {
    [parent, rest].concat()
}

struct Page<'a> {
    comments: BTreeMap<&'a [i32], &'a str>,
    items: Vec<Item>,
}

impl<'a> Page<'a> {
    fn new(file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations
            .map(|l| (l.path.as_slice(), l.leading_comments()))
            .collect();
        Self {
            comments,
            items: Vec::new(),
        }
    }

    fn add(&mut self, kind: Kind, name: String, at: &[i32]) {
        let comment = self.comments.get(at).copied().unwrap_or_default();
        let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        self.items.push(Item { kind, name, comment });
    }

    fn message(&mut self, message: &DescriptorProto, at: &[i32], parent: &str) {
        if message.options.as_ref().is_some_and(MessageOptions::map_entry) {
            return;
        }
        let name = format!("{parent}.{}", message.name());
        self.add(Kind::Message, name.clone(), at);
        for (i, field) in (0..).zip(&message.field) {
            let kind = if in_oneof(field) {
                Kind::OneofMember
            } else {
                Kind::Field
            };
            self.add(
                kind,
                format!("{name}.{}", field.name()),
                &join(at, &[path::MESSAGE_FIELD, i]),
            );
        }
        for (i, oneof) in (0..).zip(&message.oneof_decl) {
            let synthetic = message
                .field
                .iter()
                .any(|f| f.proto3_optional() && f.oneof_index == Some(i));
            if !synthetic {
                self.add(
                    Kind::Oneof,
                    format!("{name}.{}", oneof.name()),
                    &join(at, &[path::MESSAGE_ONEOF, i]),
                );
            }
        }
        for (i, nested) in (0..).zip(&message.nested_type) {
            self.message(nested, &join(at, &[path::MESSAGE_NESTED, i]), &name);
        }
        for (i, descriptor) in (0..).zip(&message.enum_type) {
            self.enumeration(descriptor, &join(at, &[path::MESSAGE_ENUM, i]), &name);
        }
    }

    fn enumeration(&mut self, descriptor: &EnumDescriptorProto, at: &[i32], parent: &str) {
        let name = format!("{parent}.{}", descriptor.name());
        self.add(Kind::Enum, name.clone(), at);
        for (i, value) in (0..).zip(&descriptor.value) {
            let name = format!("{name}.{}", value.name());
            self.add(Kind::EnumValue, name, &join(at, &[path::ENUM_VALUE, i]));
        }
    }
}

fn in_oneof(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional()
}

/// Names of the items of these kinds that break the rule.
fn breaking(kinds: &[Kind], rule: impl Fn(&Item) -> bool) -> Vec<String> {
    let items = manual().into_iter().filter(|item| kinds.contains(&item.kind));
    items.filter(|item| !rule(item)).map(|item| item.name).collect()
}

#[test]
fn everything_in_the_contract_has_a_comment() {
    let bare: Vec<_> = manual()
        .into_iter()
        .filter(|item| item.comment.is_empty())
        .map(|i| i.name)
        .collect();
    assert!(bare.is_empty(), "without a comment: {bare:#?}");
}

#[test]
fn every_field_says_who_sets_it_or_what_its_default_is() {
    let silent = breaking(&[Kind::Field], |item| {
        let text = &item.comment;
        text.starts_with("OUTPUT_ONLY. ") || text.starts_with("REQUIRED. ") || text.contains("Default")
    });
    assert!(
        silent.is_empty(),
        "neither OUTPUT_ONLY. nor REQUIRED. nor a default: {silent:#?}"
    );
}

#[test]
fn every_method_names_the_role_it_needs() {
    let roles = [
        "Role: viewer.",
        "Role: trainer.",
        "Role: admin.",
        "Role: viewer of the project `default`.",
        "Role: admin of the project `default`.",
    ];
    let silent = breaking(&[Kind::Method], |item| {
        roles.iter().any(|role| item.comment.ends_with(role))
    });
    assert!(silent.is_empty(), "without a role: {silent:#?}");
}

#[test]
fn every_error_reason_has_an_example() {
    let silent = breaking(&[Kind::EnumValue], |item| {
        !item.name.contains(".ErrorReason.")
            || item.name.ends_with("_UNSPECIFIED")
            || item.comment.contains(" Example: `")
    });
    assert!(silent.is_empty(), "without an example: {silent:#?}");
}

/// A comment that promises an error or names a value that does not exist is worse than none.
#[test]
fn every_word_in_capitals_is_a_value_of_the_contract_or_a_grpc_code() {
    let grpc = [
        "INVALID_ARGUMENT",
        "FAILED_PRECONDITION",
        "RESOURCE_EXHAUSTED",
        "OUT_OF_RANGE",
        "DATA_LOSS",
        "OUTPUT_ONLY",
    ];
    let mut known: BTreeSet<String> = grpc.into_iter().map(str::to_owned).collect();
    let items = manual();
    for item in items.iter().filter(|item| item.kind == Kind::EnumValue) {
        let value = item.name.rsplit('.').next().unwrap();
        known.insert(value.to_owned());
        if let Some(reason) = value.strip_prefix("ERROR_REASON_") {
            known.insert(reason.to_owned());
        }
    }
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    for item in &items {
        for token in item.comment.split(word) {
            let shouted = token.trim_matches('_').contains('_')
                && token.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            assert!(
                !shouted || known.contains(token),
                "{}: no such value: {token}",
                item.name
            );
        }
    }
}

#[test]
fn the_descriptor_set_holds_every_service_with_its_methods() {
    let mut services = BTreeMap::new();
    for file in files().iter().filter(|file| file.package() == PACKAGE) {
        for service in &file.service {
            let methods: Vec<_> = service
                .method
                .iter()
                .map(|method| method.name().to_owned())
                .collect();
            services.insert(service.name().to_owned(), methods.join(" "));
        }
    }
    let expected = [
        (
            "AdminService",
            "GetServerInfo ListWorkers DrainWorker PauseQueue ResumeQueue GetQuota UpdateQuota ListAuditEvents",
        ),
        (
            "ApiKeyService",
            "CreateApiKey ListApiKeys RotateApiKey RevokeApiKey",
        ),
        ("ArtifactService", "ListArtifacts DownloadArtifact"),
        (
            "CatalogService",
            "CreateSource GetSource ListSources GetSourceCoverage ListFeatures ListAlgorithms ListPhases",
        ),
        ("DatasetService", "PreviewLabels PreviewDataset CheckLeakage"),
        (
            "EvaluationService",
            "GetEvaluation ListEvaluations BatchGetEvaluations DeleteEvaluation GetEvaluationCurve ListEvaluationSlices \
             GetComparison ListComparisons GetBacktest ListBacktests",
        ),
        (
            "JobService",
            "GetJob BatchGetJobs ListJobs CountJobs GetQueueStats WatchJob WatchJobs ListJobLogs TailJobLogs WaitJob \
             CancelJob BatchCancelJobs RetryJob UpdateJob",
        ),
        (
            "ModelService",
            "GetModel BatchGetModels ListModels UpdateModel DeleteModel UndeleteModel GetModelVersion \
             ListModelVersions SetModelAlias DeleteModelAlias PromoteModelVersion ListPromotions ListLeaderboard \
             GetLineage GetFeatureImportance",
        ),
        ("PredictionService", "Predict"),
        (
            "TrainingService",
            "TrainModel ReproduceJob EvaluateModel CompareModels BacktestModel BatchPredict TuneModel PreviewStudy \
             ListStudies",
        ),
    ];
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(s, m)| (s.to_owned(), m.to_owned()))
        .collect();
    assert_eq!(services, expected);
}

#[test]
fn the_descriptor_set_holds_every_file_that_it_imports() {
    let files = files();
    let names: BTreeSet<_> = files.iter().map(FileDescriptorProto::name).collect();
    for file in &files {
        for import in &file.dependency {
            assert!(
                names.contains(import.as_str()),
                "{} imports {import}, which is missing",
                file.name()
            );
        }
    }
}
