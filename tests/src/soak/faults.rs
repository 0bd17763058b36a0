//! The random faults of a soak. Every fault ends: killed processes are started again, stopped ones go on, cut networks heal. The
//! first worker is stopped and cut off, but never ended; the first API server lives on, and the second one is killed.

use super::Servers;
use crate::process::Signal;
use crate::proxy::{Mode, Protocol, Proxy};
use crate::servers::Shutdown;
use crate::system::{Server, System};
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Workers of a soak.
const WORKERS: usize = 3;
/// Time between two faults, in seconds: short enough that many happen, long enough that work is done between them.
const PAUSE: std::ops::Range<u64> = 4..15;

/// What lasts for a while and is then undone.
enum Lasting {
    Stopped(usize),
    Network(usize),
    RedisAway,
}

pub(super) struct Faults {
    /// The API server that is killed.
    server: Server,
    /// Each worker reaches Postgres through a proxy of its own.
    proxies: Vec<Proxy>,
    lasting: Option<(Lasting, Instant)>,
    next: Instant,
    made: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// Starts the workers and a second API server.
    pub(super) async fn start(system: &mut System) -> Self {
        let url = system.database.url();
        let mut proxies = Vec::new();
        for _ in 0..WORKERS {
            let proxy = Proxy::to(&url, Protocol::Postgres);
            system
                .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
                .await;
            proxies.push(proxy);
        }
        Self {
            server: system.add_server().await,
            proxies,
            lasting: None,
            next: Instant::now() + Duration::from_secs(PAUSE.end),
            made: BTreeMap::new(),
        }
    }

    /// The API server that is killed now and then.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Undoes a fault whose time is over, or makes the next one.
    pub(super) async fn step(&mut self, system: &mut System, servers: &mut Servers, random: &mut StdRng) {
        let now = Instant::now();
        if let Some((_, until)) = &self.lasting {
            if *until <= now {
                self.undo(system, servers).await;
            }
            return;
        }
        if now < self.next {
            return;
        }
        self.next = now + Duration::from_secs(random.random_range(PAUSE));
        let until = now + Duration::from_millis(random.random_range(500..7000));
        let victim = random.random_range(0..WORKERS);
        let mortal = random.random_range(1..WORKERS); // the first one is measured as long as the soak lasts
        match random.random_range(0..10) {
            0 | 1 => self.kill(system, mortal).await,
            2 => {
                self.count("workers stopped");
                system.workers[victim].signal_all(Signal::Stop);
                self.lasting = Some((Lasting::Stopped(victim), until));
            }
            3 => {
                self.count("connections cut");
                self.proxies[victim].cut();
            }
            4 => {
                self.count("networks swallowed");
                let mode = if random.random_range(0..2) == 0 {
                    Mode::BlackHole
                } else {
                    Mode::DropAnswers
                };
                self.proxies[victim].set(mode);
                self.lasting = Some((Lasting::Network(victim), until));
            }
            5 => self.end_sessions(system),
            6 => {
                if let Some(redis) = &mut servers.redis {
                    self.count("redis killed");
                    redis.kill().await;
                    self.lasting = Some((Lasting::RedisAway, until));
                }
            }
            7 => {
                if let Some(postgres) = &mut servers.postgres {
                    self.count("postgres restarted");
                    // Not as in a crash: that throws away the counts of dead rows, which are watched here.
                    postgres.stop(Shutdown::Fast).await;
                    tokio::time::sleep(until - now).await; // nothing here can go on without it
                    postgres.restart().await;
                }
            }
            8 => {
                self.count("api servers killed");
                self.server.kill_and_restart(system).await;
            }
            _ => self.replace(system, mortal).await,
        }
    }

    /// kill -9, and a new worker in its place.
    async fn kill(&mut self, system: &mut System, victim: usize) {
        self.count("workers killed");
        system.workers[victim].signal(Signal::Kill);
        self.follow(system, victim).await;
    }

    /// SIGTERM, and a new worker in its place.
    async fn replace(&mut self, system: &mut System, victim: usize) {
        self.count("workers told to end");
        system.workers[victim].signal(Signal::Term);
        self.follow(system, victim).await;
    }

    async fn follow(&mut self, system: &mut System, victim: usize) {
        system.workers[victim].exit().await;
        let url = system.database.url();
        let through = self.proxies[victim].url(&url);
        let last = system.add_worker_with(&[("MLTS_DATABASE__URL", &through)]).await;
        system.workers.swap(victim, last);
        system.workers.truncate(last);
    }

    fn end_sessions(&mut self, system: &System) {
        self.count("rounds of sessions ended");
        system.database.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }

    async fn undo(&mut self, system: &mut System, servers: &mut Servers) {
        match self.lasting.take() {
            Some((Lasting::Stopped(victim), _)) => system.workers[victim].signal_all(Signal::Continue),
            Some((Lasting::Network(victim), _)) => self.proxies[victim].set(Mode::Pass),
            Some((Lasting::RedisAway, _)) => {
                if let Some(redis) = &mut servers.redis {
                    redis.restart().await;
                }
            }
            None => {}
        }
    }

    /// Undoes what lasts.
    pub(super) async fn calm(&mut self, system: &mut System, servers: &mut Servers) {
        self.undo(system, servers).await;
    }

    fn count(&mut self, what: &'static str) {
        *self.made.entry(what).or_default() += 1;
    }

    pub(super) fn counts(&self) -> Vec<(String, u64)> {
        self.made
            .iter()
            .map(|(what, n)| ((*what).to_owned(), *n))
            .collect()
    }
}
