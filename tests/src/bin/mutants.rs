//! `mutants [--all | --scenarios] [NAME...]`: takes each safeguard out of its statement and shows the tests red. Ends with
//! `survivors: N`; exit code 0 only when every mutant was killed. `--all` asks every test about each mutant, not only until the
//! first red one; `--scenarios` asks the fault suite alone.
#![allow(clippy::print_stdout, clippy::expect_used)]

use mltraining_tests::mutants::{Effort, Judge, MUTANTS, Mutant, TestsOfStore, Verdict};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = names
        .iter()
        .find(|name| !MUTANTS.iter().any(|m| m.name == **name))
    {
        println!("no mutant {unknown}; there are:");
        MUTANTS.iter().for_each(|mutant| println!("  {}", mutant.name));
        return ExitCode::FAILURE;
    }
    let asked = |flag: &str| flags.iter().any(|given| given == flag);
    let effort = if asked("--scenarios") {
        Effort::Scenarios
    } else if asked("--all") {
        Effort::All
    } else {
        Effort::First
    };
    let chosen: Vec<&Mutant> = MUTANTS
        .iter()
        .filter(|mutant| names.is_empty() || names.iter().any(|name| name == mutant.name))
        .filter(|mutant| effort != Effort::Scenarios || asks_a_scenario(mutant))
        .collect();
    match run(&chosen, effort) {
        Ok(survivors) => {
            println!("survivors: {survivors}");
            if survivors == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(reason) => {
            println!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// True when a scenario must notice it. One that only the store's tests can notice is left out, and that is said.
fn asks_a_scenario(mutant: &Mutant) -> bool {
    let asks = !mutant.scenarios.is_empty();
    if !asks {
        println!("{}: left out, the store's tests alone notice it", mutant.name);
    }
    asks
}

/// Judges the mutants. Returns how many were not killed; those that could not be asked count.
fn run(chosen: &[&Mutant], effort: Effort) -> Result<usize, String> {
    let server =
        std::env::var("DATABASE_URL").expect("DATABASE_URL is not set; run this with `./dev mutants`");
    let tests_of_store = match effort {
        Effort::Scenarios => None,
        Effort::First | Effort::All => Some(TestsOfStore::build()?),
    };
    let judge = Judge::new(&server, tests_of_store);
    let mut scenarios: Vec<&str> = chosen
        .iter()
        .flat_map(|mutant| mutant.scenarios)
        .copied()
        .collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    println!("{:<34}{:<7}{:>6}  killed by", "mutant", "tests", "s");
    // Red means something only when the same tests are green without a mutation.
    let start = Instant::now();
    let verdict = judge.judge_unchanged(&scenarios);
    print_row("none", &verdict, start);
    if verdict != Verdict::Green {
        return Err("the tests are not green without a mutation".to_owned());
    }
    let mut survivors = 0;
    for mutant in chosen {
        let start = Instant::now();
        let verdict = judge.judge(mutant, effort);
        print_row(mutant.name, &verdict, start);
        survivors += usize::from(!matches!(verdict, Verdict::Red(_)));
    }
    Ok(survivors)
}

fn print_row(name: &str, verdict: &Verdict, start: Instant) {
    let (word, by) = match verdict {
        Verdict::Red(by) => ("red", by.join(", ")),
        Verdict::Green => ("green", String::new()),
        Verdict::Unknown(reason) => ("?", reason.clone()),
    };
    println!("{name:<34}{word:<7}{:>6}  {by}", start.elapsed().as_secs());
}
