//! Walks through time by real processes: what is planted is found and earned, nothing is foreseen by what comes later, and the numbers
//! are the same however the work is done.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::wait;
use pb::backtest_model_request::{Subject, TrainingPart};
use prost_types::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const ENTITIES: i64 = 3;
/// Three hours of each of so many days.
const DAYS: i64 = 9;
const OF_DAY: i64 = 180;
const DAY: i64 = 1440;
const HORIZON: i64 = 10;
/// Two days are trained on before the first period.
const FIRST: i64 = 2 * DAY;
const SHORT_LEASE: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "200ms"),
    ("MLTS_WORKER__POLL_MAX", "500ms"),
];
const ONE_THREAD: &[(&str, &str)] = &[("MLTS_WORKER__THREADS", "1"), ("MLTS_WORKER__SLOTS", "1")];
const TWO_THREADS: &[(&str, &str)] = &[("MLTS_WORKER__THREADS", "2"), ("MLTS_WORKER__SLOTS", "1")];

/// Bars whose signal is hidden by noise of its own for every row, so that models are wrong now and then, and turned around in about
/// half of them, as `volume` says: neither of the two tells anything alone, nor does a straight line over both.
fn make_bars(system: &System) {
    data::make_bars(&system.database, ENTITIES as u32, (DAYS * DAY) as u32);
    system.database.sql(
        "DELETE FROM bars WHERE extract(hour FROM at AT TIME ZONE 'UTC') >= 3;
         SELECT setseed(0.42);
         UPDATE bars SET signal = signal + 1.5 * (random() - 0.5), volume = round(random());
         UPDATE bars SET signal = -signal WHERE volume = 0",
    );
}

async fn without_worker(settings: &[(&str, &str)]) -> (System, Caller) {
    let system = System::start_with(settings).await;
    make_bars(&system);
    let caller = system.caller();
    data::register_bars(&caller).await;
    (system, caller)
}

async fn with_bars() -> (System, Caller) {
    let (mut system, caller) = without_worker(&[]).await;
    system.add_worker().await;
    (system, caller)
}

fn minutes(minutes: i64) -> Duration {
    Duration {
        seconds: 60 * minutes,
        nanos: 0,
    }
}

/// A forest that sees the signal and what is none.
fn spec(trees: i32) -> pb::TrainSpec {
    pb::TrainSpec {
        range: None,
        split: None,
        features: Some(pb::FeatureSpec {
            features: vec!["signal".to_owned(), "volume".to_owned()],
            ..pb::FeatureSpec::default()
        }),
        ..data::training("none", 1, trees).spec.unwrap()
    }
}

/// A period a day from the third on, each after the two days before it.
fn walk(trees: i32) -> pb::BacktestModelRequest {
    pb::BacktestModelRequest {
        subject: Some(Subject::Spec(spec(trees))),
        range: Some(data::range(FIRST, DAYS * DAY)),
        step: Some(minutes(DAY)),
        training_part: Some(TrainingPart::Window(minutes(2 * DAY))),
        costs: Some(pb::TradingCosts {
            fee_bps: 8.0,
            slippage_bps: 2.0,
        }),
        ..pb::BacktestModelRequest::default()
    }
}

async fn asked(caller: &Caller, request: pb::BacktestModelRequest) -> Result<pb::Job, Status> {
    let job = caller.training.clone().backtest_model(request).await?;
    Ok(job.into_inner())
}

async fn got(caller: &Caller, job: &pb::Job) -> pb::Backtest {
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let request = pb::GetBacktestRequest {
        name: job.result.as_ref().unwrap().backtest.clone(),
    };
    let found = caller.evaluations.clone().get_backtest(request).await;
    let found = found.unwrap().into_inner();
    assert_eq!(found.job, job.name);
    found
}

async fn walked(caller: &Caller, request: pb::BacktestModelRequest) -> pb::Backtest {
    let job = asked(caller, request).await.unwrap();
    assert_eq!(job.kind(), pb::JobKind::Backtest);
    got(caller, &caller.ended(&job.name).await).await
}

/// The numbers, whichever job found them.
fn numbers(found: pb::Backtest) -> pb::Backtest {
    pb::Backtest {
        name: String::new(),
        job: String::new(),
        create_time: None,
        ..found
    }
}

fn micros(at: Option<prost_types::Timestamp>) -> i64 {
    let at = at.unwrap();
    at.seconds * 1_000_000 + i64::from(at.nanos) / 1000
}

