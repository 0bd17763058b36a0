//! Claim and finish per second, as a share of what pgbench commits.

use super::Length;
use super::commits::Pgbench;
use super::jobs;
use super::report::Report;
use super::throughput::{Throughput, WARM_UP, work};
use crate::report::Goal;
use mltraining_domain::JobKind;

/// A job needs three commits, one of them heavy.
const GOAL: Goal = Goal::AtLeast(1.0 / 6.0);
/// The most jobs that workers could do in a second: so many wait.
const PER_SECOND: u32 = 4_000;

/// Measures claims by 1, 4 and 20 workers, in one project and in ten, and beside many finished jobs; the yardstick is
/// measured before and after each.
///
/// # Errors
/// When a database cannot be made or does not answer.
pub(super) async fn measure(length: &Length, pgbench: &Pgbench, report: &mut Report) -> anyhow::Result<()> {
    report.part("claim + stage + finish, jobs that do nothing, workers with pools of their own");
    let mut before = pgbench.yardstick(length.pgbench)?;
    for projects in [1, 10] {
        for workers in [1, 4, 20] {
            let (database, _) = jobs::database(projects).await?;
            jobs::make_probes(&database, PER_SECOND * (length.load + WARM_UP).as_secs() as u32);
            let done = work(&database, JobKind::Probe, workers, length.load).await?;
            let after = pgbench.yardstick(length.pgbench)?;
            let name = format!("{workers} workers, {}", of(projects));
            tell(
                report,
                &name,
                &done,
                f64::midpoint(before, after),
                (workers == 20).then_some(GOAL),
            );
            before = after;
        }
    }
    let (database, _) = jobs::database(1).await?;
    jobs::make_finished(&database, length.finished);
    jobs::make_probes(&database, PER_SECOND * (length.load + WARM_UP).as_secs() as u32);
    let done = work(&database, JobKind::Probe, 20, length.load).await?;
    let after = pgbench.yardstick(length.pgbench)?;
    let name = format!("20 workers, 1 project, beside {} finished jobs", length.finished);
    tell(report, &name, &done, f64::midpoint(before, after), Some(GOAL));
    Ok(())
}

fn of(projects: u32) -> String {
    if projects == 1 {
        "1 project".to_owned()
    } else {
        format!("{projects} projects")
    }
}

fn tell(report: &mut Report, name: &str, done: &Throughput, yardstick: f64, goal: Option<Goal>) {
    report.note(name, "jobs/s", done.per_second);
    let share = done.per_second / yardstick;
    match goal {
        Some(goal) => report.hold(format!("{name}, share of pgbench"), "", share, goal),
        None => report.note(format!("{name}, share of pgbench"), "", share),
    }
    report.spread(&format!("{name}, claim"), "ms", done.claim, [None; 3]);
    report.spread(&format!("{name}, stage + finish"), "ms", done.finish, [None; 3]);
}
