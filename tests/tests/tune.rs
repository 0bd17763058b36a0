//! Studies by real processes: what is planted is found, the winner is judged on what no trial has seen, and whatever happens to workers
//! meanwhile, each trial counts once.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::wait;
use pb::search_parameter::Values;
use prost_types::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const ENTITIES: u32 = 3;
/// Two hours of each of so many days.
const DAYS: i64 = 12;
const DAY: i64 = 1440;
const QUICK: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "100ms"),
    ("MLTS_WORKER__POLL_MAX", "300ms"),
    ("MLTS_WORKER__SLOTS", "1"),
    ("MLTS_WORKER__THREADS", "1"),
];

/// Bars whose signal is turned around in about half of them, as `volume` says: a tree of one split sees nothing of it.
const TURNED: &str = "UPDATE bars SET signal = signal + (random() - 0.5), volume = round(random());
     UPDATE bars SET signal = -signal WHERE volume = 0";
/// Bars whose features say nothing.
const NOISE: &str = "UPDATE bars SET signal = random(), volume = random()";

async fn with_bars(bars: &str) -> (System, Caller) {
    let system = System::start_with(QUICK).await;
    data::make_bars(&system.database, ENTITIES, (DAYS * DAY) as u32);
    system.database.sql(&format!(
        "DELETE FROM bars WHERE extract(hour FROM at AT TIME ZONE 'UTC') >= 2; SELECT setseed(0.42); {bars}"
    ));
    let caller = system.caller();
    data::register_bars(&caller).await;
    (system, caller)
}

fn listed(name: &str, values: &[f64]) -> pb::SearchParameter {
    pb::SearchParameter {
        name: name.to_owned(),
        values: Some(Values::List(pb::NumberList {
            values: values.to_vec(),
        })),
    }
}

fn drawn(name: &str, low: i64, high: i64) -> pb::SearchParameter {
    pb::SearchParameter {
        name: name.to_owned(),
        values: Some(Values::Integers(pb::IntegerRange { low, high, scale: 0 })),
    }
}

/// A forest of few trees that sees the signal and what turns it around, over all days.
fn tuning(space: Vec<pb::SearchParameter>, study: &pb::StudySpec) -> pb::TuneModelRequest {
    let training = data::training("tuned", DAYS * DAY, 5);
    pb::TuneModelRequest {
        model_id: "tuned".to_owned(),
        spec: Some(pb::TrainSpec {
            features: Some(pb::FeatureSpec {
                features: vec!["signal".to_owned(), "volume".to_owned()],
                ..pb::FeatureSpec::default()
            }),
            ..training.spec.unwrap()
        }),
        study: Some(pb::StudySpec {
            space,
            ..study.clone()
        }),
        ..pb::TuneModelRequest::default()
    }
}

fn grid() -> pb::TuneModelRequest {
    let study = pb::StudySpec {
        method: pb::SearchMethod::Grid.into(),
        parallel_jobs: Some(2),
        ..pb::StudySpec::default()
    };
    tuning(vec![listed("max_depth", &[1.0, 2.0, 6.0])], &study)
}

/// Points by chance through two rungs.
fn halved(trials: i32) -> pb::TuneModelRequest {
    let study = pb::StudySpec {
        max_trials: Some(trials),
        seed: Some(7),
        parallel_jobs: Some(3),
        halving: Some(pb::Halving {
            rungs: Some(2),
            rate: Some(3),
        }),
        ..pb::StudySpec::default()
    };
    tuning(
        vec![drawn("max_depth", 1, 8), drawn("min_samples_leaf", 1, 200)],
        &study,
    )
}

async fn asked(caller: &Caller, request: pb::TuneModelRequest) -> Result<pb::Job, Status> {
    Ok(caller.training.clone().tune_model(request).await?.into_inner())
}

async fn previewed(caller: &Caller, job: &str) -> pb::Study {
    let request = pb::PreviewStudyRequest { job: job.to_owned() };
    let study = caller.training.clone().preview_study(request).await;
    study.unwrap().into_inner()
}

async fn ended(caller: &Caller, job: &str) -> (pb::Job, pb::Study) {
    let job = caller.ended(job).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let study = previewed(caller, &job.name).await;
    (job, study)
}

