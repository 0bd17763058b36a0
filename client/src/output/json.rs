//! Messages of the service as JSON (proto3 JSON, with the field names of the .proto files), and back.

use crate::errors::CliError;
use anyhow::Context as _;
use mltraining_proto::{FILE_DESCRIPTOR_SET, v1};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;
use std::sync::LazyLock;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the descriptor set is compiled in"));

/// A message that can be printed: it knows its name in the contract.
pub(crate) trait Wire: Message + Default {
    /// The name within `mltraining.v1`.
    const NAME: &'static str;
}

impl Wire for v1::Algorithm {
    const NAME: &'static str = "Algorithm";
}
impl Wire for v1::ApiKey {
    const NAME: &'static str = "ApiKey";
}
impl Wire for v1::CreateApiKeyResponse {
    const NAME: &'static str = "CreateApiKeyResponse";
}
impl Wire for v1::RotateApiKeyResponse {
    const NAME: &'static str = "RotateApiKeyResponse";
}
impl Wire for v1::Artifact {
    const NAME: &'static str = "Artifact";
}
impl Wire for v1::AuditEvent {
    const NAME: &'static str = "AuditEvent";
}
impl Wire for v1::CheckLeakageResponse {
    const NAME: &'static str = "CheckLeakageResponse";
}
impl Wire for v1::Evaluation {
    const NAME: &'static str = "Evaluation";
}
impl Wire for v1::DeleteEvaluationResponse {
    const NAME: &'static str = "DeleteEvaluationResponse";
}
impl Wire for v1::EvaluationCurve {
    const NAME: &'static str = "EvaluationCurve";
}
impl Wire for v1::PredictionSet {
    const NAME: &'static str = "PredictionSet";
}
impl Wire for v1::ModelLineage {
    const NAME: &'static str = "ModelLineage";
}
impl Wire for v1::Slices {
    const NAME: &'static str = "Slices";
}
impl Wire for v1::VersionImportances {
    const NAME: &'static str = "VersionImportances";
}
impl Wire for v1::ModelComparison {
    const NAME: &'static str = "ModelComparison";
}
impl Wire for v1::Backtest {
    const NAME: &'static str = "Backtest";
}
impl Wire for v1::Study {
    const NAME: &'static str = "Study";
}
impl Wire for v1::StudySummary {
    const NAME: &'static str = "StudySummary";
}
impl Wire for v1::Job {
    const NAME: &'static str = "Job";
}
impl Wire for v1::JobEvent {
    const NAME: &'static str = "JobEvent";
}
impl Wire for v1::ListFeaturesResponse {
    const NAME: &'static str = "ListFeaturesResponse";
}
impl Wire for v1::LeaderboardEntry {
    const NAME: &'static str = "LeaderboardEntry";
}
impl Wire for v1::Promotion {
    const NAME: &'static str = "Promotion";
}
impl Wire for v1::Model {
    const NAME: &'static str = "Model";
}
impl Wire for v1::ModelVersion {
    const NAME: &'static str = "ModelVersion";
}
impl Wire for v1::Phase {
    const NAME: &'static str = "Phase";
}
impl Wire for v1::PredictResponse {
    const NAME: &'static str = "PredictResponse";
}
impl Wire for v1::PreviewDatasetResponse {
    const NAME: &'static str = "PreviewDatasetResponse";
}
impl Wire for v1::PreviewLabelsResponse {
    const NAME: &'static str = "PreviewLabelsResponse";
}
impl Wire for v1::Source {
    const NAME: &'static str = "Source";
}
impl Wire for v1::SourceCoverage {
    const NAME: &'static str = "SourceCoverage";
}
impl Wire for v1::BatchCancelJobsResponse {
    const NAME: &'static str = "BatchCancelJobsResponse";
}
impl Wire for v1::CountJobsResponse {
    const NAME: &'static str = "CountJobsResponse";
}
impl Wire for v1::JobLogEntry {
    const NAME: &'static str = "JobLogEntry";
}
impl Wire for v1::QueueStats {
    const NAME: &'static str = "QueueStats";
}
impl Wire for v1::WatchJobsResponse {
    const NAME: &'static str = "WatchJobsResponse";
}
impl Wire for v1::TrainSpec {
    const NAME: &'static str = "TrainSpec";
}
impl Wire for v1::ServerInfo {
    const NAME: &'static str = "ServerInfo";
}
impl Wire for v1::Worker {
    const NAME: &'static str = "Worker";
}
impl Wire for v1::Queue {
    const NAME: &'static str = "Queue";
}
impl Wire for v1::Quota {
    const NAME: &'static str = "Quota";
}

