//! Versions that real trainings made, named, promoted behind a gate, and read by their names.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;

const MINUTES: u32 = 2000;

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
    for trees in [3, 5] {
        caller.trained(data::training("m", MINUTES.into(), trees)).await;
    }

    let said = system.says(0, &["promote", "m@1", "--require", "roc_auc>=0.6"]);
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
    let said = system.says(7, &strict);
    assert!(said.contains("roc_auc > 1, found 0."), "{said}");
    assert!(said.contains("verdict = skill, found none"), "{said}");
    let said = system.says(0, &[&strict[..], &["--validate-only"]].concat());
    assert!(said.contains("champion would stay m@1"), "{said}");
    assert_eq!(champion(&caller).await.version, 1);

    let said = system.says(0, &["model", "alias", "set", "m@2", "challenger"]);
    assert!(
        said.contains("aliases      challenger = m@2, champion = m@1"),
        "{said}"
    );
    system.says(0, &["promote", "m@challenger"]);
    assert_eq!(champion(&caller).await.version, 2);
    system.says(0, &["model", "alias", "delete", "m@challenger"]);
    let said = system.says(3, &["model", "get", "m@challenger"]);
    assert!(said.contains("models/m@challenger was not found"), "{said}");

    let said = system.says(0, &["model", "promotions", "m"]);
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
    let said = system.says(0, &["leaderboard"]);
    let titles = said
        .lines()
        .filter(|line| line.starts_with("bars, tested "))
        .count();
    assert_eq!(titles, 1, "both versions were tested on the same rows: {said}");
    assert!(said.contains("m@1") && said.contains("m@2"), "{said}");
    system.says(0, &["reproduce", "m@champion"]);
    check_lineage(&system);
}

/// Who asks where a version comes from is led to its rows, and to all that names it.
fn check_lineage(system: &System) {
    let said = system.says(0, &["model", "lineage", "m@champion"]);
    for part in [
        "version      m@2",
        "attempt 1",
        "bars, 2026-01-01 00:00",
        "reproduce",
        &format!(", commit {}", mltraining_domain::release::GIT_HASH),
        "SUCCEEDED",
        "champion: m@1 to m@2, without a gate",
        "challenger: m@2 to none",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let said = system.says(0, &["model", "lineage", "m@1", "--limit", "1"]);
    assert!(said.contains("champion: m@1 to m@2"), "the newest first: {said}");
    assert!(said.contains("there are more uses"), "{said}");
    let said = system.says(0, &["model", "importance", "m@1"]);
    let best = said.lines().nth(1).unwrap();
    assert!(best.contains("signal") && best.contains('█'), "{said}");
    assert!(!said.contains("was not measured"), "{said}");
}
