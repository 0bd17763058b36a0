//! Models as clients see them.

use super::etag;
use super::evaluation::show_metrics;
use super::time::show_instant;
use mltraining_domain::name::{ModelName, VersionName};
use mltraining_proto::v1;
use mltraining_store::models::Model;

/// The kind of resource in a model's etag.
pub(crate) const ETAG: &str = "model";

/// The model as its row says.
pub(crate) fn show(model: &Model) -> v1::Model {
    v1::Model {
        name: name(model).to_string(),
        uid: model.uid.to_string(),
        display_name: model.display_name.clone(),
        description: model.description.clone(),
        labels: model.labels.clone(),
        create_time: Some(show_instant(model.created_at)),
        update_time: Some(show_instant(model.updated_at)),
        delete_time: model.deleted_at.map(show_instant),
        expire_time: model.expire_at.map(show_instant),
        etag: etag::show(ETAG, model.revision),
        latest_version: latest_version(model),
        version_count: model.version_count,
        latest_metrics: model.latest_metrics.as_ref().map(show_metrics),
        aliases: model
            .aliases
            .iter()
            .map(|(id, version)| (id.to_string(), *version))
            .collect(),
    }
}

/// The model's name.
pub(crate) fn name(model: &Model) -> ModelName {
    ModelName {
        project: model.project.clone(),
        model: model.id.clone(),
    }
}

fn latest_version(model: &Model) -> String {
    if model.latest_version == 0 {
        return String::new();
    }
    let name = VersionName {
        project: model.project.clone(),
        model: model.id.clone(),
        version: model.latest_version,
    };
    name.to_string()
}
