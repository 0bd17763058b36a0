#![allow(clippy::unwrap_used)]

use super::*;
use mltraining_domain::{Interval, IntervalUnset, PeriodTrading};

const FREE: TradingCosts = TradingCosts {
    fee_bps: 0.0,
    slippage_bps: 0.0,
};

fn row(entity: u32, decision: i64, exit: i64, ratio: f64) -> Opportunity {
    Opportunity {
        entity,
        decision,
        trip: RoundTrip::Done {
            entry: decision + 1,
            exit,
            ratio,
        },
    }
}

fn unfilled(entity: u32, decision: i64, trip: RoundTrip) -> Opportunity {
    Opportunity {
        entity,
        decision,
        trip,
    }
}

fn always(rows: &[Opportunity]) -> Ledger {
    trade(rows, Side::Long, FREE, |_| true)
}

fn measured(ledger: &Ledger) -> mltraining_domain::Trading {
    let sure = Sure {
        resampling: crate::bootstrap::Resampling {
            least_block: 1_000_000,
            resamples: 10,
            seed: 1,
        },
        control: &crate::control::Control::none(),
    };
    measure(ledger, sure).unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn each_entity_has_one_position_at_a_time() {
    let rows = [
        row(0, 0, 10, 1.0),
        row(0, 5, 15, 1.0),
        row(0, 9, 19, 1.0),
        row(0, 10, 20, 1.0), // decided when the first one ends
        row(1, 6, 16, 1.0),
    ];
    let ledger = always(&rows);
    let taken: Vec<usize> = ledger.trades.iter().map(|trade| trade.row).collect();
    assert_eq!((taken, ledger.skipped, ledger.signals), (vec![0, 3, 4], 2, 5));
}

#[test]
fn a_signal_that_cannot_be_filled_opens_nothing_and_is_counted() {
    let rows = [
        unfilled(0, 0, RoundTrip::NoExit),
        row(0, 1, 11, 1.1),
        unfilled(0, 5, RoundTrip::NoEntry), // the position is open
        unfilled(0, 20, RoundTrip::NoEntry),
        row(0, 21, 31, 1.1),
    ];
    let ledger = trade(&rows, Side::Long, FREE, |place| place != 4);
    assert_eq!(
        (
            ledger.unfilled_exit,
            ledger.unfilled_entry,
            ledger.skipped,
            ledger.trades.len()
        ),
        (1, 1, 1, 1)
    );
    assert_eq!((ledger.rows, ledger.signals), (5, 4));
}

/// 10 + 5 basis points a side: 0.0015 of 1 at the entry, and of the value at the exit.
#[test]
fn costs_are_paid_on_what_is_traded_at_both_ends() {
    let costs = TradingCosts {
        fee_bps: 10.0,
        slippage_bps: 5.0,
    };
    let long = trade(&[row(0, 0, 9, 1.2)], Side::Long, costs, |_| true).trades[0];
    assert!(
        near(long.gross, 0.2) && near(long.net, 0.2 - 0.0015 - 0.0015 * 1.2),
        "{long:?}"
    );
    let short = trade(&[row(0, 0, 9, 0.8)], Side::Short, costs, |_| true).trades[0];
    assert!(
        near(short.gross, 0.2) && near(short.net, 0.2 - 0.0015 - 0.0015 * 0.8),
        "{short:?}"
    );
    let short = trade(&[row(0, 0, 9, 1.2)], Side::Short, FREE, |_| true).trades[0];
    assert!(near(short.net, -0.2));
}

/// By exit: +100, +200 and -350 together, -100, +500, -50. Equity 100, -50, -150, 350, 300.
#[test]
fn the_numbers_of_a_ledger_are_those_counted_by_hand() {
    let rows = [
        row(0, 0, 10, 1.01),
        row(0, 11, 40, 1.05),
        row(1, 0, 20, 1.02),
        row(1, 25, 30, 0.99),
        row(2, 0, 20, 0.965),
        row(2, 35, 50, 0.995),
    ];
    let found = measured(&always(&rows));
    assert_eq!(
        (found.trades, found.longest_loss_streak),
        (6, 2),
        "-350 and -100, then a gain"
    );
    assert!(
        near(found.net_bps, 300.0) && near(found.gross_bps, 300.0),
        "{found:?}"
    );
    assert!(near(found.mean_net_bps.unwrap(), 50.0) && near(found.hit_rate.unwrap(), 0.5));
    assert!(near(found.profit_factor.unwrap(), 800.0 / 500.0));
    assert!(
        near(found.max_drawdown_bps, 250.0),
        "from 100 to -150: {}",
        found.max_drawdown_bps
    );
    assert_eq!(
        found.mean_net_interval,
        Interval::Unset(IntervalUnset::TooFewBlocks)
    );
}

#[test]
fn a_loss_at_the_very_start_is_a_drawdown_and_without_losses_there_is_no_factor() {
    let found = measured(&always(&[row(0, 0, 10, 0.97)]));
    assert!(near(found.max_drawdown_bps, 300.0));
    assert_eq!(found.profit_factor, Some(0.0));
    let found = measured(&always(&[row(0, 0, 10, 1.03)]));
    assert_eq!((found.profit_factor, found.max_drawdown_bps), (None, 0.0));
    let none = measured(&always(&[]));
    assert_eq!((none.mean_net_bps, none.hit_rate, none.trades), (None, None, 0));
    assert!(none.net_bps.is_sign_positive());
}

#[test]
fn trades_belong_to_the_period_that_they_are_decided_in() {
    let ledger = always(&[
        row(0, 5, 12, 1.01),
        row(0, 12, 30, 0.99),
        row(1, 10, 11, 1.02),
        row(1, 20, 22, 1.0),
    ]);
    let found = in_periods(&ledger, &[10, 20]);
    let of = |trades, hits| (trades, hits);
    assert_eq!(
        found.iter().map(|p| of(p.trades, p.hits)).collect::<Vec<_>>(),
        [(1, 1), (2, 1)]
    );
    assert!(near(found[0].net_bps, 100.0) && near(found[1].net_bps, 100.0));
    assert_eq!(in_periods(&Ledger::default(), &[1]), [PeriodTrading::default()]);
}

#[test]
fn random_signals_come_as_often_as_asked_and_are_the_same_each_time() {
    let drawn_of = |seed| drawn(10_000, 2_000, seed);
    let count = drawn_of(1).iter().filter(|signal| **signal).count();
    assert!((1_850..2_150).contains(&count), "{count}");
    assert_eq!(drawn_of(1), drawn_of(1));
    assert_ne!(drawn_of(1), drawn_of(2));
    assert!(drawn(0, 0, 1).is_empty());
}
