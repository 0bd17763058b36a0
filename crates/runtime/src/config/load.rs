//! Puts the layers together.

use super::environment;
use super::rules::CrossChecks;
use super::{ApiConfig, ConfigError, DatabaseConfig, Owner, Problem, WorkerConfig, check, known};
use ::config::{Config, File, FileFormat};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::path::PathBuf;

/// The configuration of a process: [`ApiConfig`] or [`WorkerConfig`].
#[expect(
    private_bounds,
    reason = "only the two configurations of this crate are settings"
)]
pub trait Settings: DeserializeOwned + Serialize + Default + CrossChecks {
    /// Whose keys it holds.
    const OWNER: Owner;

    /// Its section `[database]`.
    fn database(&mut self) -> &mut DatabaseConfig;
}

impl Settings for ApiConfig {
    const OWNER: Owner = Owner::Api;

    fn database(&mut self) -> &mut DatabaseConfig {
        &mut self.database
    }
}

impl Settings for WorkerConfig {
    const OWNER: Owner = Owner::Worker;

    fn database(&mut self) -> &mut DatabaseConfig {
        &mut self.database
    }
}

/// Where the layers come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The TOML file, if any.
    pub file: Option<PathBuf>,
    /// The variables of the environment.
    pub environment: HashMap<String, String>,
}

impl Sources {
    /// This process's environment, and the file of `--config`, or else that of `MLTS_CONFIG`. Variables that are not
    /// Unicode are passed over.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let environment: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment
            .get("MLTS_CONFIG")
            .filter(|name| !name.is_empty())
            .map(PathBuf::from);
        Self {
            file: file.or(named),
            environment,
        }
    }
}

/// Reads defaults, file and environment, and checks every key.
///
/// # Errors
/// [`ConfigError`] with every problem found: unknown keys and variables with the nearest known one, values of the wrong
/// form or out of range, secrets that cannot be read or are given twice, a missing `database.url`.
pub fn load<C: Settings>(sources: &Sources) -> Result<C, ConfigError> {
    let variables = environment::read(&sources.environment, C::OWNER)?;
    let tree = merge(sources, variables.values)?;
    known::known_keys(&tree, C::OWNER)?;
    let mut config: C = tree.try_deserialize().map_err(|error| wrong_type(&error))?;
    check::values(&config, C::OWNER)?;
    config.database().url_file = variables.files.get("database.url").cloned();
    Ok(config)
}

fn merge(sources: &Sources, variables: HashMap<String, String>) -> Result<Config, ConfigError> {
    let mut builder = Config::builder();
    if let Some(path) = &sources.file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Problem::new(path.display().to_string(), format!("cannot be read: {error}")))?;
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }
    let environment = ::config::Environment::with_prefix("MLTS")
        .prefix_separator("_") // else `separator` becomes the separator of the prefix as well
        .separator("__")
        .source(Some(variables));
    builder.add_source(environment).build().map_err(|error| {
        let file = sources
            .file
            .as_ref()
            .map_or_else(|| "environment".to_owned(), |path| path.display().to_string());
        Problem::new(file, without_excerpt(&error.to_string())).into()
    })
}

/// A parser's message without the excerpt of the file, which may hold a secret.
fn without_excerpt(message: &str) -> String {
    let excerpt = |line: &&str| {
        !line
            .trim_start()
            .starts_with(|c: char| c == '|' || c.is_ascii_digit())
    };
    message
        .lines()
        .filter(excerpt)
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A value of the wrong form, told by its key.
fn wrong_type(error: &::config::ConfigError) -> Problem {
    use ::config::ConfigError as E;
    match error {
        E::Type {
            key: Some(key),
            unexpected,
            ..
        } => check::wrong_form(key, &unexpected.to_string()),
        E::At {
            key: Some(key),
            error,
            ..
        } => Problem::new(key.clone(), error.to_string()),
        E::NotFound(key) => Problem::new(key.clone(), "is missing"),
        other => Problem::new("configuration", other.to_string()),
    }
}
