//! Who may call what, and where: one table for every method of the server. A method without a row fails the tests, and
//! cannot be called.

use crate::caller::Caller;
use mltraining_domain::Role;
use std::collections::BTreeSet;
use std::fmt;

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, without a key.
    Open,
    /// Callers with this role, or a larger one, in the project that the request names.
    Role(Role),
    /// Callers with this role, or a larger one, in the project `default`, which stands for the service as a whole.
    ServiceRole(Role),
}

/// A port of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// For everyone who uses the service.
    Public,
    /// For those who run it.
    Admin,
}

/// Where a method is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// On this port alone.
    On(Port),
    /// On every port.
    Everywhere,
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

/// What a method does to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It looks.
    Reads,
    /// It changes something, and leaves an audit row with every change.
    Changes,
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
    /// Where it is served.
    pub served: Served,
    /// What it does.
    pub effect: Effect,
}

const VIEWER: Access = Access::Role(Role::Viewer);
const TRAINER: Access = Access::Role(Role::Trainer);
const ADMIN: Access = Access::Role(Role::Admin);
const SERVICE_VIEWER: Access = Access::ServiceRole(Role::Viewer);
const SERVICE_ADMIN: Access = Access::ServiceRole(Role::Admin);
use Access::Open;
use Shape::{LongPoll, Stream, Unary};

