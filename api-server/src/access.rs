//! Who may call what: one table for every method of the server. A method without a row fails the tests, and cannot be
//! called.

use mltraining_domain::Role;

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a key.
    Open,
    /// Callers with this role, or a larger one.
    Role(Role),
}

/// How long a method runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One answer, soon.
    Unary,
    /// One answer, when something has happened.
    LongPoll,
    /// Many answers.
    Stream,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// `/package.Service/Method`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How long it runs.
    pub shape: Shape,
}

const VIEWER: Access = Access::Role(Role::Viewer);
const TRAINER: Access = Access::Role(Role::Trainer);
const ADMIN: Access = Access::Role(Role::Admin);
use Access::Open;
use Shape::{LongPoll, Stream, Unary};

/// Every method of the server.
#[rustfmt::skip]
pub const METHODS: &[Method] = &[
    row("/mltraining.v1.ArtifactService/ListArtifacts",      VIEWER,  Unary),
    row("/mltraining.v1.ArtifactService/DownloadArtifact",   VIEWER,  Stream),
    row("/mltraining.v1.CatalogService/CreateSource",        ADMIN,   Unary),
    row("/mltraining.v1.CatalogService/GetSource",           VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListSources",         VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/GetSourceCoverage",   VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListFeatures",        VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListAlgorithms",      VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListPhases",          VIEWER,  Unary),
    row("/mltraining.v1.DatasetService/PreviewLabels",       VIEWER,  Unary),
    row("/mltraining.v1.JobService/GetJob",                  VIEWER,  Unary),
    row("/mltraining.v1.JobService/BatchGetJobs",            VIEWER,  Unary),
    row("/mltraining.v1.JobService/ListJobs",                VIEWER,  Unary),
    row("/mltraining.v1.JobService/WatchJob",                VIEWER,  Stream),
    row("/mltraining.v1.JobService/WaitJob",                 VIEWER,  LongPoll),
    row("/mltraining.v1.JobService/CancelJob",               TRAINER, Unary),
    row("/mltraining.v1.ModelService/GetModel",              VIEWER,  Unary),
    row("/mltraining.v1.ModelService/BatchGetModels",        VIEWER,  Unary),
    row("/mltraining.v1.ModelService/ListModels",            VIEWER,  Unary),
    row("/mltraining.v1.ModelService/UpdateModel",           TRAINER, Unary),
    row("/mltraining.v1.ModelService/DeleteModel",           ADMIN,   Unary),
    row("/mltraining.v1.ModelService/UndeleteModel",         ADMIN,   Unary),
    row("/mltraining.v1.ModelService/GetModelVersion",       VIEWER,  Unary),
    row("/mltraining.v1.ModelService/ListModelVersions",     VIEWER,  Unary),
    row("/mltraining.v1.TrainingService/TrainModel",         TRAINER, Unary),
    row("/grpc.health.v1.Health/Check",                      Open,    Unary),
    row("/grpc.health.v1.Health/Watch",                      Open,    Stream),
    row("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",      Open, Stream),
    row("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Open, Stream),
];

const fn row(path: &'static str, access: Access, shape: Shape) -> Method {
    Method { path, access, shape }
}

/// The row of a request's path; `None` for a method that this server does not have.
pub fn find(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

impl Method {
    /// `Method` of `/package.Service/Method`.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// `package.Service` of `/package.Service/Method`.
    pub fn service(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or(self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::reflection::DESCRIPTOR_SETS;
    use prost::Message;
    use prost_types::{FileDescriptorProto, FileDescriptorSet};
    use std::collections::{BTreeMap, BTreeSet};

    fn files() -> Vec<FileDescriptorProto> {
        let decode = |set: &[u8]| FileDescriptorSet::decode(set).unwrap().file;
        DESCRIPTOR_SETS.into_iter().flat_map(decode).collect()
    }

    /// Every method of the descriptor sets, and whether it answers with a stream.
    fn described() -> BTreeMap<String, bool> {
        let mut methods = BTreeMap::new();
        for file in files() {
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    methods.insert(path, method.server_streaming());
                }
            }
        }
        methods
    }

    #[test]
    fn every_method_of_the_contract_has_one_row_and_every_row_a_method() {
        let described = described();
        let rows: Vec<String> = METHODS.iter().map(|method| method.path.to_owned()).collect();
        assert_eq!(
            rows.iter().collect::<BTreeSet<_>>().len(),
            rows.len(),
            "a method has two rows"
        );
        let rows: BTreeSet<String> = rows.into_iter().collect();
        let methods: BTreeSet<String> = described.into_keys().collect();
        assert_eq!(rows, methods);
    }

    #[test]
    fn a_row_says_rightly_whether_its_method_is_a_stream() {
        for (path, streams) in described() {
            assert_eq!(find(&path).unwrap().shape == Stream, streams, "{path}");
        }
    }

    #[test]
    fn the_manual_names_the_role_of_the_table() {
        let mut compared = 0;
        for file in files().iter().filter(|file| file.package() == "mltraining.v1") {
            for location in &file.source_code_info.as_ref().unwrap().location {
                // Field 6 of a file is its services, field 2 of a service its methods.
                let [6, service, 2, method] = location.path[..] else {
                    continue;
                };
                let service = &file.service[service as usize];
                let path = format!(
                    "/mltraining.v1.{}/{}",
                    service.name(),
                    service.method[method as usize].name()
                );
                let Access::Role(role) = find(&path).unwrap().access else {
                    panic!("{path} is open")
                };
                let said = format!("Role: {role}.");
                // Comments are wrapped anywhere.
                let words: Vec<&str> = location.leading_comments().split_whitespace().collect();
                assert!(
                    words.join(" ").contains(&said),
                    "the comment of {path} lacks `{said}`"
                );
                compared += 1;
            }
        }
        assert_eq!(
            compared,
            METHODS.iter().filter(|method| method.access != Open).count()
        );
    }
}
