//! What remembering spares: calls per second and CPU of the server and of Postgres for hot reads, with `cache.max_age` as it is by
//! default and with 0.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use anyhow::Context;
use clap::Parser;
use futures::future::try_join_all;
use mltraining_bench::lists::Filled;
use mltraining_bench::service::Service;
use mltraining_bench::{Goal, Row, write_report};
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;
use std::time::{Duration, Instant};

/// Calls at the same time, each on a connection of its own.
const CALLERS: usize = 16;
const CALLS: [&str; 4] = ["GetModel", "ListPhases", "ListFeatures", "GetSource"];

#[derive(Parser)]
struct Arguments {
    /// Seconds of each load
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Takes this database, which ./dev bench lists filled, instead of making one
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// What one load reached.
struct Reached {
    calls_per_second: f64,
    cpu_micros_per_call: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filled = Filled::make(20_000, arguments.database).await?;
    let length = Duration::from_secs(arguments.seconds);
    let with = run(&filled.url, &[], length).await?;
    let without = run(&filled.url, &[("MLTS_CACHE__MAX_AGE", "0ms")], length).await?;
    let mut rows = Vec::new();
    for ((call, with), without) in CALLS.iter().zip(with).zip(without) {
        rows.push(Row::new(
            format!("{call}: with and without"),
            "calls/s",
            with.calls_per_second,
            Some(without.calls_per_second),
            Goal::AtLeast(1.0),
        ));
        rows.push(Row::new(
            format!("{call}: CPU of the server"),
            "us",
            with.cpu_micros_per_call,
            Some(without.cpu_micros_per_call),
            Goal::AtMost(1.0),
        ));
    }
    let file = write_report("cache", &rows)?;
    println!("\nwritten to {}", file.display());
    Ok(())
}

async fn run(database: &str, settings: &[(&str, &str)], length: Duration) -> anyhow::Result<Vec<Reached>> {
    let service = Service::start(database, settings).await?;
    let model = &any_model(&service.caller()).await?;
    let mut reached = Vec::new();
    for call in CALLS {
        load(&service, call, model, Duration::from_millis(500)).await?; // warm
        reached.push(load(&service, call, model, length).await?);
    }
    Ok(reached)
}

async fn any_model(caller: &Caller) -> anyhow::Result<String> {
    let request = v1::ListModelsRequest {
        page_size: 1,
        ..v1::ListModelsRequest::default()
    };
    let page = caller.models.clone().list_models(request).await?.into_inner();
    Ok(page
        .models
        .into_iter()
        .next()
        .context("the database has a model")?
        .name)
}

async fn load(service: &Service, call: &str, model: &str, length: Duration) -> anyhow::Result<Reached> {
    let (start, cpu) = (Instant::now(), service.cpu_seconds()?);
    let callers = (0..CALLERS).map(|_| async {
        let (caller, mut calls) = (service.caller(), 0_u64);
        while start.elapsed() < length {
            ask(&caller, call, model).await?;
            calls += 1;
        }
        anyhow::Ok(calls)
    });
    let calls = try_join_all(callers).await?.into_iter().sum::<u64>() as f64;
    Ok(Reached {
        calls_per_second: calls / start.elapsed().as_secs_f64(),
        cpu_micros_per_call: (service.cpu_seconds()? - cpu) / calls * 1e6,
    })
}

async fn ask(caller: &Caller, call: &str, model: &str) -> anyhow::Result<()> {
    let source = "projects/default/sources/candles".to_owned();
    match call {
        "GetModel" => {
            let name = model.to_owned();
            caller
                .models
                .clone()
                .get_model(v1::GetModelRequest { name })
                .await?;
        }
        "ListPhases" => {
            let request = v1::ListPhasesRequest {
                parent: source,
                ..v1::ListPhasesRequest::default()
            };
            caller.catalog.clone().list_phases(request).await?;
        }
        "ListFeatures" => {
            let request = v1::ListFeaturesRequest {
                source,
                ..v1::ListFeaturesRequest::default()
            };
            caller.catalog.clone().list_features(request).await?;
        }
        other => {
            anyhow::ensure!(other == "GetSource", "{other} is not asked here");
            caller
                .catalog
                .clone()
                .get_source(v1::GetSourceRequest { name: source })
                .await?;
        }
    }
    Ok(())
}
