#![allow(clippy::unwrap_used)]

use super::*;
use market::SHORT_LIVED;
use mltraining_domain::name::SourceName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const PLAN: Plan = Plan {
    coins: 60,
    rows: 800,
    span: 12 * 3_600_000_000,
    seed: 20_251_220,
    stamps: Stamps::Unique,
};

/// The coins of [`PLAN`].
static COINS: LazyLock<Vec<Coin>> = LazyLock::new(|| coins(PLAN));

fn coins(plan: Plan) -> Vec<Coin> {
    Market::new(plan).collect()
}

/// Time, close and phase of every row of a coin with a close.
fn closes(coin: &Coin, stamps: Stamps) -> Vec<(i64, f64, i32)> {
    coin.rows
        .iter()
        .filter_map(|row| Some((row.time(stamps), row.close?, row.phase)))
        .collect()
}

/// The label `change_at_horizon`: positive, negative, or `None` when no close lies in [t + 10 min, t + 10 min + 1.5 bars].
fn rises(closes: &[(i64, f64, i32)], place: usize) -> Option<bool> {
    let (at, now, phase) = closes[place];
    let horizon = at + 600_000_000;
    let tolerance = match phase {
        1 => 7_500_000,
        2 => 45_000_000,
        _ => 90_000_000,
    };
    let (_, then, _) = closes[place..]
        .iter()
        .find(|(later, ..)| (horizon..=horizon + tolerance).contains(later))?;
    Some((then - now) / now >= 0.10)
}

#[test]
fn equal_plans_make_equal_rows_and_another_seed_makes_others() {
    let small = Plan {
        coins: 3,
        rows: 50,
        ..PLAN
    };
    assert_eq!(coins(small), coins(small));
    assert_ne!(coins(small), coins(Plan { seed: 1, ..small }));
    assert_eq!(rate_lines(&small), rate_lines(&small));
    let line = metric_lines(&coins(small)[0], Stamps::Unique).remove(0);
    assert_eq!(line, metric_lines(&coins(small)[0], Stamps::Unique)[0]);
}

#[test]
fn more_coins_do_not_change_those_that_were_there() {
    let few = coins(Plan {
        coins: 2,
        rows: 30,
        ..PLAN
    });
    let more = coins(Plan {
        coins: 5,
        rows: 30,
        ..PLAN
    });
    assert_eq!(few[..2], more[..2]);
}

#[test]
fn a_rise_of_ten_percent_in_ten_minutes_is_neither_rare_nor_usual() {
    let (mut positives, mut known) = (0, 0);
    for coin in COINS.iter() {
        let closes = closes(coin, Stamps::Unique);
        for label in (0..closes.len()).filter_map(|place| rises(&closes, place)) {
            known += 1;
            positives += i32::from(label);
        }
    }
    let share = f64::from(positives) / f64::from(known);
    assert!(
        (0.17..0.31).contains(&share),
        "{positives} of {known} rise: {share:.3}"
    );
}

