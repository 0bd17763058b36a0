//! `coin_metrics` and `exchange_rates` as sources of the service.

use super::tables::LIFE;
use crate::when;
use mltraining_domain::Span;
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;
use mltraining_proto::v1::ColumnRole;

/// The columns that mean more than a value: name, role, unit.
const COLUMNS: [(&str, ColumnRole, &str); 27] = [
    ("price_open", ColumnRole::Open, "SOL"),
    ("price_high", ColumnRole::High, "SOL"),
    ("price_low", ColumnRole::Low, "SOL"),
    ("price_close", ColumnRole::Close, "SOL"),
    ("market_cap_close", ColumnRole::Unspecified, "SOL"),
    ("bonding_curve_pct", ColumnRole::Unspecified, "%"),
    ("virtual_sol_reserves", ColumnRole::Unspecified, "SOL"),
    ("is_koth", ColumnRole::Unspecified, ""),
    ("volume_sol", ColumnRole::Volume, "SOL"),
    ("buy_volume_sol", ColumnRole::Unspecified, "SOL"),
    ("sell_volume_sol", ColumnRole::Unspecified, "SOL"),
    ("num_buys", ColumnRole::Unspecified, "1"),
    ("num_sells", ColumnRole::Unspecified, "1"),
    ("unique_wallets", ColumnRole::Unspecified, "1"),
    ("num_micro_trades", ColumnRole::Unspecified, "1"),
    ("dev_sold_amount", ColumnRole::Unspecified, "SOL"),
    ("max_single_buy_sol", ColumnRole::Unspecified, "SOL"),
    ("max_single_sell_sol", ColumnRole::Unspecified, "SOL"),
    ("net_volume_sol", ColumnRole::Unspecified, "SOL"),
    ("volatility_pct", ColumnRole::Unspecified, "%"),
    ("avg_trade_size_sol", ColumnRole::Unspecified, "SOL"),
    ("whale_buy_volume_sol", ColumnRole::Unspecified, "SOL"),
    ("whale_sell_volume_sol", ColumnRole::Unspecified, "SOL"),
    ("num_whale_buys", ColumnRole::Unspecified, "1"),
    ("num_whale_sells", ColumnRole::Unspecified, "1"),
    ("buy_pressure_ratio", ColumnRole::Unspecified, "1"),
    ("unique_signer_ratio", ColumnRole::Unspecified, "1"),
];

/// The context that the set `pump_detection` looks for, and the source behind it.
pub(crate) const RATES: &str = "exchange_rates";

/// The rates: one series, a row every five minutes.
pub(crate) fn rates_source() -> v1::Source {
    let column = |name: &str, unit: &str| v1::SourceColumn {
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..v1::SourceColumn::default()
    };
    v1::Source {
        display_name: "Exchange rates (made by mlts demo-data)".to_owned(),
        schema: "public".to_owned(),
        table: "exchange_rates".to_owned(),
        single_series: true,
        time_column: "created_at".to_owned(),
        columns: vec![column("sol_price_usd", "USD"), column("usd_to_eur_rate", "EUR")],
        bar_interval: Some(when::duration(Span::from_mins(5))),
        ..v1::Source::default()
    }
}

/// The coins, with the rates of the source of this name beside them: one bar of 5, 30 or 60 s by phase; 99 and 100 are final
/// states without bars.
pub(crate) fn source(rates: &SourceName) -> v1::Source {
    let column = |(name, role, unit): &(&str, ColumnRole, &str)| v1::SourceColumn {
        name: (*name).to_owned(),
        role: (*role).into(),
        unit: (*unit).to_owned(),
        data_type: 0,
    };
    let phase = |(id, name, seconds, ..): &(i32, &str, u32, u32, u32)| v1::Phase {
        id: *id,
        display_name: (*name).to_owned(),
        bar_interval: Some(when::duration(Span::from_secs(*seconds))),
    };
    v1::Source {
        display_name: "Coins (made by mlts demo-data)".to_owned(),
        schema: "public".to_owned(),
        table: "coin_metrics".to_owned(),
        entity_column: "mint".to_owned(),
        time_column: "timestamp".to_owned(),
        phase_column: "phase_id_at_time".to_owned(),
        columns: COLUMNS.iter().map(column).collect(),
        bar_interval: Some(when::duration(Span::from_secs(60))),
        phases: LIFE.iter().map(phase).collect(),
        contexts: vec![v1::SourceContext {
            name: RATES.to_owned(),
            source: rates.to_string(),
            ..v1::SourceContext::default()
        }],
        ..v1::Source::default()
    }
}