/// Every row as a signal: a position of ten minutes after the other, the last rows of a day without an end, the very last without a
/// next bar. Counted by hand.
fn check_always(found: &pb::Backtest) {
    let of_days = (DAYS - 2) * ENTITIES;
    let always = found.always.unwrap();
    assert_eq!(always.rows, of_days * OF_DAY);
    assert_eq!(always.signals, always.rows);
    assert_eq!(always.trades, of_days * 17, "decided at 0, 10, .. 160");
    assert_eq!(always.skipped, of_days * 17 * 9);
    assert_eq!(
        (always.unfilled_exit, always.unfilled_entry),
        (of_days * 9, of_days)
    );
    let (gross, net) = (always.mean_gross_bps.unwrap(), always.mean_net_bps.unwrap());
    assert!(
        (gross - net - 20.0).abs() < 0.1,
        "10 basis points a side: {gross} {net}"
    );
}

fn check_planted(found: &pb::Backtest) {
    let intervals = found.intervals.clone().unwrap();
    assert_eq!(intervals.verdict(), pb::Verdict::Skill, "{intervals:?}");
    // The three hours of the last day are less than half a block, and join the one before.
    assert_eq!(intervals.overall.unwrap().blocks, DAYS - 3);
    let overall = found.overall.clone().unwrap();
    assert_eq!(overall.rows, (DAYS - 2) * ENTITIES * (OF_DAY - HORIZON));
    let (own, always, random) = (
        found.trading.unwrap(),
        found.always.unwrap(),
        found.random.unwrap(),
    );
    let mean = |trading: &pb::Trading| trading.mean_net_bps.unwrap();
    assert!(mean(&own) > mean(&always) + 20.0, "{own:?} beside {always:?}");
    assert!(mean(&own) > mean(&random) + 20.0, "{own:?} beside {random:?}");
    let interval = own.mean_net_interval.unwrap();
    assert!(interval.low.unwrap() > 0.0, "earned after costs: {own:?}");
    assert!(interval.low.unwrap() < mean(&own) && mean(&own) < interval.high.unwrap());
    assert_eq!(
        own.signals,
        own.skipped + own.unfilled_entry + own.unfilled_exit + own.trades
    );
    let of_periods = |of: fn(&pb::PeriodTrading) -> f64| -> f64 {
        let all = found
            .periods
            .iter()
            .map(|period| of(period.trading.as_ref().unwrap()));
        all.sum()
    };
    assert!((of_periods(|period| period.net_bps) - own.net_bps).abs() < 1e-6);
    assert_eq!(of_periods(|period| period.trades as f64), own.trades as f64);
    assert_eq!((found.period_count, found.periods.len()), (7, 7));
    for period in &found.periods {
        let fold = period.fold.clone().unwrap();
        assert!(micros(period.latest_train_resolve_time) < micros(period.range.unwrap().start));
        assert_eq!(fold.train_rows, 2 * ENTITIES * (OF_DAY - HORIZON));
        assert_eq!(fold.baselines.len(), 4);
    }
}

async fn check_lists(caller: &Caller, newest: &pb::Backtest) {
    let list = async |request| {
        let listed = caller.evaluations.clone().list_backtests(request).await;
        listed.unwrap().into_inner()
    };
    let page = pb::ListBacktestsRequest {
        page_size: 1,
        ..pb::ListBacktestsRequest::default()
    };
    let first = list(page.clone()).await;
    let without = pb::Backtest {
        periods: Vec::new(),
        ..newest.clone()
    };
    assert_eq!(first.backtests, [without], "the newest, without its periods");
    let page = pb::ListBacktestsRequest {
        page_token: first.next_page_token,
        ..page
    };
    let last = list(page).await;
    assert_eq!((last.backtests.len(), last.next_page_token.as_str()), (1, ""));
}

