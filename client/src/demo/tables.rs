//! The tables of a demonstration.

use mltraining_store::load::{ColumnDefinition, ColumnType, Nullable, TableDefinition};

const PRICE: ColumnType = ColumnType::Numeric {
    precision: 30,
    scale: 18,
};
const AMOUNT: ColumnType = ColumnType::Numeric {
    precision: 20,
    scale: 6,
};
const RATIO: ColumnType = ColumnType::Numeric {
    precision: 10,
    scale: 6,
};
const PERCENT: ColumnType = ColumnType::Numeric {
    precision: 10,
    scale: 4,
};
const MONEY: ColumnType = ColumnType::Numeric {
    precision: 20,
    scale: 2,
};

/// Name, type, and whether it may be NULL, of every column of `coin_metrics`.
const METRICS: [(&str, ColumnType, Nullable); 30] = [
    ("mint", ColumnType::Text, Nullable::No),
    ("timestamp", ColumnType::TimestampTz, Nullable::No),
    ("phase_id_at_time", ColumnType::Int4, Nullable::Yes),
    ("price_open", PRICE, Nullable::Yes),
    ("price_high", PRICE, Nullable::Yes),
    ("price_low", PRICE, Nullable::Yes),
    ("price_close", PRICE, Nullable::Yes),
    ("market_cap_close", MONEY, Nullable::Yes),
    ("bonding_curve_pct", PERCENT, Nullable::Yes),
    ("virtual_sol_reserves", AMOUNT, Nullable::Yes),
    ("is_koth", ColumnType::Bool, Nullable::Yes),
    ("volume_sol", AMOUNT, Nullable::Yes),
    ("buy_volume_sol", AMOUNT, Nullable::Yes),
    ("sell_volume_sol", AMOUNT, Nullable::Yes),
    ("num_buys", ColumnType::Int4, Nullable::Yes),
    ("num_sells", ColumnType::Int4, Nullable::Yes),
    ("unique_wallets", ColumnType::Int4, Nullable::Yes),
    ("num_micro_trades", ColumnType::Int4, Nullable::Yes),
    ("dev_sold_amount", AMOUNT, Nullable::Yes),
    ("max_single_buy_sol", AMOUNT, Nullable::Yes),
    ("max_single_sell_sol", AMOUNT, Nullable::Yes),
    ("net_volume_sol", AMOUNT, Nullable::Yes),
    ("volatility_pct", PERCENT, Nullable::Yes),
    ("avg_trade_size_sol", AMOUNT, Nullable::Yes),
    ("whale_buy_volume_sol", AMOUNT, Nullable::Yes),
    ("whale_sell_volume_sol", AMOUNT, Nullable::Yes),
    ("num_whale_buys", ColumnType::Int4, Nullable::Yes),
    ("num_whale_sells", ColumnType::Int4, Nullable::Yes),
    ("buy_pressure_ratio", RATIO, Nullable::Yes),
    ("unique_signer_ratio", RATIO, Nullable::Yes),
];

const STREAMS: [(&str, ColumnType, Nullable); 8] = [
    ("id", ColumnType::Int8, Nullable::No),
    ("token_address", ColumnType::Text, Nullable::No),
    ("current_phase_id", ColumnType::Int4, Nullable::Yes),
    ("is_active", ColumnType::Bool, Nullable::Yes),
    ("is_graduated", ColumnType::Bool, Nullable::Yes),
    ("started_at", ColumnType::TimestampTz, Nullable::Yes),
    ("ath_price_sol", ColumnType::Float8, Nullable::Yes),
    ("ath_timestamp", ColumnType::TimestampTz, Nullable::Yes),
];

const PHASES: [(&str, ColumnType, Nullable); 5] = [
    ("id", ColumnType::Int4, Nullable::No),
    ("name", ColumnType::Text, Nullable::No),
    ("interval_seconds", ColumnType::Int4, Nullable::No),
    ("min_age_minutes", ColumnType::Int4, Nullable::No),
    ("max_age_minutes", ColumnType::Int4, Nullable::No),
];

const RATES: [(&str, ColumnType, Nullable); 7] = [
    ("id", ColumnType::Int4, Nullable::No),
    ("created_at", ColumnType::TimestampTz, Nullable::Yes),
    ("sol_price_usd", AMOUNT, Nullable::No),
    ("usd_to_eur_rate", RATIO, Nullable::Yes),
    ("native_currency_price_usd", AMOUNT, Nullable::Yes),
    ("blockchain_id", ColumnType::Int4, Nullable::Yes),
    ("source", ColumnType::Text, Nullable::Yes),
];

/// Phase, name, seconds of a bar (0 for a final state), and the ages between which a coin is in it, in minutes.
pub(super) const LIFE: [(i32, &str, u32, u32, u32); 5] = [
    (1, "Baby Zone", 5, 0, 10),
    (2, "Survival Zone", 30, 10, 120),
    (3, "Mature Zone", 60, 120, 1440),
    (99, "Finished", 0, 1440, 999_999),
    (100, "Graduated", 0, 1440, 999_999),
];

/// One row for each interval in which a coin was traded.
pub(crate) fn coin_metrics() -> TableDefinition {
    table("coin_metrics", &METRICS, &["mint", "timestamp"])
}

/// One row for each coin, as it is now: never to be joined to the past.
pub(crate) fn coin_streams() -> TableDefinition {
    table("coin_streams", &STREAMS, &["token_address"])
}

/// The phases in the life of a coin.
pub(crate) fn ref_coin_phases() -> TableDefinition {
    table("ref_coin_phases", &PHASES, &["id"])
}

/// The price of SOL, every five minutes.
pub(crate) fn exchange_rates() -> TableDefinition {
    table("exchange_rates", &RATES, &["created_at"])
}

fn table(name: &str, columns: &[(&str, ColumnType, Nullable)], index: &[&str]) -> TableDefinition {
    let column = |(name, column_type, nullable): &(&str, ColumnType, Nullable)| ColumnDefinition {
        name: (*name).to_owned(),
        column_type: *column_type,
        nullable: *nullable,
    };
    TableDefinition {
        schema: "public".to_owned(),
        table: name.to_owned(),
        columns: columns.iter().map(column).collect(),
        index: index.iter().map(|column| (*column).to_owned()).collect(),
    }
}
