//! Backtests for people.

use crate::commands::evaluate::short_title;
use crate::commands::report;
use crate::names;
use crate::output::{Paint, Table, Tone, UNKNOWN, count, metric, share, signed, value};
use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;

/// Rising levels of a line of text.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A table of backtests.
pub(super) fn table(backtests: &[v1::Backtest], paint: Paint) -> String {
    let headings = [
        "backtest",
        "with",
        "rows from – to",
        ">periods",
        ">ROC AUC",
        ">skill",
        ">trades",
        ">net bps a trade",
        ">always",
        "made",
    ];
    let mut table = Table::new(&headings, paint);
    for found in backtests {
        table.row([
            names::last(&found.name).to_owned(),
            with(found),
            when::show_range(found.range.as_ref()),
            count(found.period_count.into()),
            metric(found.overall.clone().unwrap_or_default().roc_auc),
            signed(found.skill),
            count(found.trading.unwrap_or_default().trades),
            bps(found.trading.unwrap_or_default().mean_net_bps),
            bps(found.always.unwrap_or_default().mean_net_bps),
            when::show(found.create_time.as_ref()),
        ]);
    }
    table.render()
}

fn with(found: &v1::Backtest) -> String {
    match found.model_version.as_str() {
        "" => "a spec of its own".to_owned(),
        version => short_title(version),
    }
}

/// Basis points with their sign.
fn bps(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:+.1}"))
}

fn length(span: Option<&prost_types::Duration>) -> String {
    when::show_length(span.and_then(when::span).map_or(0, Span::micros))
}

/// What the models are worth, what acting on them brought, and every period.
pub(super) fn backtest(found: &v1::Backtest, paint: Paint) -> String {
    let mut parts = vec![head(found, paint), scores(found), trading(found, paint)];
    if let Some(intervals) = &found.intervals {
        parts[1].push('\n');
        parts[1].push_str(&report::verdict(intervals, paint));
    }
    if !found.periods.is_empty() {
        parts.push(equity(&found.periods));
        parts.push(periods(&found.periods, paint));
    }
    parts.push(
        "not modelled: how much can be traded, what trades do to prices, what borrowing costs".to_owned(),
    );
    parts.join("\n\n")
}

fn head(found: &v1::Backtest, paint: Paint) -> String {
    let costs = found.costs.unwrap_or_default();
    let trained = match &found.window {
        Some(window) => format!("the {} before each", length(Some(window))),
        None => format!("all rows from {} on", when::show(found.train_start.as_ref())),
    };
    let side = match found.side() {
        v1::TradingSide::Short => "sold for a fall",
        _ => "bought for a rise",
    };
    format!(
        "{}\n{} periods of {} from {}, trained on {trained}; {side}, fee {} and slippage {} basis points a side",
        paint.text(Tone::Title, format!("backtest with {}", with(found))),
        count(found.period_count.into()),
        length(found.step.as_ref()),
        when::show_range(found.range.as_ref()),
        value(Some(costs.fee_bps)),
        value(Some(costs.slippage_bps)),
    )
}

fn scores(found: &v1::Backtest) -> String {
    let overall = found.overall.clone().unwrap_or_default();
    let positive = (overall.rows > 0).then(|| overall.positives as f64 / overall.rows as f64);
    format!(
        "scores      {} rows, {} positive: ROC AUC {}, AP {}, log loss {}, skill {}",
        count(overall.rows),
        share(positive),
        metric(overall.roc_auc),
        metric(overall.average_precision),
        metric(overall.log_loss),
        signed(found.skill),
    )
}

/// The model's signals beside those that nobody chose.
fn trading(found: &v1::Backtest, paint: Paint) -> String {
    let headings = [
        "signals",
        ">trades",
        ">skipped",
        ">unfilled",
        ">hits",
        ">gross bps",
        ">net bps",
        "95 %",
        ">net sum",
        ">factor",
        ">drawdown",
        ">losses in a row",
    ];
    let mut table = Table::new(&headings, paint);
    for (name, of, tone) in [
        ("the model's", &found.trading, Some(Tone::Title)),
        ("every row", &found.always, None),
        ("at random", &found.random, None),
    ] {
        let of = of.unwrap_or_default();
        let bounds = of.mean_net_interval.as_ref().and_then(report::bounds);
        let cells = [
            name.to_owned(),
            count(of.trades),
            count(of.skipped),
            count(of.unfilled_entry + of.unfilled_exit),
            share(of.hit_rate),
            bps(of.mean_gross_bps),
            bps(of.mean_net_bps),
            bounds.map_or_else(
                || UNKNOWN.to_owned(),
                |(low, high)| format!("{} to {}", bps(Some(low)), bps(Some(high))),
            ),
            bps(Some(of.net_bps)),
            metric(of.profit_factor),
            bps(Some(-of.max_drawdown_bps)),
            count(of.longest_loss_streak),
        ];
        table.toned(cells.map(|cell| (cell, tone)));
    }
    table.render()
}

