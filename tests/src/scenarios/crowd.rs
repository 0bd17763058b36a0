//! Many jobs, many workers, many projects.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, rows_say_within, system};
use crate::database::Database;
use crate::scenarios::probe::{Probe, sleep};
use crate::wait;
use std::time::Duration;

/// Ten thousand jobs over twenty worker processes: each is done exactly once, and every worker had some.
pub(super) async fn each_exactly_once(scale: Scale) -> Outcome {
    let (jobs, workers) = scale.of((200, 4), (10_000, 20));
    let mut system = system(&[
        ("MLTS_WORKER__SLOTS", "2"),
        ("MLTS_DATABASE__MAX_CONNECTIONS", "4"),
    ])
    .await;
    Probe::nothing().submit(&system.database, jobs / 2);
    for _ in 0..workers {
        system.add_worker().await;
        Probe::nothing().submit(&system.database, jobs / 2 / workers);
    }
    super::all_ended(
        &system.database,
        wait::PATIENCE + Duration::from_millis(200) * jobs as u32,
    )
    .await;
    assert_all_succeeded(&system);
    let counts = system.database.sql(
        "SELECT count(*), max(j.lease_epoch), (SELECT count(*) FROM job_attempt), (SELECT count(*) FROM result),
                (SELECT count(DISTINCT worker_id) FROM job_attempt) FROM job j",
    );
    assert_eq!(counts, format!("{jobs}|1|{jobs}|{jobs}|{workers}"));
    assert_eq!(
        system.stale_writes(),
        [""; 0],
        "no lease was lost, and none is said to be"
    );
    Outcome::of(&system, jobs as u32).await
}

/// One project with thousands of waiting jobs, put in first, beside 99 with a few each: the small ones do not wait for it.
pub(super) async fn fairness(scale: Scale) -> Outcome {
    let (large, projects, small) = scale.of((150, 9, 5), (5000, 99, 50));
    let slots = 4;
    let mut system = system(&[("MLTS_WORKER__SLOTS", "2")]).await;
    let database = &system.database;
    make_projects(database, projects);
    // A little work each, so that several run side by side.
    let job = Probe::doing(&[sleep(100)]);
    job.submit(database, large);
    for project in 1..=projects {
        let of_project = Probe {
            project: format!("small{project}"),
            ..job.clone()
        };
        of_project.submit(database, small);
    }
    for _ in 0..2 {
        system.add_worker().await;
    }
    let patience = wait::PATIENCE + Duration::from_millis(400) * (projects * small) as u32;
    let question = "NOT EXISTS (SELECT FROM job WHERE project <> 'default' AND finished_at IS NULL)";
    rows_say_within(
        patience,
        &system.database,
        "the small projects are done",
        question,
    )
    .await;
    let begun = system.database.count(
        "SELECT count(*) FROM job_attempt a JOIN job j ON j.id = a.job_id
          WHERE j.project = 'default' AND a.started_at <= (
            SELECT max(b.started_at) FROM job_attempt b JOIN job s ON s.id = b.job_id WHERE s.project <> 'default')",
    );
    // As long as other projects wait, the large one has about one slot.
    let fair = (projects * small / (slots - 1)) as i64;
    assert!(
        begun <= 2 * fair + 2 * slots as i64,
        "{begun} jobs of the large project went first, fair are {fair}"
    );
    // The rest of the large project says no more.
    system.database.sql(
        "UPDATE job SET state = 'CANCELLED', finished_at = now(), error_code = 'CANCELLED', error_message = 'enough',
                cancel_requested_at = now(), cancel_requested_by = 'test' WHERE state = 'QUEUED'",
    );
    Outcome::of(&system, (projects * small) as u32).await
}

fn make_projects(database: &Database, count: usize) {
    database.sql(&format!(
        "INSERT INTO project SELECT (jsonb_populate_record(p, jsonb_build_object('id', 'small' || n))).*
           FROM project p, generate_series(1, {count}) n WHERE p.id = 'default'"
    ));
}

/// Three projects that may run two jobs each, with many workers: never more than two run, at any commit (I7), and the limit is
/// reached.
pub(super) async fn max_running_is_exact(scale: Scale) -> Outcome {
    let (jobs, workers) = scale.of((20, 3), (300, 10));
    let mut system = system(&[("MLTS_WORKER__SLOTS", "4")]).await;
    make_projects(&system.database, 3);
    system.database.sql("UPDATE project SET max_running = 2");
    for project in ["default", "small1", "small2"] {
        let job = Probe {
            project: project.to_owned(),
            ..Probe::doing(&[sleep(60)])
        };
        job.submit(&system.database, jobs);
    }
    for _ in 0..workers {
        system.add_worker().await;
    }
    super::all_ended(
        &system.database,
        wait::PATIENCE + Duration::from_millis(200) * jobs as u32,
    )
    .await;
    assert_all_succeeded(&system);
    let most = system.database.count(
        "SELECT max(n) FROM (SELECT sum(d) OVER (PARTITION BY project ORDER BY at, d) AS n FROM (
           SELECT j.project, a.started_at AS at, 1 AS d FROM job_attempt a JOIN job j ON j.id = a.job_id
           UNION ALL SELECT j.project, a.ended_at, -1 FROM job_attempt a JOIN job j ON j.id = a.job_id) e) s",
    );
    // The recorder of I7 counts exactly; these times are those at which transactions began.
    assert!(most >= 2, "the limit was never reached: at most {most} ran");
    Outcome::of(&system, (jobs * 3) as u32).await
}
