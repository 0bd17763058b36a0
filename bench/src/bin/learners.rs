//! Our learners beside scikit-learn's: CPU of fit and predict on one thread, and AUC on rows that neither has seen.
//! 100,000 x 40, 10 % positives. `BENCH_PEERS=1` measures the peers in the same run.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use anyhow::Context;
use mltraining_bench::cpu::mean_of;
use mltraining_bench::peers::{PeerFit, Peers};
use mltraining_bench::{Goal, Row, matrices, write_report};
use mltraining_domain::{AlgorithmSpec, LogisticRegressionSpec, RandomForestSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{Cut, measure};

const SEED: u64 = 42;

/// A learner of ours and the peer that does the same.
struct Contest {
    name: &'static str,
    spec: AlgorithmSpec,
    peer: &'static str,
    /// Largest share of the peer's CPU.
    fit: f64,
    /// Fits that are averaged, so that the clock's steps do not show.
    fits: u32,
}

/// What we reached.
struct Ours {
    fit_cpu: f64,
    predict_cpu: f64,
    auc: f64,
}

fn main() -> anyhow::Result<()> {
    let dataset = matrices::make(100_000, 50_000, 40, 0.1, 2);
    let names = (0..dataset.columns.len()).map(|j| format!("f{j}")).collect();
    let x = Matrix::new(names, dataset.columns.clone())?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut rows = Vec::new();
    for contest in contests() {
        let ours = one.install(|| run(&contest, &x, &dataset))?;
        let peer = Peers::prepare(&dataset).and_then(|peers| peers.fit(contest.peer));
        if let Err(reason) = &peer {
            println!("{}: no peer: {reason:#}", contest.name);
        }
        rows.extend(table(&contest, &ours, peer.ok().as_ref()));
    }
    let file = write_report("learners", &rows)?;
    println!("\nwritten to {}", file.display());
    Ok(())
}

fn contests() -> [Contest; 2] {
    [
        Contest {
            name: "random_forest 100 trees depth 10",
            spec: AlgorithmSpec::RandomForest(RandomForestSpec::default()),
            peer: "sk_rf",
            fit: 1.0 / 80.0,
            fits: 5,
        },
        Contest {
            name: "logistic_regression",
            spec: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
            peer: "sk_lr",
            fit: 1.0,
            fits: 20,
        },
    ]
}

fn run(contest: &Contest, x: &Matrix, dataset: &matrices::Dataset) -> anyhow::Result<Ours> {
    let all: Vec<u32> = (0..x.rows() as u32).collect();
    let (train, test) = all.split_at(dataset.train_rows);
    let once = || fit(&contest.spec, x, train, &dataset.labels, SEED, &Control::none());
    once()?; // warm caches and pages, as the peers' libraries are when they are timed
    let (model, fit_took) = mean_of(contest.fits, once)?;
    let model = model.context(contest.name)?;
    let (scores, predict_took) = mean_of(contest.fits, || model.predict(x, test))?;
    let measured = measure(&dataset.labels[dataset.train_rows..], &scores, Cut::None);
    let auc = measured.roc_auc.context("both classes are in the test rows")?;
    Ok(Ours {
        fit_cpu: fit_took.cpu,
        predict_cpu: predict_took.cpu,
        auc,
    })
}

fn table(contest: &Contest, ours: &Ours, peer: Option<&PeerFit>) -> [Row; 3] {
    let name = |what: &str| format!("{} vs {}: {what}", contest.name, contest.peer);
    [
        Row::new(
            name("fit"),
            "CPU s",
            ours.fit_cpu,
            peer.map(|p| p.fit_cpu),
            Goal::AtMost(contest.fit),
        ),
        Row::new(
            name("predict 50k"),
            "CPU s",
            ours.predict_cpu,
            peer.map(|p| p.pred_cpu),
            Goal::AtMost(1.0),
        ),
        Row::new(
            name("AUC"),
            "",
            ours.auc,
            peer.map(|p| p.auc),
            Goal::AtLeast(0.999),
        ),
    ]
}
