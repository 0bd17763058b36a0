//! Walks through time as clients see them.

use super::evaluation::{show_baselines, show_fold, show_metrics};
use super::field::{small_wire_count, wire_count};
use super::intervals::{self, show_interval};
use super::model_version::show_rows;
use super::stored_evaluation::{show_job, show_version};
use super::time::{show_instant, show_range, show_span};
use super::{source, train_spec};
use mltraining_domain::name::BacktestName;
use mltraining_domain::{
    BacktestPeriod, BacktestSpec, JobId, PeriodTrading, ProjectId, Side, Trading, TradingCosts,
};
use mltraining_proto::v1;
use mltraining_store::findings::StoredBacktest;

/// The backtest, with the periods that were read.
pub(crate) fn show(stored: &StoredBacktest) -> v1::Backtest {
    let (project, found) = (&stored.project, &stored.found);
    let version = found.model.as_ref().zip(found.version);
    v1::Backtest {
        name: show_name(project, stored.job),
        job: show_job(project, stored.job),
        create_time: Some(show_instant(stored.created_at)),
        source: source::show_name(project, &found.source),
        model_version: version.map_or_else(String::new, |(model, version)| {
            show_version(project, model, version)
        }),
        range: Some(show_range(&found.range)),
        step: Some(show_span(found.step)),
        window: found.window.map(show_span),
        train_start: Some(show_instant(found.train_start)),
        embargo: Some(show_span(found.embargo)),
        known_before: found.known_before.map(show_instant),
        costs: Some(show_costs(found.costs)),
        side: show_side(found.side).into(),
        row_counts: Some(show_rows(&found.rows, None)),
        source_fingerprint: found.source_fingerprint.clone(),
        overall: Some(show_metrics(&found.overall)),
        baselines: show_baselines(&found.baselines),
        skill: found.skill,
        intervals: Some(intervals::show(&found.intervals)),
        period_count: small_wire_count(found.period_count),
        periods: found.periods.iter().map(show_period).collect(),
        trading: Some(show_trading(&found.trading)),
        always: Some(show_trading(&found.always)),
        random: Some(show_trading(&found.random)),
    }
}

fn show_costs(costs: TradingCosts) -> v1::TradingCosts {
    v1::TradingCosts {
        fee_bps: costs.fee_bps,
        slippage_bps: costs.slippage_bps,
    }
}

fn show_side(side: Side) -> v1::TradingSide {
    match side {
        Side::Long => v1::TradingSide::Long,
        Side::Short => v1::TradingSide::Short,
    }
}

fn show_period(period: &BacktestPeriod) -> v1::BacktestPeriod {
    let proof = period.fold.as_ref().map(|fold| &fold.leak_proof);
    v1::BacktestPeriod {
        range: Some(show_range(&period.range)),
        fold: period.fold.as_ref().map(show_fold),
        purged_rows: wire_count(proof.map_or(0, |proof| proof.purged_rows)),
        embargoed_rows: wire_count(proof.map_or(0, |proof| proof.embargoed_rows)),
        latest_train_resolve_time: proof.map(|proof| show_instant(proof.latest_train_resolve)),
        trading: Some(show_in_period(period.trading)),
        always: Some(show_in_period(period.always)),
    }
}

fn show_in_period(trading: PeriodTrading) -> v1::PeriodTrading {
    v1::PeriodTrading {
        trades: wire_count(trading.trades),
        hits: wire_count(trading.hits),
        net_bps: trading.net_bps,
    }
}

fn show_trading(trading: &Trading) -> v1::Trading {
    v1::Trading {
        rows: wire_count(trading.rows),
        signals: wire_count(trading.signals),
        skipped: wire_count(trading.skipped),
        unfilled_entry: wire_count(trading.unfilled_entry),
        unfilled_exit: wire_count(trading.unfilled_exit),
        trades: wire_count(trading.trades),
        hit_rate: trading.hit_rate,
        mean_gross_bps: trading.mean_gross_bps,
        mean_net_bps: trading.mean_net_bps,
        mean_net_interval: Some(show_interval(trading.mean_net_interval)),
        p_value: trading.p_value,
        gross_bps: trading.gross_bps,
        net_bps: trading.net_bps,
        profit_factor: trading.profit_factor,
        max_drawdown_bps: trading.max_drawdown_bps,
        longest_loss_streak: wire_count(trading.longest_loss_streak),
    }
}

/// What a job walks with, and how.
pub(crate) fn show_spec(spec: &BacktestSpec, project: &ProjectId) -> v1::BacktestSpec {
    let version = spec.of_version();
    v1::BacktestSpec {
        spec: Some(v1::TrainSpec {
            range: None,
            split: None,
            ..train_spec::show(&spec.train, project)
        }),
        model_version: version.map_or_else(String::new, |(model, version)| {
            show_version(project, model, version)
        }),
        range: Some(show_range(&spec.range)),
        step: Some(show_span(spec.step)),
        window: spec.window.map(show_span),
        train_start: Some(show_instant(spec.train.range.start)),
        embargo: Some(show_span(spec.embargo())),
        costs: Some(show_costs(spec.costs)),
    }
}

/// The name of the backtest that a job made.
pub(crate) fn show_name(project: &ProjectId, job: JobId) -> String {
    let project = project.clone();
    BacktestName { project, job }.to_string()
}