/// The message as JSON. 64-bit integers are text, as proto3 JSON wants it; fields without a value of their own are
/// shown with their default, so that scripts find them.
pub(crate) fn json_value<M: Wire>(message: &M) -> Result<Value, CliError> {
    let dynamic = DynamicMessage::decode(descriptor::<M>(), message.encode_to_vec().as_slice())
        .context("the contract and its descriptors differ")?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .skip_default_fields(false);
    let value = dynamic.serialize_with_options(serde_json::value::Serializer, &options);
    Ok(value.context("the answer cannot be written as JSON")?)
}

/// The message that a JSON text holds. Unknown fields are refused; both `snake_case` and `camelCase` are understood.
///
/// # Errors
/// [`CliError::Invalid`] with line and column.
pub(crate) fn from_json<M: Wire>(text: &str, origin: &str) -> Result<M, CliError> {
    let wrong = |error: serde_json::Error| CliError::Invalid(format!("{origin}: no {}: {error}", M::NAME));
    let mut reader = serde_json::Deserializer::from_str(text);
    let dynamic = DynamicMessage::deserialize(descriptor::<M>(), &mut reader).map_err(wrong)?;
    reader.end().map_err(wrong)?;
    let message =
        M::decode(dynamic.encode_to_vec().as_slice()).context("the contract and its descriptors differ")?;
    Ok(message)
}

fn descriptor<M: Wire>() -> MessageDescriptor {
    let name = format!("mltraining.v1.{}", M::NAME);
    POOL.get_message_by_name(&name)
        .expect("a test looks every name up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_that_is_printed_stands_in_the_contract() {
        fn found<M: Wire>() {
            assert_eq!(descriptor::<M>().name(), M::NAME);
            json_value(&M::default()).unwrap();
        }
        found::<v1::Algorithm>();
        found::<v1::Artifact>();
        found::<v1::CheckLeakageResponse>();
        found::<v1::DeleteEvaluationResponse>();
        found::<v1::EvaluationCurve>();
        found::<v1::ModelLineage>();
        found::<v1::PredictionSet>();
        found::<v1::Slices>();
        found::<v1::VersionImportances>();
        found::<v1::Job>();
        found::<v1::JobEvent>();
        found::<v1::ListFeaturesResponse>();
        found::<v1::Model>();
        found::<v1::ModelVersion>();
        found::<v1::LeaderboardEntry>();
        found::<v1::Phase>();
        found::<v1::PredictResponse>();
        found::<v1::PreviewDatasetResponse>();
        found::<v1::PreviewLabelsResponse>();
        found::<v1::Source>();
        found::<v1::SourceCoverage>();
        found::<v1::BatchCancelJobsResponse>();
        found::<v1::CountJobsResponse>();
        found::<v1::JobLogEntry>();
        found::<v1::Promotion>();
        found::<v1::QueueStats>();
        found::<v1::WatchJobsResponse>();
        found::<v1::TrainSpec>();
        found::<v1::Quota>();
        found::<v1::Queue>();
        found::<v1::Worker>();
        found::<v1::ServerInfo>();
    }

    #[test]
    fn a_spec_reads_back_as_it_was_printed() {
        let text = r#"{"label": {"change_at_horizon": {"change": 0.02, "horizon": "1800s"}}, "seed": "18446744073709551615"}"#;
        let spec: v1::TrainSpec = from_json(text, "spec.json").unwrap();
        assert_eq!(spec.seed, Some(u64::MAX));
        let printed = json_value(&spec).unwrap();
        assert_eq!(printed["label"]["change_at_horizon"]["horizon"], "1800s");
        assert_eq!(printed["seed"], "18446744073709551615");
        assert!(
            printed.get("max_rows").is_none(),
            "an absent optional field is absent: {printed}"
        );
        assert_eq!(
            from_json::<v1::TrainSpec>(&printed.to_string(), "again").unwrap(),
            spec
        );
    }

    #[test]
    fn a_wrong_spec_is_refused_with_its_place() {
        for text in [r#"{"lable": {}}"#, "{", "[]", r#"{"seed": "x"}"#, "{} {}"] {
            let error = from_json::<v1::TrainSpec>(text, "spec.json").unwrap_err();
            let CliError::Invalid(text) = error else {
                panic!("{error:?}")
            };
            assert!(
                text.starts_with("spec.json: no TrainSpec: ") && text.contains("line 1"),
                "{text}"
            );
        }
    }
}
