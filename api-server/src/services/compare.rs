//! CompareModels: makes a job that compares model versions on the very same rows.

use super::call::Call;
use super::scored_version;
use super::training::{TrainingApi, Wish};
use crate::convert::{compare_request, name};
use crate::error::ApiError;
use mltraining_domain::name::{VersionName, VersionRef};
use mltraining_domain::{CompareSpec, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::NewSpec;
use tonic::Request;

impl TrainingApi {
    pub(super) async fn compare(
        &self,
        request: Request<v1::CompareModelsRequest>,
    ) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let request = compare_request::read(request, &call.project, &mut found);
        found.into_result(())?;
        let names = numbered(&call, request.versions).await?;
        let mut versions = Vec::with_capacity(names.len());
        let mut warnings = Vec::new();
        for name in &names {
            let version = scored_version::find(&call, name).await?;
            versions.push(version);
        }
        let most = versions.iter().map(|version| version.train.max_rows).max();
        let spec = CompareSpec {
            versions,
            range: request.rows.range,
            known_before: request.rows.known_before,
            max_rows: request.rows.max_rows.or(most).unwrap_or_default(),
            seed: request.seed,
        };
        if let Some(different) = spec.not_comparable() {
            let (first, second) = (&names[different.first], &names[different.second]);
            return Err(ApiError::new(Reason::ModelsNotComparable, spec.told(&different))
                .with("first", first)
                .with("second", second)
                .with("difference", different.difference));
        }
        for (name, version) in names.iter().zip(&spec.versions) {
            warnings.extend(scored_version::look_at_place(name, version, &spec.range)?);
        }
        let spec = spec.check()?;
        let mut resolved = scored_version::resolve(&call, spec.reading(&spec.versions[0])).await?;
        for version in &spec.versions[1..] {
            let other = scored_version::resolve(&call, spec.reading(version)).await?;
            // The job reads one after another: it takes as much as the one with the most features.
            if other.plan.features.len() > resolved.plan.features.len() {
                resolved = other;
            }
        }
        let wish = Wish {
            spec: NewSpec::Compare(&spec),
            options: &request.options,
            warnings,
        };
        self.submit(&call, &wish, &resolved).await
    }
}

/// The versions that names mean, each of which may come once, by whatever name.
///
/// # Errors
/// NOT_FOUND; INVALID_FIELD for a version that an earlier name means as well.
async fn numbered(call: &Call, versions: Vec<VersionRef>) -> Result<Vec<VersionName>, ApiError> {
    let mut names: Vec<VersionName> = Vec::with_capacity(versions.len());
    let mut found = Violations::new();
    for (place, version) in versions.into_iter().enumerate() {
        let named = version.to_string();
        let name = call.version(version).await?;
        if names.contains(&name) {
            found.invalid(
                format!("model_versions[{place}]"),
                format!("`{named}` is `{name}`, which is named before"),
            );
        }
        names.push(name);
    }
    Ok(found.into_result(names)?)
}
