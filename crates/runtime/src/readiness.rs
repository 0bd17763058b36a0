//! The loop that asks what a process needs, and tells its health.

use crate::config::ReadinessConfig;
use crate::dependency::{Board, Weight};
use crate::health::{Health, Readiness};
use futures::future::{BoxFuture, FutureExt, join_all};
use std::fmt::Display;
use std::time::Instant;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

struct Check {
    name: &'static str,
    weight: Weight,
    ask: Ask,
    /// The last failure that was told; None when the last answer was good.
    failure: Option<String>,
}

/// The checks of a process.
pub struct Checks {
    config: ReadinessConfig,
    checks: Vec<Check>,
    board: Board,
}

impl Checks {
    /// No checks yet: ready after the first round.
    pub fn new(config: &ReadinessConfig) -> Self {
        Self {
            config: config.clone(),
            checks: Vec::new(),
            board: Board::default(),
        }
    }

    /// How each check was answered last; follows the rounds.
    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Adds a check without which the process is not ready. An error is told as the reason; so is a check that takes
    /// longer than `readiness.timeout`.
    #[must_use]
    pub fn require<F, E>(self, name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.add(name, Weight::Required, ask)
    }

    /// Adds a check whose failure is logged, and leaves the process ready.
    #[must_use]
    pub fn watch<F, E>(self, name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.add(name, Weight::Degrading, ask)
    }

    fn add<F, E>(
        mut self,
        name: &'static str,
        weight: Weight,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.board.add(name, weight);
        let ask: Ask = Box::new(move || {
            let answer = ask();
            async move { answer.await.map_err(|error| error.to_string()) }.boxed()
        });
        self.checks.push(Check {
            name,
            weight,
            ask,
            failure: None,
        });
        self
    }

    /// Asks round after round and tells `health`, until `stop`; then tells it that the process drains.
    pub async fn run(mut self, health: Health, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                readiness = self.round() => health.set_ready(readiness).await,
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.config.interval) => {}
            }
        }
        health.set_ready(Readiness::Draining).await;
    }

    /// Asks all checks at the same time.
    async fn round(&mut self) -> Readiness {
        let limit = self.config.timeout;
        let answers = join_all(self.checks.iter().map(|check| async move {
            let start = Instant::now();
            let failure = match timeout(limit, (check.ask)()).await {
                Ok(answer) => answer.err(),
                Err(_) => Some(format!("no answer within {} ms", limit.as_millis())),
            };
            (failure, start.elapsed())
        }))
        .await;
        let mut readiness = Readiness::Ready;
        for (check, (failure, latency)) in self.checks.iter_mut().zip(answers) {
            self.board.note(check.name, latency, failure.as_deref());
            if failure.is_some() && check.weight == Weight::Required {
                readiness = Readiness::NotReady;
            }
            check.note(failure);
        }
        readiness
    }
}

impl Check {
    /// Logs what changed since the last round.
    fn note(&mut self, failure: Option<String>) {
        match (&self.failure, &failure) {
            (None, None) => {}
            (Some(before), Some(now)) if before == now => {}
            (_, Some(now)) if self.weight == Weight::Required => {
                tracing::warn!(check = self.name, error = now, "not ready");
            }
            (_, Some(now)) => tracing::warn!(check = self.name, error = now, "degraded, still ready"),
            (Some(_), None) => tracing::info!(check = self.name, "answers again"),
        }
        self.failure = failure;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};
    use std::time::Duration;
    use tonic::Code;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;

    const GOOD: u8 = 0;
    const BAD: u8 = 1;
    const SILENT: u8 = 2;

    /// A dependency whose answer a test chooses.
    #[derive(Clone, Default)]
    struct Peer(Arc<AtomicU8>);

    impl Peer {
        fn becomes(&self, state: u8) {
            self.0.store(state, Ordering::SeqCst);
        }