/// Every method of the server.
#[rustfmt::skip]
pub const METHODS: &[Method] = &[
    row("/mltraining.v1.ApiKeyService/CreateApiKey",         ADMIN,   Unary).changes(),
    row("/mltraining.v1.ApiKeyService/ListApiKeys",          ADMIN,   Unary),
    row("/mltraining.v1.ApiKeyService/RotateApiKey",         ADMIN,   Unary).changes(),
    row("/mltraining.v1.ApiKeyService/RevokeApiKey",         ADMIN,   Unary).changes(),
    row("/mltraining.v1.ArtifactService/ListArtifacts",      VIEWER,  Unary),
    row("/mltraining.v1.ArtifactService/DownloadArtifact",   VIEWER,  Stream),
    row("/mltraining.v1.CatalogService/CreateSource",        ADMIN,   Unary).changes(),
    row("/mltraining.v1.CatalogService/GetSource",           VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListSources",         VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/GetSourceCoverage",   VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListFeatures",        VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListAlgorithms",      VIEWER,  Unary),
    row("/mltraining.v1.CatalogService/ListPhases",          VIEWER,  Unary),
    row("/mltraining.v1.DatasetService/PreviewLabels",       VIEWER,  Unary),
    row("/mltraining.v1.DatasetService/PreviewDataset",      VIEWER,  Unary),
    row("/mltraining.v1.DatasetService/CheckLeakage",        VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/GetEvaluation",    VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/ListEvaluations",  VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/BatchGetEvaluations",  VIEWER, Unary),
    row("/mltraining.v1.EvaluationService/DeleteEvaluation",     ADMIN,  Unary).changes(),
    row("/mltraining.v1.EvaluationService/GetEvaluationCurve",   VIEWER, Unary),
    row("/mltraining.v1.EvaluationService/ListEvaluationSlices", VIEWER, Unary),
    row("/mltraining.v1.EvaluationService/GetComparison",    VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/ListComparisons",  VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/GetBacktest",      VIEWER,  Unary),
    row("/mltraining.v1.EvaluationService/ListBacktests",    VIEWER,  Unary),
    row("/mltraining.v1.JobService/GetJob",                  VIEWER,  Unary),
    row("/mltraining.v1.JobService/BatchGetJobs",            VIEWER,  Unary),
    row("/mltraining.v1.JobService/ListJobs",                VIEWER,  Unary),
    row("/mltraining.v1.JobService/CountJobs",               VIEWER,  Unary),
    row("/mltraining.v1.JobService/GetQueueStats",           VIEWER,  Unary),
    row("/mltraining.v1.JobService/WatchJob",                VIEWER,  Stream),
    row("/mltraining.v1.JobService/WatchJobs",               VIEWER,  Stream),
    row("/mltraining.v1.JobService/ListJobLogs",             VIEWER,  Unary),
    row("/mltraining.v1.JobService/TailJobLogs",             VIEWER,  Stream),
    row("/mltraining.v1.JobService/WaitJob",                 VIEWER,  LongPoll),
    row("/mltraining.v1.JobService/CancelJob",               TRAINER, Unary).changes(),
    row("/mltraining.v1.JobService/BatchCancelJobs",         TRAINER, Unary).changes(),
    row("/mltraining.v1.JobService/RetryJob",                TRAINER, Unary).changes(),
    row("/mltraining.v1.JobService/UpdateJob",               TRAINER, Unary).changes(),
    row("/mltraining.v1.ModelService/GetModel",              VIEWER,  Unary),
    row("/mltraining.v1.ModelService/BatchGetModels",        VIEWER,  Unary),
    row("/mltraining.v1.ModelService/ListModels",            VIEWER,  Unary),
    row("/mltraining.v1.ModelService/UpdateModel",           TRAINER, Unary).changes(),
    row("/mltraining.v1.ModelService/DeleteModel",           ADMIN,   Unary).changes(),
    row("/mltraining.v1.ModelService/UndeleteModel",         ADMIN,   Unary).changes(),
    row("/mltraining.v1.ModelService/GetModelVersion",       VIEWER,  Unary),
    row("/mltraining.v1.ModelService/ListModelVersions",     VIEWER,  Unary),
    row("/mltraining.v1.ModelService/SetModelAlias",         TRAINER, Unary).changes(),
    row("/mltraining.v1.ModelService/DeleteModelAlias",      TRAINER, Unary).changes(),
    row("/mltraining.v1.ModelService/PromoteModelVersion",   TRAINER, Unary).changes(),
    row("/mltraining.v1.ModelService/ListPromotions",        VIEWER,  Unary),
    row("/mltraining.v1.ModelService/ListLeaderboard",       VIEWER,  Unary),
    row("/mltraining.v1.ModelService/GetLineage",            VIEWER,  Unary),
    row("/mltraining.v1.ModelService/GetFeatureImportance",  VIEWER,  Unary),
    row("/mltraining.v1.PredictionService/Predict",          VIEWER,  Unary),
    row("/mltraining.v1.TrainingService/TrainModel",         TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/ReproduceJob",       TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/EvaluateModel",      TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/CompareModels",      TRAINER, Unary).changes(),
    row("/inference.GRPCInferenceService/ServerLive",        Open,    Unary),
    row("/inference.GRPCInferenceService/ServerReady",       Open,    Unary),
    row("/inference.GRPCInferenceService/ServerMetadata",    Open,    Unary),
    row("/inference.GRPCInferenceService/ModelReady",        VIEWER,  Unary),
    row("/inference.GRPCInferenceService/ModelMetadata",     VIEWER,  Unary),
    row("/inference.GRPCInferenceService/ModelInfer",        VIEWER,  Unary),
    row("/mltraining.v1.TrainingService/BacktestModel",      TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/BatchPredict",       TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/TuneModel",          TRAINER, Unary).changes(),
    row("/mltraining.v1.TrainingService/PreviewStudy",       VIEWER,  Unary),
    row("/mltraining.v1.TrainingService/ListStudies",        VIEWER,  Unary),
    admin("/mltraining.v1.AdminService/GetServerInfo",       SERVICE_VIEWER, Unary),
    admin("/mltraining.v1.AdminService/ListWorkers",         SERVICE_ADMIN,  Unary),
    admin("/mltraining.v1.AdminService/ListAuditEvents",     SERVICE_ADMIN,  Unary),
    admin("/mltraining.v1.AdminService/DrainWorker",         SERVICE_ADMIN,  Unary).changes(),
    admin("/mltraining.v1.AdminService/PauseQueue",          SERVICE_ADMIN,  Unary).changes(),
    admin("/mltraining.v1.AdminService/ResumeQueue",         SERVICE_ADMIN,  Unary).changes(),
    // Keys of the project `default` read the quota of every project.
    admin("/mltraining.v1.AdminService/GetQuota",            VIEWER,         Unary),
    admin("/mltraining.v1.AdminService/UpdateQuota",         SERVICE_ADMIN,  Unary).changes(),
    everywhere("/grpc.health.v1.Health/Check",               Open,    Unary),
    everywhere("/grpc.health.v1.Health/Watch",               Open,    Stream),
    everywhere("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",      Open, Stream),
    everywhere("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Open, Stream),
];

const fn row(path: &'static str, access: Access, shape: Shape) -> Method {
    served(path, access, shape, Served::On(Port::Public))
}

const fn admin(path: &'static str, access: Access, shape: Shape) -> Method {
    served(path, access, shape, Served::On(Port::Admin))
}

const fn everywhere(path: &'static str, access: Access, shape: Shape) -> Method {
    served(path, access, shape, Served::Everywhere)
}

const fn served(path: &'static str, access: Access, shape: Shape, served: Served) -> Method {
    Method {
        path,
        access,
        shape,
        served,
        effect: Effect::Reads,
    }
}

/// The row of a request's path; `None` for a method that this server does not have.
pub fn find(path: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.path == path)
}

/// The services of `mltraining.v1` that a port serves.
pub fn services(port: Port) -> BTreeSet<&'static str> {
    let served = METHODS.iter().filter(|method| method.served == Served::On(port));
    served.map(Method::service).collect()
}

impl Method {
    /// The same row, of a method that changes something.
    const fn changes(self) -> Self {
        Self {
            effect: Effect::Changes,
            ..self
        }
    }

    /// `Method` of `/package.Service/Method`.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether `port` serves it.
    pub fn is_on(&self, port: Port) -> bool {
        matches!(self.served, Served::Everywhere) || self.served == Served::On(port)
    }

    /// `package.Service` of `/package.Service/Method`.
    pub fn service(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or(self.path)
    }
}

impl Shape {
    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::LongPoll => "long_poll",
            Self::Stream => "stream",
        }
    }
}

