//! Our learners beside their peers: CPU of fit and predict on one thread, and AUC and log loss on rows that neither has seen.
//! 100,000 x 40, or as many rows as the first argument says; 10 % positives. `BENCH_PEERS=1` measures the peers in the same run.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use anyhow::Context;
use mltraining_bench::cpu::mean_of;
use mltraining_bench::peers::{PeerFit, Peers};
use mltraining_bench::{Goal, Row, matrices, write_report};
use mltraining_domain::{
    AlgorithmSpec, ExtraTreesSpec, GradientBoostingSpec, LogisticRegressionSpec, RandomForestSpec,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{Cut, measure};

const SEED: u64 = 42;

/// A learner of ours and a peer that does the same.
struct Contest {
    name: &'static str,
    spec: AlgorithmSpec,
    duels: &'static [Duel],
    /// Fits that are averaged, so that the clock's steps do not show.
    fits: u32,
}

/// What is to be reached against one peer, as shares of its numbers.
struct Duel {
    peer: &'static str,
    fit: f64,
    predict: f64,
    auc: f64,
    /// `None` where only the order of the scores is compared.
    log_loss: Option<f64>,
}

/// What we reached.
struct Ours {
    fit_cpu: f64,
    predict_cpu: f64,
    auc: f64,
    log_loss: f64,
}

fn main() -> anyhow::Result<()> {
    let rows = std::env::args().nth(1).map_or(Ok(100_000), |rows| rows.parse())?;
    let dataset = matrices::make(rows, (rows / 2).min(100_000), 40, 0.1, 2);
    let names = (0..dataset.columns.len()).map(|j| format!("f{j}")).collect();
    let x = Matrix::new(names, dataset.columns.clone())?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let peers = Peers::prepare(&dataset);
    if let Err(reason) = &peers {
        println!("no peers: {reason:#}");
    }
    let mut table = Vec::new();
    for contest in contests() {
        let ours = one.install(|| run(&contest, &x, &dataset))?;
        for duel in contest.duels {
            let peer = peers.as_ref().ok().map(|peers| peers.fit(duel.peer));
            let peer = peer.and_then(|fit| {
                fit.inspect_err(|reason| println!("{}: no {}: {reason:#}", contest.name, duel.peer))
                    .ok()
            });
            table.extend(lines(&contest, duel, &ours, peer.as_ref()));
        }
    }
    let file = write_report("learners", &table)?;
    println!("\nwritten to {}", file.display());
    Ok(())
}

fn contests() -> [Contest; 4] {
    const BOOSTING: Duel = Duel {
        peer: "lgb_gb",
        fit: 0.4,
        predict: 1.0,
        auc: 1.0,
        log_loss: Some(1.0),
    };
    const FOREST: Duel = Duel {
        peer: "sk_rf",
        fit: 1.0 / 80.0,
        predict: 1.0,
        auc: 0.999,
        log_loss: None,
    };
    [
        Contest {
            name: "random_forest 100 trees depth 10",
            spec: AlgorithmSpec::RandomForest(RandomForestSpec::default()),
            duels: &[FOREST],
            fits: 5,
        },
        Contest {
            name: "extra_trees 100 trees depth 10",
            spec: AlgorithmSpec::ExtraTrees(ExtraTreesSpec::default()),
            duels: &[Duel {
                peer: "sk_et",
                fit: 1.0 / 15.0,
                ..FOREST
            }],
            fits: 5,
        },
        Contest {
            name: "gradient_boosting 100 trees depth 6",
            spec: AlgorithmSpec::GradientBoosting(GradientBoostingSpec::default()),
            duels: &[
                BOOSTING,
                Duel {
                    peer: "xgb_gb",
                    ..BOOSTING
                },
            ],
            fits: 3,
        },
        Contest {
            name: "logistic_regression",
            spec: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
            duels: &[Duel {
                peer: "sk_lr",
                fit: 1.0,
                ..FOREST
            }],
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
    let both = "both classes are in the test rows";
    Ok(Ours {
        fit_cpu: fit_took.cpu,
        predict_cpu: predict_took.cpu,
        auc: measured.roc_auc.context(both)?,
        log_loss: measured.log_loss.context(both)?,
    })
}

fn lines(contest: &Contest, duel: &Duel, ours: &Ours, peer: Option<&PeerFit>) -> Vec<Row> {
    let line = |what: &str, unit, ours, theirs: fn(&PeerFit) -> f64, goal| {
        let name = format!("{} vs {}: {what}", contest.name, duel.peer);
        Row::new(name, unit, ours, peer.map(theirs), goal)
    };
    let mut lines = vec![
        line(
            "fit",
            "CPU s",
            ours.fit_cpu,
            |p| p.fit_cpu,
            Goal::AtMost(duel.fit),
        ),
        line(
            "predict",
            "CPU s",
            ours.predict_cpu,
            |p| p.pred_cpu,
            Goal::AtMost(duel.predict),
        ),
        line("AUC", "", ours.auc, |p| p.auc, Goal::AtLeast(duel.auc)),
    ];
    lines.extend(
        duel.log_loss
            .map(|most| line("log loss", "", ours.log_loss, |p| p.log_loss, Goal::AtMost(most))),
    );
    lines
}