#[test]
fn buying_pressure_foretells_the_next_return_of_the_same_coin() {
    let mut pairs = Vec::new();
    for coin in COINS.iter() {
        for two in coin.rows.windows(2) {
            pairs.push((
                two[0].trades.buy_pressure,
                (two[1].bar.close / two[0].bar.close).ln(),
            ));
        }
    }
    let r = correlation(&pairs);
    assert!(r > 0.1, "correlation {r:.3} over {} rows", pairs.len());
    let past: Vec<(f64, f64)> = pairs.windows(2).map(|two| (two[1].0, two[0].1)).collect();
    assert!(
        correlation(&past) < r,
        "the past must not be foretold better than the future"
    );
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (mx, my) = (
        pairs.iter().map(|p| p.0).sum::<f64>() / n,
        pairs.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - mx, p.1 - my)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn a_coin_passes_through_three_phases_with_their_own_bars() {
    let mut usual = BTreeMap::<i32, Vec<i64>>::new();
    for coin in COINS.iter() {
        let rows = &coin.rows;
        assert!(
            rows.windows(2)
                .all(|two| two[0].flushed < two[1].flushed && two[0].phase <= two[1].phase)
        );
        for two in rows.windows(2).filter(|two| two[0].phase == two[1].phase) {
            usual
                .entry(two[0].phase)
                .or_default()
                .push((two[1].flushed - two[0].flushed) / 1_000_000);
        }
    }
    for (phase, seconds) in [(1, 5), (2, 30), (3, 60)] {
        let mut distances = usual.remove(&phase).unwrap();
        distances.sort_unstable();
        assert_eq!(distances[distances.len() / 2], seconds, "phase {phase}");
    }
}

#[test]
fn intervals_without_a_trade_have_no_row() {
    for coin in COINS.iter().take(PLAN.coins) {
        assert!((PLAN.rows * 9 / 10..=PLAN.rows).contains(&coin.rows.len()));
        let gaps = coin
            .rows
            .windows(2)
            .filter(|two| two[1].flushed - two[0].flushed > 60_000_000)
            .count();
        assert!(gaps > 20, "{gaps} gaps");
    }
}

#[test]
fn coins_share_the_time_of_their_flush_only_with_batch_stamps() {
    for (stamps, shared) in [(Stamps::Batch, true), (Stamps::Unique, false)] {
        let coins = &*COINS;
        let all: Vec<i64> = coins
            .iter()
            .flat_map(|coin| coin.rows.iter().map(|row| row.time(stamps)))
            .collect();
        let distinct: BTreeSet<&i64> = all.iter().collect();
        assert_eq!(
            distinct.len() * 2 < all.len() * 2 - all.len() / 5,
            shared,
            "{} of {}",
            distinct.len(),
            all.len()
        );
        for coin in coins {
            let own: BTreeSet<i64> = coin.rows.iter().map(|row| row.time(stamps)).collect();
            assert_eq!(
                own.len(),
                coin.rows.len(),
                "a coin never has two rows of one time"
            );
        }
    }
}

#[test]
fn coins_that_are_sold_off_collapse() {
    let coins = &*COINS;
    let mut falls = Vec::new();
    for coin in coins {
        let Some(sale) = coin.rows.iter().position(|row| row.bar.dev_sold > 0.0) else {
            continue;
        };
        if let Some(after) = coin.rows.get(sale + 12) {
            falls.push((after.bar.close / coin.rows[sale].bar.open).ln());
        }
    }
    let mean = falls.iter().sum::<f64>() / falls.len() as f64;
    assert!(
        falls.len() > 10 && mean < -0.3,
        "{} coins fall by {mean:.2}",
        falls.len()
    );
}

#[test]
fn twenty_coins_are_short_lived_and_a_few_closes_are_missing() {
    let coins = &*COINS;
    let short = coins.iter().filter(|coin| coin.rows.len() < 30).count();
    assert_eq!((coins.len(), short), (PLAN.coins + SHORT_LIVED, SHORT_LIVED));
    let rows: Vec<_> = coins.iter().flat_map(|coin| &coin.rows).collect();
    let missing = rows.iter().filter(|row| row.close.is_none()).count() as f64 / rows.len() as f64;
    assert!((0.001..0.004).contains(&missing), "{missing}");
}

#[test]
fn every_line_has_a_field_for_every_column() {
    let coins = coins(Plan {
        coins: 2,
        rows: 40,
        ..PLAN
    });
    let fields = |line: &String| line.split(',').count();
    assert!(
        metric_lines(&coins[0], Stamps::Batch)
            .iter()
            .all(|line| fields(line) == coin_metrics().columns.len())
    );
    let stream = stream_line(1, &coins[0], Stamps::Batch).unwrap();
    assert_eq!(fields(&stream), coin_streams().columns.len());
    assert!(
        phase_lines()
            .iter()
            .all(|line| fields(line) == ref_coin_phases().columns.len())
    );
    assert!(
        rate_lines(&PLAN)
            .iter()
            .all(|line| fields(line) == exchange_rates().columns.len())
    );
}

#[test]
fn the_source_names_the_columns_of_its_table() {
    let table = coin_metrics();
    let rates = SourceName {
        project: "p".parse().unwrap(),
        source: RATES.parse().unwrap(),
    };
    let source = source(&rates);
    assert_eq!(source.contexts[0].source, "projects/p/sources/exchange_rates");
    for column in rates_source().columns {
        let table = exchange_rates();
        let found = table.columns.iter().any(|known| known.name == column.name);
        assert!(found, "{}", column.name);
    }
    for column in &source.columns {
        assert!(
            table.columns.iter().any(|found| found.name == column.name),
            "{}",
            column.name
        );
    }
    assert_eq!(
        source.columns.len() + 3,
        table.columns.len(),
        "all but entity, time and phase"
    );
    let ids: Vec<i32> = source.phases.iter().map(|phase| phase.id).collect();
    assert_eq!(ids, [1, 2, 3, 99, 100]);
}
