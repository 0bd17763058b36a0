//! The connection to the service: endpoint, key, and what every call carries.

use crate::cli::Global;
use crate::errors::CliError;
use mltraining_proto::v1::admin_service_client::AdminServiceClient;
use mltraining_proto::v1::api_key_service_client::ApiKeyServiceClient;
use mltraining_proto::v1::artifact_service_client::ArtifactServiceClient;
use mltraining_proto::v1::catalog_service_client::CatalogServiceClient;
use mltraining_proto::v1::dataset_service_client::DatasetServiceClient;
use mltraining_proto::v1::evaluation_service_client::EvaluationServiceClient;
use mltraining_proto::v1::job_service_client::JobServiceClient;
use mltraining_proto::v1::model_service_client::ModelServiceClient;
use mltraining_proto::v1::prediction_service_client::PredictionServiceClient;
use mltraining_proto::v1::training_service_client::TrainingServiceClient;
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

/// Largest answer that is read, in bytes; lists of features and importances are long.
const MAX_ANSWER: usize = 32 << 20;
/// A connection that is silent for longer is tested, so that a watch notices a vanished service.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What a client speaks through: the connection and the headers of every call.
pub(crate) type Wire = InterceptedService<Channel, Headers>;

/// Where to connect, and the option that says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    option: &'static str,
    url: &'a str,
}

impl<'a> Target<'a> {
    /// The port of the service.
    fn public(global: &'a Global) -> Self {
        Self {
            option: "--endpoint",
            url: &global.endpoint,
        }
    }

    /// The port of those who run it.
    pub(crate) fn admin(url: &'a str) -> Self {
        Self {
            option: "--admin-endpoint",
            url,
        }
    }
}

/// An open connection to the service.
#[derive(Clone)]
pub(crate) struct Connection {
    channel: Channel,
    headers: Headers,
}

/// Puts the key, a request id, and the limit of time on each call.
#[derive(Clone)]
pub(crate) struct Headers {
    key: Option<MetadataValue<Ascii>>,
    timeout: Option<Duration>,
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let id = Uuid::new_v4().to_string();
        let id = id.parse().expect("a UUID is ASCII");
        request.metadata_mut().insert("x-request-id", id);
        if let Some(key) = &self.key {
            request.metadata_mut().insert("authorization", key.clone());
        }
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        Ok(request)
    }
}

impl Connection {
    /// [`Connection::open_at`] the port of the service.
    pub(crate) async fn open(global: &Global) -> Result<Self, CliError> {
        Self::open_at(Target::public(global), global).await
    }

    /// Connects at once, so that a wrong endpoint is told from a refused call.
    ///
    /// # Errors
    /// A wrong endpoint or key is a usage error; a service that does not answer is unavailable.
    pub(crate) async fn open_at(target: Target<'_>, global: &Global) -> Result<Self, CliError> {
        let key = key_header(global)?;
        let endpoint = endpoint(target, global)?;
        let channel = endpoint.connect().await.map_err(|error| {
            let why = causes(&error);
            let text = format!(
                "cannot reach {}: {why}\nis the service running there? see {}",
                target.url, target.option
            );
            CliError::Unavailable(text)
        })?;
        let timeout = Some(global.timeout.into());
        Ok(Self {
            channel,
            headers: Headers { key, timeout },
        })
    }

    /// The connection without a limit of time: for streams, and for calls that wait on purpose.
    pub(crate) fn patient(&self) -> Self {
        let mut other = self.clone();
        other.headers.timeout = None;
        other
    }

    fn wire(&self) -> Wire {
        InterceptedService::new(self.channel.clone(), self.headers.clone())
    }

