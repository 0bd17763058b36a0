//! Versions that real trainings made, named, promoted behind a gate, and read by their names.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use std::process::Output;

const MINUTES: u32 = 2000;

fn mlts(system: &System, line: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = system.mlts().args(line).output().unwrap();
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&said).into_owned())
}

async fn trained(caller: &Caller, trees: i32) -> pb::Job {
    let request = data::training("m", MINUTES.into(), trees);
    let job = caller.training.clone().train_model(request).await.unwrap();
    let job = caller.ended(&job.into_inner().name).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    job
}

async fn champion(caller: &Caller) -> pb::ModelVersion {
    let request = pb::GetModelVersionRequest {
        name: "projects/default/models/m@champion".to_owned(),
        view: 0,
    };
    let answer = caller.models.clone().get_model_version(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn a_version_of_a_real_training_is_promoted_by_what_it_is_worth() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 3, MINUTES);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    trained(&caller, 3).await;
    trained(&caller, 5).await;

    let (code, said) = mlts(&system, &["promote", "m@1", "--require", "roc_auc>=0.6"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("holds    roc_auc >= 0.6, found 0."), "{said}");
    assert!(said.contains("champion is m@1 now, and was none"), "{said}");
    let first = champion(&caller).await;
    assert_eq!(
        (first.version, first.aliases.as_slice()),
        (1, &["champion".to_owned()][..])
    );
    let auc = first.evaluation.unwrap().overall.unwrap().roc_auc.unwrap();
    assert!(
        said.contains(&format!("found {auc}")),
        "the gate reads what the version shows: {said}"
    );

    // The period is too short for intervals: nobody can say that there is skill.
    let strict = ["promote", "m@2", "--require", "roc_auc>1", "--require", "skill"];
    let (code, said) = mlts(&system, &strict);
    assert_eq!(code, Some(7), "{said}");
    assert!(said.contains("roc_auc > 1, found 0."), "{said}");
    assert!(said.contains("verdict = skill, found none"), "{said}");
    let (code, said) = mlts(&system, &[&strict[..], &["--validate-only"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("champion would stay m@1"), "{said}");
    assert_eq!(champion(&caller).await.version, 1);

    let (code, said) = mlts(&system, &["model", "alias", "set", "m@2", "challenger"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("aliases      challenger = m@2, champion = m@1"),
        "{said}"
    );
    let (code, said) = mlts(&system, &["promote", "m@challenger"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(champion(&caller).await.version, 2);
    let (code, said) = mlts(&system, &["model", "alias", "delete", "m@challenger"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = mlts(&system, &["model", "get", "m@challenger"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("models/m@challenger was not found"), "{said}");

    let (code, said) = mlts(&system, &["model", "promotions", "m"]);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<Vec<&str>> = said
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    // number, day, hour, alias, from, to
    let moves: Vec<&[&str]> = lines[1..].iter().map(|line| &line[3..6]).collect();
    let wanted: [&[&str]; 4] = [
        &["challenger", "m@2", "none"],
        &["champion", "m@1", "m@2"],
        &["challenger", "none", "m@2"],
        &["champion", "none", "m@1"],
    ];
    assert_eq!(moves, wanted, "{said}");
    let (code, said) = mlts(&system, &["leaderboard"]);
    assert_eq!(code, Some(0), "{said}");
    let titles = said
        .lines()
        .filter(|line| line.starts_with("bars, tested "))
        .count();
    assert_eq!(titles, 1, "both versions were tested on the same rows: {said}");
    assert!(said.contains("m@1") && said.contains("m@2"), "{said}");
    let (code, said) = mlts(&system, &["reproduce", "m@champion"]);
    assert_eq!(code, Some(0), "{said}");
}
