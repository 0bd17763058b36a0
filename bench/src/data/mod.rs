//! From a table to a matrix, in one run: psql's COPY to nowhere, our reader, our features and labels, and the same by peers in
//! Python. Each is a process of its own, so that its memory is its own.

mod floor;
mod panel;
mod peers;
pub(crate) mod rows;
mod step;

pub(crate) use panel::features;
pub use step::{Step, Took, take};

use crate::{Goal, Row};
use floor::Floor;
use peers::Peer;

/// Rounds of what is measured by the wall; their medians count.
const ROUNDS: usize = 3;

/// Measures with `copies` times half a million rows.
///
/// # Errors
/// When the rows cannot be made, or a step fails. A peer that cannot run is said and left out.
pub fn run(copies: u32) -> anyhow::Result<Vec<Row>> {
    let table = rows::make(copies)?;
    let url = table.url();
    let (mut floor, mut ordered) = (Vec::new(), Vec::new());
    let (mut read, mut matrix) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(floor::copy(&url, Floor::Same)?);
        ordered.push(floor::copy(&url, Floor::InOrder)?);
        read.push(step::measure(Step::Read, &url)?);
        matrix.push(step::measure(Step::Matrix, &url)?);
    }
    let (floor, ordered) = (median(floor.into_iter()), median(ordered.into_iter()));
    let wall = |of: &[Took]| median(of.iter().map(|took| took.wall));
    let (reader, made) = (read[0], matrix[0]);
    let size = format!("{:.1} M rows", reader.rows as f64 / 1e6);
    let name = |what: &str| format!("{size}: {what}");
    let mut table = vec![
        Row::new(
            name("read vs psql copy of the same select"),
            "s",
            wall(&read),
            Some(floor),
            Goal::AtMost(1.25),
        ),
        Row::new(
            name("read vs psql copy in the panel's order"),
            "s",
            wall(&read),
            Some(ordered),
            Goal::AtMost(1.25),
        ),
        Row::new(
            name("peak memory vs matrix of the panel, read"),
            "MiB",
            reader.peak_mib,
            Some(reader.matrix_mib),
            Goal::AtMost(1.5),
        ),
        Row::new(
            name("peak memory vs panel and matrix, 60 features"),
            "MiB",
            made.peak_mib,
            Some(made.matrix_mib),
            Goal::AtMost(1.5),
        ),
    ];
    let compute = median(matrix.iter().map(|took| took.compute_wall));
    let compute_cpu = median(matrix.iter().map(|took| took.compute_cpu));
    for peer in Peer::ALL {
        match peer.measure(&url) {
            Ok(took) => {
                table.push(Row::new(
                    name(&format!("read vs {peer}")),
                    "s",
                    wall(&read),
                    Some(took.wall),
                    Goal::AtMost(1.0),
                ));
                if let (Some(wall), Some(cpu)) = (took.compute_wall, took.compute_cpu) {
                    let goal = Goal::AtMost(0.2);
                    let what = |unit| name(&format!("60 features and labels vs {peer}, {unit}"));
                    table.push(Row::new(what("wall"), "s", compute, Some(wall), goal));
                    table.push(Row::new(what("CPU"), "CPU s", compute_cpu, Some(cpu), goal));
                }
                peers::check(&took, &made)?;
            }
            Err(reason) => say(&format!("{size}: no {peer}: {reason:#}")),
        }
    }
    Ok(table)
}

#[expect(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
fn say(text: &str) {
    println!("{text}");
}

/// # Panics
/// Without a value.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