    pub(crate) fn keys(&self) -> ApiKeyServiceClient<Wire> {
        ApiKeyServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn catalog(&self) -> CatalogServiceClient<Wire> {
        CatalogServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn dataset(&self) -> DatasetServiceClient<Wire> {
        DatasetServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn training(&self) -> TrainingServiceClient<Wire> {
        TrainingServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn evaluations(&self) -> EvaluationServiceClient<Wire> {
        EvaluationServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn jobs(&self) -> JobServiceClient<Wire> {
        JobServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn models(&self) -> ModelServiceClient<Wire> {
        ModelServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn predictions(&self) -> PredictionServiceClient<Wire> {
        PredictionServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn artifacts(&self) -> ArtifactServiceClient<Wire> {
        ArtifactServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn admin(&self) -> AdminServiceClient<Wire> {
        AdminServiceClient::new(self.wire()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn health(&self) -> HealthClient<Wire> {
        HealthClient::new(self.wire())
    }
}

fn endpoint(target: Target<'_>, global: &Global) -> Result<Endpoint, CliError> {
    let wrong = |why: &dyn std::fmt::Display| {
        CliError::Usage(format!(
            "{} `{}`: {why}; expected a URL such as http://127.0.0.1:50051",
            target.option, target.url
        ))
    };
    let endpoint = Endpoint::from_shared(target.url.to_owned()).map_err(|error| wrong(&error))?;
    let scheme = endpoint.uri().scheme_str().unwrap_or_default().to_owned();
    let endpoint = endpoint
        .connect_timeout(Duration::from(global.timeout).min(Duration::from_secs(10)))
        .http2_keep_alive_interval(KEEP_ALIVE)
        .user_agent(concat!("mlts/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| wrong(&error))?;
    match scheme.as_str() {
        "http" => Ok(endpoint),
        "https" => endpoint.tls_config(tls(global)?).map_err(|error| wrong(&error)),
        _ => Err(wrong(&"no http or https")),
    }
}

/// Whom an https:// service has to be known by, and what this client shows it.
fn tls(global: &Global) -> Result<ClientTlsConfig, CliError> {
    let tls = match &global.ca_cert {
        Some(file) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem("--ca-cert", file)?)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    let (Some(cert), Some(key)) = (&global.client_cert, &global.client_key) else {
        return Ok(tls);
    };
    let (cert, key) = (pem("--client-cert", cert)?, pem("--client-key", key)?);
    Ok(tls.identity(Identity::from_pem(cert, key)))
}

fn pem(option: &str, file: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(file)
        .map_err(|error| CliError::Invalid(format!("{option}: {} cannot be read: {error}", file.display())))
}

/// `Bearer KEY`, from the option, the environment or the file.
fn key_header(global: &Global) -> Result<Option<MetadataValue<Ascii>>, CliError> {
    let Some(key) = key(global)? else {
        return Ok(None);
    };
    let header = format!("Bearer {}", key.expose_secret().trim());
    let mut header: MetadataValue<Ascii> = header
        .parse()
        .map_err(|_| CliError::Usage("the API key holds characters that no key has".to_owned()))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

fn key(global: &Global) -> Result<Option<SecretString>, CliError> {
    if let Some(key) = &global.api_key {
        return Ok(Some(key.clone()));
    }
    let Some(file) = &global.api_key_file else {
        return Ok(None);
    };
    let text = fs::read_to_string(file).map_err(|error| {
        CliError::Invalid(format!(
            "the API key file {} cannot be read: {error}",
            file.display()
        ))
    })?;
    Ok(Some(text.into()))
}

/// The innermost causes of a transport error: "transport error" alone helps nobody.
fn causes(error: &dyn Error) -> String {
    let mut innermost = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        innermost = error.to_string();
        cause = error.source();
    }
    innermost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    fn global(line: &str) -> Global {
        Cli::try_parse_from(line.split(' ')).unwrap().global
    }

    #[test]
    fn a_call_carries_the_key_an_id_and_its_limit() {
        let global = global("mlts --api-key mlts_ab_cd --timeout 2s jobs");
        let key = key_header(&global).unwrap();
        let mut headers = Headers {
            key,
            timeout: Some(global.timeout.into()),
        };
        let request = headers.call(Request::new(())).unwrap();
        let text = |name: &str| request.metadata().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(text("authorization"), "Bearer mlts_ab_cd");
        assert_eq!(text("grpc-timeout"), "2000000u");
        assert!(Uuid::parse_str(&text("x-request-id")).is_ok());
        assert!(!format!("{:?}", request.metadata()).contains("mlts_ab_cd"));
    }

    #[test]
    fn the_key_may_stand_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "mlts_ab_cd\n").unwrap();
        let global = global(&format!("mlts --api-key-file {} jobs", file.path().display()));
        let header = key_header(&global).unwrap().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer mlts_ab_cd");
    }

    #[test]
    fn a_wrong_endpoint_is_a_usage_error() {
        for url in ["127.0.0.1:50051", "ftp://x", "http://", "::"] {
            let global = global(&format!("mlts --endpoint {url} jobs"));
            assert!(
                matches!(
                    endpoint(Target::public(&global), &global),
                    Err(CliError::Usage(_))
                ),
                "{url} was taken"
            );
        }
        let global = global("mlts --endpoint http://[::1]:7 jobs");
        assert!(endpoint(Target::public(&global), &global).is_ok());
    }
}
