//! From a table to a matrix, in one run: psql's COPY to nowhere, our reader, our features and labels, and the same by peers in
//! Python. Each is a process of its own, so that its memory is its own.

mod floor;
mod panel;
mod peers;
pub(crate) mod rows;
mod step;

pub(crate) use panel::features;
pub(crate) use rows::python;
pub use step::{Step, Took, take};

use crate::{Goal, Row};
use floor::Floor;
use peers::{Peer, PeerTook};

/// Rounds of what is measured by the wall; their medians count.
const ROUNDS: usize = 3;

/// Measures with `copies` times half a million rows.
///
/// # Errors
/// When the rows cannot be made, or a step fails. A peer that cannot run is said and left out.
pub fn run(copies: u32) -> anyhow::Result<Vec<Row>> {
    let made = rows::make(copies)?;
    let url = made.url();
    let (mut floor, mut ordered) = (Vec::new(), Vec::new());
    let (mut read, mut matrix) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(floor::copy(&url, Floor::Same)?);
        ordered.push(floor::copy(&url, Floor::InOrder)?);
        read.push(step::measure(Step::Read, &url)?);
        matrix.push(step::measure(Step::Matrix, &url)?);
    }
    let ours = Ours {
        size: format!("{:.1} M rows", read[0].rows as f64 / 1e6),
        wall: median(read.iter().map(|took| took.wall)),
        compute_wall: median(matrix.iter().map(|took| took.compute_wall)),
        compute_cpu: median(matrix.iter().map(|took| took.compute_cpu)),
        read: read[0],
        matrix: matrix[0],
    };
    let mut table = ours.beside_floors(median(floor.into_iter()), median(ordered.into_iter()));
    for peer in Peer::ALL {
        match peer.measure(&url) {
            Ok(took) => {
                table.extend(ours.beside_peer(peer, &took));
                peers::check(&took, &ours.matrix)?;
            }
            Err(reason) => say(&format!("{}: no {peer}: {reason:#}", ours.size)),
        }
    }
    Ok(table)
}

/// What the service took: medians of all rounds, and the counts of the first.
struct Ours {
    size: String,
    wall: f64,
    compute_wall: f64,
    compute_cpu: f64,
    read: Took,
    matrix: Took,
}

impl Ours {
    fn row(&self, what: &str, unit: &'static str, ours: f64, other: f64, goal: f64) -> Row {
        Row::new(
            format!("{}: {what}", self.size),
            unit,
            ours,
            Some(other),
            Goal::AtMost(goal),
        )
    }

    /// Beside psql, and beside the sizes of what is held.
    fn beside_floors(&self, same: f64, ordered: f64) -> Vec<Row> {
        let (read, made) = (&self.read, &self.matrix);
        vec![
            self.row("read vs psql copy of the same select", "s", self.wall, same, 1.25),
            self.row(
                "read vs psql copy in the panel's order",
                "s",
                self.wall,
                ordered,
                1.25,
            ),
            self.row(
                "peak memory vs matrix of the panel, read",
                "MiB",
                read.peak_mib,
                read.matrix_mib,
                1.5,
            ),
            self.row(
                "peak memory vs panel and matrix, 60 features",
                "MiB",
                made.peak_mib,
                made.matrix_mib,
                1.5,
            ),
        ]
    }

    fn beside_peer(&self, peer: Peer, took: &PeerTook) -> Vec<Row> {
        let mut table = vec![self.row(&format!("read vs {peer}"), "s", self.wall, took.wall, 1.0)];
        if let (Some(wall), Some(cpu)) = (took.compute_wall, took.compute_cpu) {
            let what = |unit| format!("60 features and labels vs {peer}, {unit}");
            table.push(self.row(&what("wall"), "s", self.compute_wall, wall, 0.2));
            table.push(self.row(&what("CPU"), "CPU s", self.compute_cpu, cpu, 0.2));
        }
        table
    }
}

#[expect(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
fn say(text: &str) {
    println!("{text}");
}

/// # Panics
/// Without a value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
