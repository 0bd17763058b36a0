//! Files that jobs left behind.

use super::time::show_instant;
use mltraining_artifacts::Sha256;
use mltraining_domain::ProjectId;
use mltraining_domain::name::ArtifactName;
use mltraining_proto::v1;
use mltraining_store::artifacts::Artifact;

/// The file as its row says.
pub(crate) fn show(artifact: &Artifact, project: &ProjectId) -> v1::Artifact {
    let name = ArtifactName {
        project: project.clone(),
        job: artifact.job,
        file: artifact.file_name.clone(),
    };
    v1::Artifact {
        name: name.to_string(),
        media_type: artifact.media_type.clone(),
        size_bytes: artifact.size_bytes,
        sha256: Sha256(artifact.sha256).to_string(),
        create_time: Some(show_instant(artifact.committed_at)),
    }
}