        fn asked(&self) -> impl Future<Output = Result<(), &'static str>> + Send + use<> {
            let state = self.0.load(Ordering::SeqCst);
            async move {
                match state {
                    GOOD => Ok(()),
                    BAD => Err("refused"),
                    _ => std::future::pending().await,
                }
            }
        }
    }

    /// A process with one required and one degrading check, seen through its port.
    struct Process {
        postgres: Peer,
        redis: Peer,
        stop: CancellationToken,
        client: HealthClient<tonic::transport::Channel>,
        board: Board,
    }

    async fn process() -> Process {
        let (postgres, redis, stop) = (Peer::default(), Peer::default(), CancellationToken::new());
        postgres.becomes(BAD);
        let (health, service) = Health::new(&["mltraining.v1.JobService"]).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming),
        );
        let config = ReadinessConfig {
            interval: Duration::from_millis(5),
            timeout: Duration::from_millis(50),
        };
        let (of_postgres, of_redis) = (postgres.clone(), redis.clone());
        let checks = Checks::new(&config)
            .require("postgres", move || of_postgres.asked())
            .watch("redis", move || of_redis.asked());
        let board = checks.board();
        tokio::spawn(checks.run(health, stop.clone()));
        let client = HealthClient::new(
            tonic::transport::Endpoint::from_shared(address)
                .unwrap()
                .connect_lazy(),
        );
        Process {
            postgres,
            redis,
            stop,
            client,
            board,
        }
    }

    impl Process {
        async fn status(&mut self, name: &str) -> ServingStatus {
            let request = HealthCheckRequest {
                service: name.to_owned(),
            };
            self.client.check(request).await.unwrap().into_inner().status()
        }

        /// Waits on a Watch until `name` has the status.
        async fn becomes(&mut self, name: &str, status: ServingStatus) {
            let request = HealthCheckRequest {
                service: name.to_owned(),
            };
            let mut watch = self.client.watch(request).await.unwrap().into_inner();
            let seen = async { while watch.message().await.unwrap().unwrap().status() != status {} };
            timeout(Duration::from_secs(10), seen).await.unwrap();
        }
    }

    const NAMES: [&str; 3] = ["", "readiness", "mltraining.v1.JobService"];

    #[tokio::test]
    async fn a_process_serves_only_while_what_it_needs_is_there() {
        let mut process = process().await;
        for name in NAMES {
            assert_eq!(
                process.status(name).await,
                ServingStatus::NotServing,
                "{name} before the first round"
            );
        }
        assert_eq!(process.status("liveness").await, ServingStatus::Serving);
        for (state, status) in [
            (GOOD, ServingStatus::Serving),
            (BAD, ServingStatus::NotServing),
            (GOOD, ServingStatus::Serving),
            (SILENT, ServingStatus::NotServing),
        ] {
            process.postgres.becomes(state);
            for name in NAMES {
                process.becomes(name, status).await;
            }
        }
        assert_eq!(process.status("liveness").await, ServingStatus::Serving);
    }

    #[tokio::test]
    async fn a_degrading_check_leaves_the_process_ready() {
        let mut process = process().await;
        process.redis.becomes(SILENT);
        process.postgres.becomes(GOOD);
        process.becomes("readiness", ServingStatus::Serving).await;
    }

    #[tokio::test]
    async fn the_board_tells_the_last_answer_and_keeps_the_last_failure() {
        let mut process = process().await;
        process.redis.becomes(SILENT);
        let failed = async {
            while process.board.read()[0].last_failure.is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), failed)
            .await
            .unwrap();
        process.postgres.becomes(GOOD);
        process.becomes("readiness", ServingStatus::Serving).await;
        let told = process.board.read();
        let said: Vec<_> = told
            .iter()
            .map(|known| {
                (
                    known.name,
                    known.weight,
                    known.answer.map(|answer| answer.is_good),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                ("postgres", Weight::Required, Some(true)),
                ("redis", Weight::Degrading, Some(false))
            ]
        );
        let failures: Vec<_> = told
            .iter()
            .map(|known| {
                known
                    .last_failure
                    .as_ref()
                    .map(|failure| failure.message.as_str())
            })
            .collect();
        assert_eq!(failures, [Some("refused"), Some("no answer within 50 ms")]);
        assert!(told[1].answer.unwrap().latency >= Duration::from_millis(50));
    }

    #[tokio::test]
    async fn every_port_of_a_process_tells_its_readiness_and_its_own_services_alone() {
        let ports = [vec!["a.Public"], vec!["a.Admin"]];
        let (health, servers) = Health::of_ports(&ports).await;
        health.set_ready(Readiness::Ready).await;
        for (server, (own, other)) in servers
            .into_iter()
            .zip([("a.Public", "a.Admin"), ("a.Admin", "a.Public")])
        {
            let mut client = HealthClient::new(server);
            let of = |service: &str| HealthCheckRequest {
                service: service.to_owned(),
            };
            for name in ["", "readiness", "liveness", own] {
                let answer = client.check(of(name)).await.unwrap().into_inner();
                assert_eq!(answer.status(), ServingStatus::Serving, "{name}");
            }
            assert_eq!(client.check(of(other)).await.unwrap_err().code(), Code::NotFound);
        }
    }

    #[tokio::test]
    async fn a_process_told_to_stop_is_never_ready_again_and_still_alive() {
        let mut process = process().await;
        process.postgres.becomes(GOOD);
        process.becomes("", ServingStatus::Serving).await;
        process.stop.cancel();
        for name in NAMES {
            process.becomes(name, ServingStatus::NotServing).await;
        }
        assert_eq!(process.status("liveness").await, ServingStatus::Serving);
    }

    #[tokio::test]
    async fn after_draining_nothing_makes_a_process_ready() {
        let (health, _service) = Health::new(&[]).await;
        health.set_ready(Readiness::Draining).await;
        health.set_ready(Readiness::Ready).await;
        assert_eq!(health.readiness().await, Readiness::Draining);
    }

    #[tokio::test]
    async fn an_unregistered_name_is_not_found() {
        let mut process = process().await;
        let request = HealthCheckRequest {
            service: "nobody".to_owned(),
        };
        assert_eq!(
            process.client.check(request).await.unwrap_err().code(),
            Code::NotFound
        );
    }
}
