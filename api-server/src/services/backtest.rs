//! BacktestModel: makes a job that walks forward through time.

use super::call::Call;
use super::training::{TrainingApi, Wish};
use super::{resolved, scored_version};
use crate::convert::backtest_request::{self, Subject};
use crate::convert::{features, name};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_proto::v1;
use mltraining_store::jobs::NewSpec;
use tonic::Request;

impl TrainingApi {
    pub(super) async fn backtest(
        &self,
        request: Request<v1::BacktestModelRequest>,
    ) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let request = backtest_request::read(request, &call.project, &mut found);
        let (spec, resolved) = match request.subject {
            Subject::Spec(train, asked) => {
                let spec = request.walk.with(*train, None);
                found.extend(spec.violations_of_walk());
                let resolved = resolved::resolve(&call, spec.train.clone(), &asked, found).await?;
                (spec.check()?, resolved)
            }
            Subject::Version(name) => {
                if !found.is_empty() {
                    return Err(features::refuse(found, &v1::FeatureSpec::default()));
                }
                let name = call.version(name).await?;
                let version = scored_version::find_of_classes(&call, &name).await?;
                let spec = request.walk.with(version.train, Some(version.version)).check()?;
                let resolved = scored_version::resolve(&call, spec.train.clone()).await?;
                (spec, resolved)
            }
        };
        let wish = Wish {
            spec: NewSpec::Backtest(&spec),
            options: &request.options,
            warnings: Vec::new(),
        };
        self.submit(&call, &wish, &resolved).await
    }
}