async fn version(caller: &Caller, job: &pb::Job) -> pb::ModelVersion {
    let request = pb::GetModelVersionRequest {
        name: job.result.as_ref().unwrap().model_version.clone(),
        view: pb::ModelVersionView::Full.into(),
    };
    let version = caller.models.clone().get_model_version(request).await;
    version.unwrap().into_inner()
}

/// The trials but for the time that they took, and the winner.
fn found(study: &pb::Study) -> (Vec<pb::Trial>, pb::StudyOutcome) {
    let trials = study.trials.iter().cloned();
    let timeless = trials.map(|trial| pb::Trial {
        cpu_time: None,
        ..trial
    });
    let outcome = study.outcome.clone().unwrap();
    (timeless.collect(), outcome)
}

fn micros(at: Option<&prost_types::Timestamp>) -> i64 {
    let at = at.unwrap();
    at.seconds * 1_000_000 + i64::from(at.nanos) / 1000
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_worker_finds_what_is_planted_and_the_winner_is_judged_on_what_no_trial_has_seen() {
    let (mut system, caller) = with_bars(TURNED).await;
    system.add_worker().await;
    let job = asked(&caller, grid()).await.unwrap();
    assert_eq!(job.kind(), pb::JobKind::Tune);
    let (job, study) = ended(&caller, &job.name).await;
    assert_eq!(study.trials.len(), 3);
    let outcome = study.outcome.clone().unwrap();
    assert_eq!((outcome.winner, outcome.trial_count), (3, 3));
    assert!((outcome.parameters["max_depth"] - 6.0).abs() < 1e-9);
    assert!(outcome.search_score > 0.65, "{outcome:?}");
    assert!(study.trials[0].score.unwrap() < 0.6, "{:?}", study.trials);
    assert!(outcome.holdout_score.unwrap() > 0.65, "{outcome:?}");
    // The version is that of a training whose only fold is the holdout.
    let version = version(&caller, &job).await;
    assert_eq!(version.name, outcome.model_version);
    let evaluation = version.evaluation.clone().unwrap();
    assert_eq!(evaluation.folds.len(), 1);
    assert_eq!(evaluation.overall.unwrap().roc_auc, outcome.holdout_score);
    let held_out = study.held_out.unwrap();
    let proof = evaluation.leak_proof.unwrap().folds[0].clone();
    assert!(micros(proof.latest_train_resolve_time.as_ref()) < micros(held_out.start.as_ref()));
    assert!(micros(proof.first_test_decision_time.as_ref()) >= micros(held_out.start.as_ref()));
    assert_eq!(study.searched.unwrap().end, held_out.start);
    // It is made again like any other.
    let request = pb::ReproduceJobRequest {
        name: job.name.clone(),
        ..pb::ReproduceJobRequest::default()
    };
    let again = caller
        .training
        .clone()
        .reproduce_job(request)
        .await
        .unwrap()
        .into_inner();
    let again = caller.ended(&again.name).await;
    let verdict = again.result.unwrap().reproduction.unwrap().verdict();
    assert_eq!(verdict, pb::ReproductionVerdict::Equal);
    let said = system.says(0, &["study", job.name.rsplit('/').next().unwrap()]);
    assert!(said.contains("trial 3 of 3 won with max_depth=6"), "{said}");
    // The same on the command line, which shows the trials and the version.
    let line = "tune --model typed --source bars --change 0.01 --horizon 10m --features signal,volume --folds 2 --trees 5 \
                --grid max_depth=1,5 --jobs 1 --minutes 10";
    let line: Vec<&str> = line.split_whitespace().collect();
    let said = system.says(0, &line);
    assert!(said.contains("trial 2 of 2 won with max_depth=5"), "{said}");
    assert!(said.contains("model version typed@1"), "{said}");
    // Each trial was told when it had ended, below one line of headings.
    for part in ["95 % interval", "max_depth=1", "max_depth=5  best so far"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    check_list(&system, &caller, &job, outcome).await;
}

/// Both studies are listed, the newest first, page by page and by the filter of jobs.
async fn check_list(system: &System, caller: &Caller, job: &pb::Job, outcome: pb::StudyOutcome) {
    let list = async |request| {
        let listed = caller.training.clone().list_studies(request).await;
        listed.map(tonic::Response::into_inner)
    };
    let all = list(pb::ListStudiesRequest::default()).await.unwrap().studies;
    let models: Vec<&str> = all.iter().map(|study| study.model.as_str()).collect();
    assert_eq!(models.len(), 2, "{models:?}");
    assert_eq!(models[0], "projects/default/models/typed");
    let first = &all[1];
    assert_eq!(
        (&first.job, first.display_state()),
        (&job.name, pb::JobDisplayState::Succeeded)
    );
    assert_eq!((first.trial_count, first.scored_count), (3, 3));
    assert_eq!(first.outcome, Some(outcome));
    assert!(first.start_time.is_some() && first.higher_is_better, "{first:?}");
    let one = |token: &str, filter: &str| pb::ListStudiesRequest {
        page_size: 1,
        page_token: token.to_owned(),
        filter: filter.to_owned(),
        ..pb::ListStudiesRequest::default()
    };
    let page = list(one("", "")).await.unwrap();
    assert_eq!(page.studies[..], all[..1]);
    let page = list(one(&page.next_page_token, "")).await.unwrap();
    assert_eq!(page.studies[..], all[1..]);
    let typed = list(one("", "model = typed AND state = SUCCEEDED"))
        .await
        .unwrap();
    assert_eq!(typed.studies[..], all[..1]);
    let status = list(one("", "kind = TRAIN")).await.unwrap_err();
    let text = status.message();
    assert!(
        text.contains("expected one of the fields state, model"),
        "{status}"
    );
    let said = system.says(0, &["studies", "--filter", "model = typed"]);
    assert!(said.contains("typed@1") && said.lines().count() == 2, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_trials_and_winner_on_one_worker_and_on_three() {
    let (mut system, caller) = with_bars(TURNED).await;
    system.add_worker().await;
    let job = asked(&caller, halved(7)).await.unwrap();
    let (_, alone) = ended(&caller, &job.name).await;
    let in_second = alone.trials.iter().filter(|trial| trial.rung == 2).count();
    assert_eq!(
        (alone.trials.len(), in_second),
        (7, 3),
        "a third goes on, rounded up"
    );
    system.add_worker().await;
    system.add_worker().await;
    let job = asked(&caller, halved(7)).await.unwrap();
    let (_, together) = ended(&caller, &job.name).await;
    let (trials, outcome) = found(&alone);
    let (same_trials, mut same) = found(&together);
    assert_eq!(trials, same_trials);
    same.model_version.clone_from(&outcome.model_version);
    assert_eq!(outcome, same);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_study_whose_worker_is_killed_ends_and_each_trial_counts_once() {
    let (mut system, caller) = with_bars(TURNED).await;
    let first = system.add_worker().await;
    let mut request = halved(9);
    request.spec.as_mut().unwrap().algorithm = Some(pb::AlgorithmSpec {
        algorithm: Some(pb::algorithm_spec::Algorithm::RandomForest(pb::RandomForest {
            trees: Some(150),
            ..pb::RandomForest::default()
        })),
    });
    let job = asked(&caller, request).await.unwrap();
    wait::until("a trial has a score", || async {
        let study = previewed(&caller, &job.name).await;
        study
            .trials
            .iter()
            .any(|trial| trial.score.is_some())
            .then_some(())
    })
    .await;
    system.workers[first].signal_all(Signal::Kill);
    system.add_worker().await;
    let (_, study) = ended(&caller, &job.name).await;
    let outcome = study.outcome.unwrap();
    assert_eq!(
        (outcome.trial_count, outcome.failed_count, outcome.skipped_count),
        (9, 0, 0)
    );
    let by_rung = system
        .database
        .sql("SELECT rung, state, count(*) FROM trial GROUP BY 1, 2 ORDER BY 1, 2");
    assert_eq!(by_rung.trim(), "0|SUCCEEDED|9\n1|SUCCEEDED|3");
    let jobs = system
        .database
        .count("SELECT count(*) FROM job WHERE kind = 'TRIAL' AND state = 'SUCCEEDED'");
    assert_eq!(jobs, 6, "three of each rung, no more than were planned");
    let lost = system
        .database
        .count("SELECT count(*) FROM job_attempt WHERE outcome = 'LOST'");
    assert!(lost > 0, "nothing was lost: the kill came too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_reaches_the_trials_and_the_end_of_its_time_keeps_what_is_known() {
    let (mut system, caller) = with_bars(TURNED).await;
    system.add_worker().await;
    let mut slow = halved(9);
    slow.spec.as_mut().unwrap().algorithm = Some(pb::AlgorithmSpec {
        algorithm: Some(pb::algorithm_spec::Algorithm::RandomForest(pb::RandomForest {
            trees: Some(2000),
            ..pb::RandomForest::default()
        })),
    });
    let job = asked(&caller, slow).await.unwrap();
    wait::until("a trial runs", || async {
        let study = previewed(&caller, &job.name).await;
        let runs = study
            .trials
            .iter()
            .any(|trial| trial.state() == pb::TrialState::Running);
        (runs && study.display_state() == pb::JobDisplayState::Waiting).then_some(())
    })
    .await;
    let request = pb::CancelJobRequest {
        name: job.name.clone(),
        ..pb::CancelJobRequest::default()
    };
    let cancelled = caller
        .jobs
        .clone()
        .cancel_job(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(cancelled.state(), pb::JobState::Cancelled);
    wait::until("the trials are cancelled", || async {
        let open = "SELECT count(*) FROM job WHERE kind = 'TRIAL' AND state <> 'CANCELLED'";
        (system.database.count(open) == 0).then_some(())
    })
    .await;
    // More than ten seconds can hold: what is known by then decides.
    let mut long = halved(128);
    let study = long.study.as_mut().unwrap();
    study.parallel_jobs = Some(64);
    study.max_duration = Some(Duration {
        seconds: 10,
        nanos: 0,
    });
    let job = asked(&caller, long).await.unwrap();
    let (_, study) = ended(&caller, &job.name).await;
    let outcome = study.outcome.unwrap();
    assert!(outcome.time_over && outcome.skipped_count > 0, "{outcome:?}");
    assert_eq!((outcome.trial_count, outcome.failed_count), (128, 0));
    let open = "SELECT count(*) FROM job WHERE kind = 'TRIAL' AND state IN ('QUEUED', 'RUNNING')";
    wait::until("no trial is left", || async {
        (system.database.count(open) == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_noise_the_best_trial_looks_good_and_the_holdout_says_no_skill() {
    let (mut system, caller) = with_bars(NOISE).await;
    system.add_worker().await;
    let study = pb::StudySpec {
        max_trials: Some(12),
        holdout_share: Some(0.5), // enough days to tell
        ..pb::StudySpec::default()
    };
    let request = tuning(
        vec![drawn("max_depth", 1, 12), drawn("min_samples_leaf", 1, 300)],
        &study,
    );
    let job = asked(&caller, request).await.unwrap();
    let (_, study) = ended(&caller, &job.name).await;
    let outcome = study.outcome.unwrap();
    assert!(
        outcome.search_score > 0.5,
        "the best of many flatters: {outcome:?}"
    );
    assert_eq!(outcome.verdict(), pb::Verdict::NoSkill, "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_searched_is_refused_with_every_field() {
    let (_system, caller) = with_bars(NOISE).await;
    let mut request = grid();
    let study = request.study.as_mut().unwrap();
    study.space = vec![
        listed("max_depth", &[0.0, 2.5]),
        listed("depth", &[1.0]),
        drawn("trees", 5, 5),
    ];
    study.holdout_share = Some(0.9);
    let refused = asked(&caller, request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> = refused
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(
        fields,
        [
            "study.space[0].list",
            "study.space[0].list",
            "study.space[1].name",
            "study.space[2].integers",
            "study.holdout_share"
        ]
    );
    let mut request = grid();
    request.study.as_mut().unwrap().max_trials = Some(2);
    let refused = asked(&caller, request).await.unwrap_err();
    assert!(refused.message().contains("the grid has 3 points"), "{refused:?}");
}
