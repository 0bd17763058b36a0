//! The command line as clap reads it: what is common to all commands, and the list of commands.

use crate::commands::{
    admin, backtest, batch_predict, catalog, compare, dataset, demo_data, evaluate, evaluation, health,
    import, jobs, keys, labels, models, predict, report_page, reproduce, sources, train, tune,
};
use crate::exit;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use mltraining_domain::{ProjectId, Span, release};
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Train models on tables of entities over time, and see what they are worth.
#[derive(Debug, Parser)]
#[command(name = "mlts", version = release::version_line(), after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What is common to all commands.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Global {
    /// Where the service listens
    #[arg(
        long,
        global = true,
        env = "MLTS_ENDPOINT",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    pub(crate) endpoint: String,
    /// The API key; better given by the environment, where no list of processes shows it
    #[arg(
        long,
        global = true,
        env = "MLTS_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) api_key: Option<SecretString>,
    /// A file that holds the API key; read when no key is given, and before MLTS_API_KEY when named here
    #[arg(long, global = true, env = "MLTS_API_KEY_FILE", value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// A PEM file of the CAs that the certificate of an https:// service may come from, in the place of the system's
    #[arg(long, global = true, env = "MLTS_CA_CERT", value_name = "FILE")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// A PEM file of a client's certificate, where the service asks for one
    #[arg(
        long,
        global = true,
        env = "MLTS_CLIENT_CERT",
        value_name = "FILE",
        requires = "client_key"
    )]
    pub(crate) client_cert: Option<PathBuf>,
    /// A PEM file of the key of that certificate
    #[arg(
        long,
        global = true,
        env = "MLTS_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_cert"
    )]
    pub(crate) client_key: Option<PathBuf>,
    /// The project
    #[arg(
        long,
        global = true,
        env = "MLTS_PROJECT",
        value_name = "PROJECT",
        default_value = "default"
    )]
    pub(crate) project: ProjectId,
    /// Print proto3 JSON: one value, or one line for each thing of a list; 64-bit integers are text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Colors; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Longest time of one call
    #[arg(long, global = true, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: Span,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// What `mlts` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says whether the service is ready
    ///
    /// Exits with 0 only when it is. Works with the health port of a worker as well, and needs no key.
    Health(health::HealthArgs),
    /// The tables to learn from
    Sources(sources::SourcesArgs),
    /// The features a model can see
    Features(catalog::FeaturesArgs),
    /// What can learn, and its parameters
    Algorithms,
    /// The phases in the life of a source's entities
    Phases(catalog::PhasesArgs),
    /// Makes, lists, rotates and revokes API keys of the project
    Keys(keys::KeysArgs),
    /// What there is to foresee
    Labels(labels::LabelsArgs),
    /// What a training would learn from
    Dataset(dataset::DatasetArgs),
    /// Trains and tests a new version of a model
    ///
    /// Follows the job and shows what the model is worth. The smallest call names a model and what to foresee:
    /// mlts train --model pump --change 10% --horizon 10m
    Train(Box<train::TrainArgs>),
    /// Trains again what was trained, and says whether the same came of it
    ///
    /// Follows the job. Ends with 0 when the model is the same, byte for byte, and with 1 when it differs: then it names the
    /// days of entities whose rows have changed, or the other version of the service. No model version is made.
    Reproduce(reproduce::ReproduceArgs),
    /// Judges a model version on a period that its training does not touch
    ///
    /// Follows the job and shows what the version is worth there, beside simple rules, at its own threshold:
    /// mlts evaluate pump@3 --start 2026-02-01 --end 2026-02-08
    Evaluate(Box<evaluate::EvaluateArgs>),
    /// Lists evaluations of model versions, or shows one
    ///
    /// Newest first: those that trainings made, and those of mlts evaluate. Filters compare model and version:
    /// mlts evaluations --filter 'model = pump AND version = 3'
    Evaluations(evaluate::EvaluationsArgs),
    /// Shows one evaluation, its curves and parts, or deletes it
    Evaluation(evaluation::EvaluationArgs),
    /// Compares model versions on the very same rows, which none of them was trained on
    ///
    /// Follows the job and says which version is better, metric by metric and overall, or that they are not distinguishable:
    /// mlts compare pump@2 pump@3 --start 2026-02-01
    Compare(Box<compare::CompareArgs>),
    /// Lists comparisons of model versions, or shows one
    Comparisons(compare::ComparisonsArgs),
    /// Says what a model version foresees, of rows of features or of entities at times
    ///
    /// Of entities the last bars are read from the model's source, and features are made as a training makes them:
    /// mlts predict pump@champion --entity SOL_1 --entity SOL_2 --at '2026-02-01 12:00'
    Predict(Box<predict::PredictArgs>),
    /// Says what a model version foresees of all rows of a range, as a Parquet file
    ///
    /// Follows the job and shows how many rows were scored, and why others were not:
    /// mlts batch-predict pump@champion --start 2026-02-01 --end 2026-02-08 --output predictions
    BatchPredict(Box<batch_predict::BatchPredictArgs>),
    /// Walks forward through time with a model that is trained anew for each period, and acts on its scores
    ///
    /// Follows the job and shows what the models are worth, and what acting on them would have brought after costs, beside acting on
    /// every row: mlts backtest pump@3 --start 2026-02-01 --step 1d --window 14d --fee-bps 10
    Backtest(Box<backtest::BacktestArgs>),
    /// Looks for parameters of an algorithm, and trains a model version with the best
    ///
    /// Shows each trial as soon as it has ended. Trials are compared on folds of the earlier part of the range; the winner alone is judged
    /// on the rest: mlts tune --model pump --change 0.1 --horizon 10m --algorithm gradient_boosting --grid max_depth=4,6,8
    /// --range learning_rate=0.01..0.3:log --trials 20
    Tune(Box<tune::TuneArgs>),
    /// Shows the trials of a study, which mlts tune began
    Study(tune::StudyArgs),
    /// Lists studies, and what came of them
    ///
    /// Newest first. Filters compare state, model, created_by, priority, create_time and labels.KEY, joined by AND:
    /// mlts studies --filter 'model = pump AND state = RUNNING'
    Studies(tune::StudiesArgs),
    /// Lists backtests, or shows one
    Backtests(backtest::BacktestsArgs),
    /// Lists jobs; cancels, counts or follows many
    ///
    /// Newest first. Filters compare state, kind, model, created_by, priority, create_time and labels.KEY, joined by AND:
    /// mlts jobs --filter 'state = FAILED AND labels.team = "alpha beta"'
    Jobs(jobs::JobsArgs),
    /// Shows, follows, changes, cancels or retries one job
    Job(jobs::JobArgs),
    /// Lists models
    ///
    /// Newest first. Filters compare display_name, create_time and labels.KEY, joined by AND:
    /// mlts models --filter 'create_time >= 2026-01-01T00:00:00Z'
    Models(models::ModelsArgs),
    /// Shows, changes or downloads one model
    Model(models::ModelArgs),
    /// Shows what a model version is worth as a page, with charts
    ///
    /// Downloads report.html, prints its path, and opens it when there is a terminal. The page needs no network.
    Report(report_page::ReportArgs),
    /// Lists versions side by side, those that were tested on the same rows in one table
    ///
    /// The best of a table first. Where the intervals overlap, the order may be chance.
    Leaderboard(models::leaderboard::LeaderboardArgs),
    /// Moves an alias to a version, if the version reaches what is required
    ///
    /// Without --alias the champion. The conditions are judged by the version's stored evaluation; what it does not know
    /// never holds. Undone by promoting the version that held the alias before:
    /// mlts promote pump@3 --require 'roc_auc>=0.7' --require 'skill_low>0' --require skill
    Promote(models::promote::PromoteArgs),
    /// Loads CSV files into a table and registers it as a source
    ///
    /// Every column but entity and time must hold numbers; an empty field is NULL. All files are read before anything is
    /// written: when a row is wrong, nothing is imported. Columns called open, high, low, close and volume get that role.
    Import(import::ImportArgs),
    /// Makes a database of coins to try the service on, and registers it as a source
    ///
    /// Makes coin_metrics, coin_streams, ref_coin_phases and exchange_rates. The rows have the traps of real ones: gaps,
    /// shared times, coins that collapse, NULLs, three phases; and a signal that is there to be found. The same options
    /// make the same rows.
    DemoData(demo_data::DemoDataArgs),
    /// For those who run the service: server, workers, queues, quotas
    ///
    /// Speaks to the admin port; needs a key of the project default, with the role admin for changes.
    Admin(admin::AdminArgs),
}

