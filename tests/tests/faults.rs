//! The fault suite in its short form; `./dev faults` runs the full one. Each test makes one fault happen to a whole system and
//! then checks every invariant of the job engine.

use mltraining_tests::scenarios::{SCENARIOS, Scale};
use tokio::sync::RwLock;

/// Scenarios run side by side, but for those that need the machine for themselves.
static MACHINE: RwLock<()> = RwLock::const_new(());

async fn survives(name: &str) {
    let scenario = SCENARIOS
        .iter()
        .find(|s| s.name == name)
        .expect("the registry has it");
    let _shared = MACHINE.read().await;
    (scenario.run)(Scale::Short).await.assert_clean();
}

async fn survives_alone(name: &str) {
    let scenario = SCENARIOS
        .iter()
        .find(|s| s.name == name)
        .expect("the registry has it");
    let _alone = MACHINE.write().await;
    (scenario.run)(Scale::Short).await.assert_clean();
}

#[test]
fn each_scenario_of_the_full_suite_has_a_short_form_here() {
    let this = include_str!("faults.rs");
    for scenario in SCENARIOS {
        assert!(
            this.contains(&format!("(\"{}\")", scenario.name)),
            "{} is not run",
            scenario.name
        );
    }
}

#[tokio::test]
async fn workers_killed_in_a_loop_lose_no_job_and_leave_no_child() {
    survives("kill_loop").await;
}

#[tokio::test]
async fn a_training_whose_workers_are_killed_ends_with_one_version() {
    survives("kill_mid_train").await;
}

#[tokio::test]
async fn a_worker_told_to_end_gives_its_jobs_back_uncharged() {
    survives("sigterm").await;
}

#[tokio::test]
async fn a_worker_that_wakes_up_beside_its_successor_is_refused() {
    survives("zombie").await;
}

#[tokio::test]
async fn a_worker_that_wakes_up_beside_an_operators_retry_is_refused() {
    survives("operator_retry").await;
}

#[tokio::test]
async fn a_heartbeat_that_comes_late_renews_nothing() {
    survives("late_beat").await;
}

#[tokio::test]
async fn a_progress_that_comes_late_is_refused() {
    survives("late_progress").await;
}

#[tokio::test]
async fn a_log_line_that_comes_late_is_refused() {
    survives("late_log").await;
}

#[tokio::test]
async fn a_staging_that_comes_late_is_refused() {
    survives("late_stage").await;
}

#[tokio::test]
async fn a_finish_that_comes_late_is_refused() {
    survives("late_finish").await;
}

#[tokio::test]
async fn a_failure_that_comes_late_is_refused() {
    survives("late_fail").await;
}

#[tokio::test]
async fn a_worker_killed_at_any_step_of_claim_stage_and_finish_costs_an_attempt_at_most() {
    survives("crash_at_each_step").await;
}

#[tokio::test]
async fn a_worker_killed_while_it_fails_a_job_charges_it_once() {
    survives("crash_at_fail").await;
}

#[tokio::test]
async fn a_finish_whose_answer_is_lost_is_not_done_again() {
    survives("answers_dropped").await;
}

#[tokio::test]
async fn a_step_that_never_reached_postgres_is_done_again_in_the_same_attempt() {
    survives("cut_before_each_step").await;
}

#[tokio::test]
async fn a_worker_cut_off_from_postgres_is_refused_when_it_comes_back() {
    survives("partition_of_one").await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_for_two_leases_loses_nothing() {
    survives("partition_of_all").await;
}

#[tokio::test]
async fn connections_that_break_at_random_lose_nothing() {
    survives("cuts_and_delays").await;
}

#[tokio::test]
async fn a_postgres_that_crashes_in_a_claim_loses_no_job() {
    survives("postgres_crash_mid_claim").await;
}

#[tokio::test]
async fn a_postgres_that_crashes_in_a_finish_costs_no_attempt() {
    survives("postgres_crash_mid_finish").await;
}

#[tokio::test]
async fn jobs_compute_on_while_postgres_is_away_and_finish_under_their_epoch() {
    survives("postgres_away").await;
}

#[tokio::test]
async fn sessions_that_are_ended_all_the_time_lose_nothing() {
    survives("sessions_ended").await;
}

#[tokio::test]
async fn a_redis_that_forgets_everything_delays_no_later_hint() {
    survives("flushall").await;
}

#[tokio::test]
async fn jobs_are_done_without_redis() {
    survives("redis_away").await;
}

#[tokio::test]
async fn doubled_malformed_and_unknown_hints_do_no_harm() {
    survives("strange_hints").await;
}

#[tokio::test]
async fn a_job_committed_by_a_dying_api_server_is_done_once() {
    survives("api_killed_before_hint").await;
}

#[tokio::test]
async fn fifty_submits_of_one_request_are_one_job() {
    survives("one_request_id").await;
}

#[tokio::test]
async fn a_full_disk_delays_a_job_and_commits_no_half_file() {
    survives("disk_full").await;
}

#[tokio::test]
async fn an_attempt_killed_while_it_stores_its_file_leaves_nothing_behind() {
    survives("crash_while_storing").await;
}

#[tokio::test]
async fn poison_jobs_end_alone() {
    survives("poison_jobs").await;
}

#[tokio::test]
async fn an_acknowledged_cancel_never_succeeds() {
    survives("random_cancels").await;
}

#[tokio::test]
async fn many_reapers_take_each_expired_lease_once() {
    survives("many_reapers").await;
}

#[tokio::test]
async fn a_session_that_sits_on_a_lock_holds_nothing_else_up() {
    survives("stuck_sessions").await;
}

#[tokio::test]
async fn no_hand_breaks_the_rules_of_a_jobs_life() {
    survives("broken_rules").await;
}

#[tokio::test]
async fn max_running_holds_at_every_commit() {
    survives("max_running").await;
}

#[tokio::test]
async fn small_projects_do_not_wait_for_a_large_one() {
    survives("fairness").await;
}

#[tokio::test]
async fn no_lease_is_lost_while_all_cores_are_busy() {
    survives_alone("cpu_saturated").await;
}

#[tokio::test]
async fn each_job_of_many_is_done_once_by_many_workers() {
    survives("each_exactly_once").await;
}

#[tokio::test]
async fn a_cancel_that_comes_before_a_finish_wins() {
    survives("cancel_meets_finish").await;
}