/// The summed net returns after each period, as a line of levels.
fn equity(periods: &[v1::BacktestPeriod]) -> String {
    let mut sum = 0.0;
    let sums: Vec<f64> = periods
        .iter()
        .map(|period| {
            sum += period.trading.unwrap_or_default().net_bps;
            sum
        })
        .collect();
    let low = sums.iter().copied().fold(0.0, f64::min);
    let high = sums.iter().copied().fold(0.0, f64::max);
    let level = |sum: &f64| match high > low {
        true => LEVELS[((sum - low) / (high - low) * 7.0).round() as usize],
        false => LEVELS[0],
    };
    let line: String = sums.iter().map(level).collect();
    format!(
        "net sum     {line}  {} (lowest {}, highest {})",
        bps(sums.last().copied()),
        bps(Some(low)),
        bps(Some(high)),
    )
}

fn periods(periods: &[v1::BacktestPeriod], paint: Paint) -> String {
    let headings = [
        "period from",
        ">trained on",
        ">purged",
        ">rows",
        ">positive",
        ">ROC AUC",
        ">AP",
        ">threshold",
        ">trades",
        ">hits",
        ">net bps",
        ">always",
    ];
    let mut table = Table::new(&headings, paint);
    for period in periods {
        let fold = period.fold.clone().unwrap_or_default();
        let metrics = fold.metrics.unwrap_or_default();
        let (own, always) = (
            period.trading.unwrap_or_default(),
            period.always.unwrap_or_default(),
        );
        let range = period.range.unwrap_or_default();
        table.row([
            when::show(range.start.as_ref()),
            count(fold.train_rows),
            count(period.purged_rows + period.embargoed_rows),
            count(metrics.rows),
            count(metrics.positives),
            metric(metrics.roc_auc),
            metric(metrics.average_precision),
            metric(metrics.threshold),
            count(own.trades),
            count(own.hits),
            bps(Some(own.net_bps)),
            bps(Some(always.net_bps)),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(net_bps: f64) -> v1::BacktestPeriod {
        v1::BacktestPeriod {
            trading: Some(v1::PeriodTrading {
                trades: 3,
                hits: 2,
                net_bps,
            }),
            ..v1::BacktestPeriod::default()
        }
    }

    fn found() -> v1::Backtest {
        v1::Backtest {
            name: "projects/default/backtests/b".to_owned(),
            model_version: "projects/default/models/pump/versions/2".to_owned(),
            step: Some(when::duration(Span::from_mins(1440))),
            window: Some(when::duration(Span::from_mins(7 * 1440))),
            side: v1::TradingSide::Short.into(),
            period_count: 3,
            periods: vec![period(10.0), period(-30.0), period(50.0)],
            trading: Some(v1::Trading {
                trades: 9,
                mean_net_bps: Some(3.33),
                net_bps: 30.0,
                max_drawdown_bps: 30.0,
                ..v1::Trading::default()
            }),
            ..v1::Backtest::default()
        }
    }

    #[test]
    fn what_was_earned_is_shown_by_period_and_as_a_line() {
        let text = backtest(&found(), Paint::Plain);
        for part in [
            "backtest with pump@2",
            "3 periods of 1d",
            "the 7d before each",
            "sold for a fall",
            "the model's",
            "every row",
            "+3.3",
            "▅▁█  +30.0 (lowest -20.0, highest +30.0)",
            "not modelled",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let listed = table(&[found()], Paint::Plain);
        assert!(listed.contains("pump@2") && listed.contains("+3.3"), "{listed}");
    }

    #[test]
    fn a_walk_without_a_trade_has_a_flat_line() {
        assert_eq!(
            equity(&[period(0.0)]),
            "net sum     ▁  +0.0 (lowest +0.0, highest +0.0)"
        );
    }
}