impl Access {
    /// Whether the role of `caller` is large enough. That he sees the project of the request is looked at by the service,
    /// which reads its name.
    pub fn allows(self, caller: &Caller) -> bool {
        match self {
            Self::Open => true,
            Self::Role(role) => caller.role >= role,
            Self::ServiceRole(role) => caller.role >= role && caller.is_of_the_service(),
        }
    }
}

/// As the manual has it.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("none"),
            Self::Role(role) => write!(f, "{role}"),
            Self::ServiceRole(role) => write!(f, "{role} of the project `default`"),
        }
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

    const INFERENCE: &str = "inference.GRPCInferenceService";

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
    fn admin_service_is_alone_on_its_port_and_on_no_other() {
        assert_eq!(
            services(Port::Admin).into_iter().collect::<Vec<_>>(),
            ["mltraining.v1.AdminService"]
        );
        assert!(!services(Port::Public).contains("mltraining.v1.AdminService"));
        for method in METHODS {
            // What the Open Inference Protocol tells everyone stands beside its models, on their port.
            let open = method.access == Open && method.service() != INFERENCE;
            assert_eq!(method.is_on(Port::Public) && method.is_on(Port::Admin), open);
        }
    }

    #[test]
    fn a_role_of_the_service_is_one_in_the_project_default() {
        let caller = |project: Option<&str>, role| Caller {
            key: "ab12".to_owned(),
            project: project.map(|p| p.parse().unwrap()),
            role,
        };
        assert!(SERVICE_ADMIN.allows(&caller(Some("default"), Role::Admin)));
        assert!(SERVICE_ADMIN.allows(&Caller::local()));
        assert!(!SERVICE_ADMIN.allows(&caller(Some("default"), Role::Trainer)));
        assert!(!SERVICE_ADMIN.allows(&caller(Some("other"), Role::Admin)));
        assert!(!SERVICE_VIEWER.allows(&caller(Some("other"), Role::Admin)));
        assert!(ADMIN.allows(&caller(Some("other"), Role::Admin)));
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
        let ours = |file: &&FileDescriptorProto| ["inference", "mltraining.v1"].contains(&file.package());
        for file in files().iter().filter(ours) {
            for location in &file.source_code_info.as_ref().unwrap().location {
                // Field 6 of a file is its services, field 2 of a service its methods.
                let [6, service, 2, method] = location.path[..] else {
                    continue;
                };
                let service = &file.service[service as usize];
                let path = format!(
                    "/{}.{}/{}",
                    file.package(),
                    service.name(),
                    service.method[method as usize].name()
                );
                let access = find(&path).unwrap().access;
                assert!(access != Open || path.contains(INFERENCE), "{path}");
                let said = format!("Role: {access}.");
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
            METHODS
                .iter()
                .filter(|method| method.access != Open || method.service() == INFERENCE)
                .count()
        );
    }
}
