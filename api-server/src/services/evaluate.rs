//! EvaluateModel: makes a job that judges a model version on a period.

use super::call::Call;
use super::scored_version;
use super::training::{TrainingApi, Wish};
use crate::convert::{evaluate_request, name};
use crate::error::ApiError;
use mltraining_domain::name::VersionRef;
use mltraining_domain::{EvaluateSpec, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::NewSpec;
use tonic::Request;

impl TrainingApi {
    pub(super) async fn evaluate(
        &self,
        request: Request<v1::EvaluateModelRequest>,
    ) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("model_version", &request.model_version, VersionRef::parse)?;
        let call = Call::begin(self.context(), &extensions, name.model().project)?;
        let mut found = Violations::new();
        let request = evaluate_request::read(request, &mut found);
        found.into_result(())?;
        let name = call.version(name).await?;
        let version = scored_version::find(&call, &name).await?;
        let warning = scored_version::look_at_place(&name, &version, &request.rows.range)?;
        let spec = EvaluateSpec {
            range: request.rows.range,
            known_before: request.rows.known_before,
            max_rows: request.rows.max_rows.unwrap_or(version.train.max_rows),
            version,
        };
        let spec = spec.check()?;
        let resolved = scored_version::resolve(&call, spec.reading()).await?;
        let wish = Wish {
            spec: NewSpec::Evaluate(&spec),
            options: &request.options,
            warnings: warning.into_iter().collect(),
        };
        self.submit(&call, &wish, &resolved).await
    }
}
