//! `soak MINUTES [SEED]`: a whole system under load and random faults. Prints what was done and how fast each watched quantity
//! grew, then `violations: N`; exit code 0 only when everything was measured, every fault could be made, nothing grew and N is 0.
#![allow(clippy::print_stdout)]

use mltraining_tests::invariants;
use mltraining_tests::soak::{self, Growth, Soaked, TooFew};
use std::process::ExitCode;
use std::time::Duration;

/// A longer soak is two soaks.
const MOST_MINUTES: f64 = 24.0 * 60.0;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let minutes = arguments.next().and_then(|text| text.parse::<f64>().ok());
    let Some(minutes) = minutes.filter(|minutes| (0.1..=MOST_MINUTES).contains(minutes)) else {
        println!("give the minutes, 0.1 to {MOST_MINUTES}: ./dev soak MINUTES [SEED]");
        return ExitCode::FAILURE;
    };
    let seed = arguments.next().map_or(Ok(1), |text| text.parse());
    let Ok(seed) = seed else {
        println!("the seed is a whole number: ./dev soak MINUTES [SEED]");
        return ExitCode::FAILURE;
    };
    println!("soaking for {minutes} minutes with seed {seed}");
    let soaked = Box::pin(soak::run(Duration::from_secs_f64(minutes * 60.0), seed)).await;
    for (what, count) in &soaked.counts {
        println!("{what:<34}{count:>12}");
    }
    let steady = print_growth(&soaked);
    print!("{}", invariants::listed(&soaked.violations));
    for server in &soaked.skipped {
        println!(
            "skipped: {server} was never taken away, this machine has no programs for a server of the soak's own"
        );
    }
    println!("{:.0} s", soaked.time.as_secs_f64());
    println!("violations: {}", soaked.violations.len());
    if soaked.violations.is_empty() && soaked.skipped.is_empty() && steady {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints how each quantity grew and what the soak was too short for. True when everything was measured and nothing grew.
fn print_growth(soaked: &Soaked) -> bool {
    println!(
        "\n{:<34}{:>12}{:>12}{:>12}{:>10}{:>12}{:>12}{:>9}",
        "quantity", "from", "to", "growth/h", "rise", "tolerated", "tells >/h", "samples"
    );
    for growth in &soaked.growth {
        match growth {
            Ok(growth) => println!("{growth}"),
            Err(few) => println!("{few}"),
        }
    }
    let told: Vec<&Growth> = soaked.growth.iter().flatten().collect();
    let few: Vec<&TooFew> = soaked
        .growth
        .iter()
        .filter_map(|growth| growth.as_ref().err())
        .collect();
    if !few.is_empty() {
        println!(
            "{} quantities measured too seldom: the process is gone, or the soak was shorter than 3 minutes",
            few.len()
        );
    }
    let untold = told.iter().filter(|growth| !growth.tells()).count();
    if untold > 0 {
        println!("too short to tell a leak of {untold} quantities: a soak of 2 hours tells each");
    }
    few.is_empty() && told.iter().all(|growth| growth.is_fine())
}
