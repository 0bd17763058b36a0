//! The API server under a load at fixed rates, beside a bare tonic server. `BENCH_PYTHON` names a Python with numpy and pandas, which
//! make the rows that the workers train on.

use clap::Parser;
use mltraining_bench::api::{SETTINGS, Wish, measure, serve};
use mltraining_bench::conclude;
use mltraining_bench::previews::Filled;
use mltraining_bench::service::Service;
use std::net::SocketAddr;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "The API server under a load at fixed rates")]
struct Cli {
    /// Seconds of the load
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// GetJob a second
    #[arg(long, default_value_t = 100.0)]
    gets: f64,
    /// ListJobs a second
    #[arg(long, default_value_t = 20.0)]
    lists: f64,
    /// TrainModel a second
    #[arg(long, default_value_t = 1.0)]
    submits: f64,
    /// Be the bare server, at this address
    #[arg(long, hide = true, requires = "url")]
    bare: Option<SocketAddr>,
    /// The database of the bare server
    #[arg(long, hide = true)]
    url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    if let (Some(address), Some(url)) = (cli.bare, &cli.url) {
        serve(address, url).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let filled = Filled::make(1).await?;
    let service = Service::start(&filled.url, &SETTINGS).await?;
    filled.register(&service.caller()).await?;
    filled.lift_limits();
    let wish = Wish {
        seconds: cli.seconds,
        gets: cli.gets,
        lists: cli.lists,
        submits: cli.submits,
    };
    let rows = measure(&service, &filled.url, wish).await?;
    conclude("api", &rows)
}