/// Reads the command line. A key file that is named there is meant, whatever key the environment holds.
///
/// # Errors
/// What is wrong, or help or version, for [`refuse`].
pub(crate) fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut matches = Cli::command().try_get_matches_from(line)?;
    let is_written = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let is_file_meant = is_written("api_key_file") && !is_written("api_key");
    let mut cli =
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut Cli::command()))?;
    if is_file_meant {
        cli.global.api_key = None;
    }
    Ok(cli)
}

/// Prints clap's refusal, help or version, and says how the process ends.
pub(crate) fn refuse(refusal: &clap::Error) -> ExitCode {
    // Nobody is left to tell when the terminal is gone.
    let _ = refusal.print();
    ExitCode::from(match refusal.use_stderr() {
        true => exit::USAGE,
        false => exit::OK,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        super::parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_line_of_the_demo_is_understood() {
        for line in [
            "mlts health",
            "mlts sources",
            "mlts import a.csv b.csv --source candles --bar 5m",
            "mlts demo-data --source coin_metrics --coins 20 --rows 100 --seed 7",
            "mlts labels preview --source candles --change 0.02 --horizon 30m",
            "mlts labels preview --grid-change 0.02,0.05 --grid-horizon 5m,10m,30m",
            "mlts dataset check --source candles --change 0.02 --horizon 30m --sets core",
            "mlts dataset preview --source candles --change 0.02 --horizon 30m --folds 3 --show 5",
            "mlts sources coverage candles",
            "mlts sources check candles --start 2026-01-01",
            "mlts train --source candles --model demo_candles --change 0.02 --horizon 30m --algorithm random_forest",
            "mlts reproduce demo_candles@1 --detach",
            "mlts evaluate demo_candles@1 --start 2026-01-02 --end 2026-01-03",
            "mlts evaluations --filter model=demo_candles",
            "mlts compare demo_candles@1 demo_candles@2 --start 2026-01-02",
            "mlts comparisons --limit 3",
            "mlts predict demo_candles@1 --entity SOL_1 --at 2026-01-02 --features",
            "mlts predict demo_candles@champion --rows -",
            "mlts batch-predict demo_candles@champion --start 2026-01-02 --entity SOL_1 --output out",
            "mlts backtest demo_candles@1 --start 2026-01-02 --step 6h --window 1d --fee-bps 10",
            "mlts backtests --limit 3",
            "mlts tune --model pump --change 0.1 --horizon 10m --grid max_depth=4,6 --range trees=50..200:log --trials 8",
            "mlts study 01890a5d-ac96-774b-bcce-b302099a8057",
            "mlts studies --filter model=pump --limit 3",
            "mlts evaluations 01890a5d-ac96-774b-bcce-b302099a8057",
            "mlts evaluation curve 01890a5d-ac96-774b-bcce-b302099a8057 --kind thresholds",
            "mlts evaluation slices 01890a5d-ac96-774b-bcce-b302099a8057 --by day --all",
            "mlts evaluation delete 01890a5d-ac96-774b-bcce-b302099a8057",
            "mlts model lineage demo_candles@champion --limit 3",
            "mlts model importance demo_candles --by gain",
            "mlts models",
            "mlts model get demo_candles",
            "mlts model alias set demo_candles@1 challenger",
            "mlts model alias delete demo_candles@challenger",
            "mlts model promotions demo_candles",
            "mlts leaderboard --metric log_loss --source candles",
            "mlts promote demo_candles@1 --require roc_auc>=0.7 --require skill --validate-only",
            "mlts jobs",
            "mlts jobs --filter state=FAILED --limit 3",
            "mlts jobs cancel --filter labels.sweep=7 --dry-run --reason wrong",
            "mlts jobs count --by state,labels.team --filter kind=TRAIN",
            "mlts jobs stats",
            "mlts jobs watch --filter model=pump",
            "mlts jobs retry 01890a5d-ac96-774b-bcce-b302099a8057",
            "mlts job update 01890a5d-ac96-774b-bcce-b302099a8057 --priority 0 --labels team=alpha",
            "mlts job logs 01890a5d-ac96-774b-bcce-b302099a8057 --follow --severity warn --attempt 2",
            "mlts features",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn common_options_stand_before_or_after_the_command() {
        for line in ["mlts --json jobs --project p", "mlts --project p jobs --json"] {
            let cli = parse(line).unwrap();
            assert!(cli.global.json);
            assert_eq!(cli.global.project.to_string(), "p");
        }
    }

    #[test]
    fn the_help_never_shows_the_key_of_the_environment() {
        let key = Cli::command()
            .get_arguments()
            .find(|a| a.get_id() == "api_key")
            .cloned()
            .unwrap();
        assert!(key.is_hide_env_values_set());
        let cli = parse("mlts --api-key mlts_ab_secret jobs").unwrap();
        assert!(!format!("{cli:?}").contains("secret"), "{cli:?}");
    }

    #[test]
    fn the_help_tells_the_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        for code in [exit::JOB_FAILED, exit::NOT_FOUND, exit::OTHER, exit::DETACHED] {
            assert!(help.contains(&format!("{code:>3}  ")), "{help}");
        }
    }

    #[test]
    fn the_admin_endpoint_stands_before_or_after_the_admin_command() {
        for line in [
            "mlts admin --admin-endpoint http://h:1 info",
            "mlts admin workers --admin-endpoint http://h:1",
            "mlts admin drain 01890a5d-ac96-774b-bcce-b302099a8057",
            "mlts admin pause",
            "mlts admin resume slow",
            "mlts --project p admin quota --max-running 8 --max-queued 0 --etag quota-4-1000",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "mlts admin",
            "mlts admin drain",
            "mlts admin quota --max-running many",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_wrong_project_is_refused_before_any_call() {
        assert!(parse("mlts --project X/y jobs").is_err());
    }
}