fn check_told(system: &System, found: &pb::Backtest) {
    let line = "backtest --source bars --change 1% --horizon 10m --features signal,volume --trees 20 --start 2026-01-03 \
                --end 2026-01-05 --step 1d --train-start 2026-01-01 --fee-bps 10";
    let said = system.says(0, &line.split_whitespace().collect::<Vec<_>>());
    for part in [
        "2 periods of 1d",
        "bought for a rise",
        "every row",
        "net sum",
        "not modelled",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let id = found.name.rsplit('/').next().unwrap();
    let said = system.says(0, &["backtests", id]);
    assert!(
        said.contains("7 periods of 1d") && said.contains("skill"),
        "{said}"
    );
    assert!(system.says(0, &["backtests"]).contains(id));
}

#[tokio::test]
async fn what_is_planted_is_foreseen_and_earned_and_noise_is_not() {
    let (system, caller) = with_bars().await;
    let found = walked(&caller, walk(20)).await;
    check_planted(&found);
    check_always(&found);
    let trades = pb::ListArtifactsRequest {
        parent: found.job.clone(),
        ..pb::ListArtifactsRequest::default()
    };
    let files = caller
        .artifacts
        .clone()
        .list_artifacts(trades)
        .await
        .unwrap()
        .into_inner();
    let names: Vec<&str> = files
        .artifacts
        .iter()
        .map(|file| file.name.rsplit('/').next().unwrap())
        .collect();
    assert!(
        names.contains(&"trades.csv") && names.contains(&"backtest.json"),
        "{names:?}"
    );

    system
        .database
        .sql("SELECT setseed(0.1); UPDATE bars SET signal = random(), volume = random()");
    let noise = walked(&caller, walk(20)).await;
    let intervals = noise.intervals.clone().unwrap();
    assert_eq!(intervals.verdict(), pb::Verdict::NoSkill, "{intervals:?}");
    let earned = noise.trading.unwrap().mean_net_interval.unwrap().low;
    assert!(earned.is_none_or(|low| low < 0.0), "{:?}", noise.trading);
    check_lists(&caller, &noise).await;
    check_told(&system, &found);
    assert_eq!(system.database.sql("SELECT count(*) FROM model_version"), "0");
}

#[tokio::test]
async fn what_comes_after_a_period_changes_nothing_of_it() {
    let (system, caller) = with_bars().await;
    let early = pb::BacktestModelRequest {
        range: Some(data::range(FIRST, FIRST + 4 * DAY)),
        ..walk(20)
    };
    let before = walked(&caller, early.clone()).await;
    system.database.sql(
        "UPDATE bars SET close = close * (1 + 0.5 * random()), signal = -signal, volume = 0 WHERE at >= '2026-01-05'",
    );
    let after = walked(&caller, early).await;
    assert_ne!(before.source_fingerprint, after.source_fingerprint);
    for (nth, (before, after)) in before.periods.iter().zip(&after.periods).enumerate() {
        assert_eq!(before == after, nth < 2, "period {nth}: {before:?}\n{after:?}");
    }
}

/// Periods that start in the middle of the bars: labels of the last ten minutes are not known by then, and an embargo leaves out five
/// minutes more.
#[tokio::test]
async fn labels_that_are_not_known_when_a_period_starts_are_not_learned() {
    let (_system, caller) = with_bars().await;
    let middle = pb::BacktestModelRequest {
        range: Some(data::range(FIRST + 90, FIRST + 3 * DAY)),
        embargo: Some(minutes(5)),
        ..walk(20)
    };
    let found = walked(&caller, middle).await;
    assert_eq!(found.periods.len(), 3);
    for period in &found.periods {
        assert_eq!(
            (period.purged_rows, period.embargoed_rows),
            (ENTITIES * HORIZON, ENTITIES * 5)
        );
        let (known, start) = (
            micros(period.latest_train_resolve_time),
            micros(period.range.unwrap().start),
        );
        assert_eq!(
            start - known,
            6 * 60_000_000,
            "the last minute before the embargo"
        );
    }
}

#[tokio::test]
async fn a_walk_is_the_same_on_one_thread_and_on_two_and_with_the_spec_of_a_version() {
    let (mut system, caller) = without_worker(&[]).await;
    let short = pb::BacktestModelRequest {
        range: Some(data::range(FIRST, FIRST + 3 * DAY)),
        ..walk(20)
    };
    system.add_worker_with(ONE_THREAD).await;
    let one = walked(&caller, short.clone()).await;
    system.workers[0].signal(Signal::Term);
    system.workers[0].exit().await;
    system.add_worker_with(TWO_THREADS).await;
    let two = walked(&caller, short.clone()).await;
    assert_eq!(numbers(one), numbers(two.clone()));

    let training = pb::TrainModelRequest {
        model_id: "planted".into(),
        spec: Some(pb::TrainSpec {
            range: Some(data::range(0, FIRST)),
            ..spec(20)
        }),
        ..pb::TrainModelRequest::default()
    };
    let version = caller.trained(training).await.result.unwrap().model_version;
    let alias = pb::SetModelAliasRequest {
        name: "projects/default/models/planted@champion".into(),
        version: version.clone(),
        ..pb::SetModelAliasRequest::default()
    };
    caller
        .models
        .clone()
        .set_model_alias(alias.clone())
        .await
        .unwrap();
    let of_version = pb::BacktestModelRequest {
        subject: Some(Subject::ModelVersion(alias.name)),
        ..short
    };
    let found = walked(&caller, of_version).await;
    assert_eq!(found.model_version, version);
    let same = pb::Backtest {
        model_version: String::new(),
        ..found
    };
    assert_eq!(numbers(same), numbers(two));
}

async fn fitting(caller: &Caller, name: &str, period: &str) {
    wait::until("the walk fits", || async {
        let request = pb::GetJobRequest {
            name: name.into(),
            ..pb::GetJobRequest::default()
        };
        let job = caller.jobs.clone().get_job(request).await.ok()?.into_inner();
        job.progress?.message.starts_with(period).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_walk_is_cancelled_in_the_middle_and_outlives_its_worker() {
    let (mut system, caller) = without_worker(SHORT_LEASE).await;
    let first = system.add_worker().await;
    let long = asked(&caller, walk(10_000)).await.unwrap();
    fitting(&caller, &long.name, "period 1 of 7: tree").await;
    let request = pb::CancelJobRequest {
        name: long.name.clone(),
        ..pb::CancelJobRequest::default()
    };
    caller.jobs.clone().cancel_job(request).await.unwrap();
    assert_eq!(caller.ended(&long.name).await.state(), pb::JobState::Cancelled);

    let job = asked(&caller, walk(1500)).await.unwrap();
    fitting(&caller, &job.name, "period ").await;
    system.workers[first].signal(Signal::Kill);
    system.workers[first].exit().await;
    system.add_worker().await;
    let ended = caller.ended(&job.name).await;
    assert_eq!(ended.attempt, 2, "the other worker began anew");
    let found = got(&caller, &ended).await;
    assert_eq!(found.periods.len(), 7);
    assert_eq!(
        system
            .database
            .sql("SELECT count(*) FROM result WHERE state = 'COMMITTED'"),
        "1"
    );
}

/// The fields that are named when the request is refused.
async fn wrong(caller: &Caller, request: pb::BacktestModelRequest) -> Vec<String> {
    let refused = asked(caller, request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let found = refused.get_details_bad_request().unwrap().field_violations;
    found.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named() {
    let (_system, caller) = without_worker(&[]).await;
    let with = |change: fn(&mut pb::BacktestModelRequest)| {
        let mut request = walk(20);
        change(&mut request);
        request
    };
    let of_spec = |change: fn(&mut pb::TrainSpec)| {
        let mut spec = spec(20);
        change(&mut spec);
        pb::BacktestModelRequest {
            subject: Some(Subject::Spec(spec)),
            ..walk(20)
        }
    };
    let costs = |request: &mut pb::BacktestModelRequest| {
        request.costs = Some(pb::TradingCosts {
            fee_bps: -1.0,
            slippage_bps: 1001.0,
        });
    };
    let late = |request: &mut pb::BacktestModelRequest| {
        request.training_part = Some(TrainingPart::TrainStart(
            data::range(FIRST, FIRST + 1).start.unwrap(),
        ));
    };
    let column = |spec: &mut pb::TrainSpec| {
        let label = pb::ColumnLabel {
            column: "volume".into(),
            delay: Some(minutes(0)),
        };
        spec.label = Some(pb::LabelSpec {
            kind: Some(pb::label_spec::Kind::Column(label)),
        });
        spec.features.as_mut().unwrap().features.pop();
    };
    for (request, fields) in [
        (with(|request| request.step = Some(minutes(10))), vec!["step"]),
        (
            with(|request| request.embargo = Some(minutes(400 * DAY))),
            vec!["embargo"],
        ),
        (with(costs), vec!["costs.fee_bps", "costs.slippage_bps"]),
        (with(late), vec!["train_start"]),
        (with(|request| request.max_rows = Some(9)), vec!["max_rows"]),
        (
            of_spec(|spec| spec.range = Some(data::range(0, 9))),
            vec!["spec.range"],
        ),
        (
            of_spec(|spec| spec.split = Some(pb::SplitSpec::default())),
            vec!["spec.split"],
        ),
        (of_spec(column), vec!["spec.label"]),
    ] {
        assert_eq!(wrong(&caller, request).await, fields);
    }
}

#[tokio::test]
async fn what_must_be_said_is_named_and_a_look_makes_no_job() {
    let (system, caller) = without_worker(&[]).await;
    let none = pb::BacktestModelRequest::default();
    let found = wrong(&caller, none).await;
    for field in ["spec", "range", "step", "window"] {
        assert!(
            found.iter().any(|named| named == field),
            "{field} is not in {found:?}"
        );
    }
    let unknown = pb::BacktestModelRequest {
        subject: Some(Subject::ModelVersion(
            "projects/default/models/none/versions/7".into(),
        )),
        ..walk(20)
    };
    assert_eq!(asked(&caller, unknown).await.unwrap_err().code(), Code::NotFound);
    let look = pb::BacktestModelRequest {
        validate_only: true,
        ..walk(20)
    };
    let estimate = asked(&caller, look).await.unwrap().estimate.unwrap();
    assert_eq!(estimate.rows, DAYS * ENTITIES * OF_DAY);
    assert_eq!(system.database.sql("SELECT count(*) FROM job"), "0");
}
