"""Writes pump_detection.csv: the set `pump_detection` by pandas, coin by coin, for tests/pandas.rs.

Run in this folder: pip install pandas numpy; python pump_detection.py. Two coins share their timestamps, as when all are
flushed together; the values written are those of the coin `m`. Where this project counts in ratios and seconds, the
classical names count in percents, minutes and hours.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(23)
n = 60
t = pd.to_datetime(1_766_188_740_000_000 + np.cumsum(rng.choice([5, 10, 60, 3000], n)) * 1_000_000, unit="us", utc=True)


def coin(name, level):
    close = level * np.exp(np.cumsum(rng.normal(0, 0.05, n)))
    close[30:36] = close[29]
    amount = lambda share: np.where(rng.random(n) < share, rng.lognormal(0, 2, n).round(6), 0.0)
    d = pd.DataFrame(
        {
            "price_open": close,
            "price_high": close * (1 + np.abs(rng.normal(0, 0.03, n))),
            "price_low": close * 0.99,
            "price_close": close,
            "market_cap_close": (close * 1e9).round(2),
            "volume_sol": rng.lognormal(2, 2, n).round(6),
            "dev_sold_amount": amount(0.1),
            "net_volume_sol": rng.normal(0, 5, n).round(6),
            "volatility_pct": rng.lognormal(0, 1, n),
            "whale_buy_volume_sol": amount(0.3),
            "whale_sell_volume_sol": amount(0.3),
            "buy_pressure_ratio": rng.random(n),
            "unique_signer_ratio": rng.random(n) ** 3,
        }
    )
    d.insert(0, "mint", name)
    d.insert(1, "timestamp", t)
    return d


# Rows of both coins, interleaved as they lie in the table.
rows = pd.concat([coin("a", 1e-3), coin("m", 2.8e-8)]).sort_values("timestamp", kind="stable").reset_index(drop=True)


# Rates about every four minutes, known half a minute after their time and good for ten minutes.
dice = np.random.default_rng(29)
rates = pd.DataFrame({"time": t[0] + pd.to_timedelta(np.cumsum(dice.choice([60, 240, 700], 200)) - 900, unit="s")})
rates["sol_price_usd"] = 180 * np.exp(np.cumsum(dice.normal(0, 0.003, 200)))


def as_of(d, x):
    """x of the rates at the times of d."""
    right = pd.DataFrame({"known": rates.time + pd.Timedelta(seconds=30), "x": x})
    left = d[["timestamp"]].astype({"timestamp": right.known.dtype})
    oldest = pd.Timedelta(minutes=10) - pd.Timedelta(seconds=30)
    return pd.merge_asof(left, right, left_on="timestamp", right_on="known", direction="backward", tolerance=oldest).x


def features(d):
    F = {}
    S = lambda x, w: x.rolling(w, min_periods=1).sum()
    M = lambda x, w: x.rolling(w, min_periods=1).mean()
    SD = lambda x, w: x.rolling(w, min_periods=1).std()
    D = "ratio(minus(running_max(price_high), price_close), running_max(price_high))"
    age = "time_since_running_max(price_high)"
    flag = lambda found: found.astype(float)
    dev, high, close, volume = d.dev_sold_amount, d.price_high, d.price_close, d.volume_sol
    F["above(dev_sold_amount, 0)"] = flag(dev > 0)
    F["cumulative_sum(dev_sold_amount)"] = dev.cumsum()
    F["minus(whale_buy_volume_sol, whale_sell_volume_sol)"] = d.whale_buy_volume_sol - d.whale_sell_volume_sol
    F["flip(net_volume_sol)"] = flag(d.net_volume_sol > 0).diff().abs()
    rolling_ath = high.cummax()
    ath_distance_pct = (rolling_ath - close) / rolling_ath * 100
    ath_breakout = flag(high > rolling_ath.shift()).where(rolling_ath.shift().notna())
    last = d.timestamp.where(high == rolling_ath).ffill()
    minutes_since_ath = (d.timestamp - last).dt.total_seconds() / 60
    F["running_max(price_high)"] = rolling_ath
    F[D] = ath_distance_pct / 100
    F["breakout(price_high)"] = ath_breakout
    F[age] = minutes_since_ath * 60
    F[f"below({age}, 3600)"] = flag(minutes_since_ath < 60)
    F[f"above({age}, 86400)"] = flag(minutes_since_ath > 1440)
    for w in (5, 10, 15):
        F[f"above(partial_sum(dev_sold_amount, {w}), 0)"] = flag(S(dev, w) > 0)
        x = d.buy_pressure_ratio
        F[f"partial_mean(buy_pressure_ratio, {w})"] = M(x, w)
        F[f"minus(buy_pressure_ratio, partial_mean(buy_pressure_ratio, {w}))"] = x - M(x, w)
        buy, sell = d.whale_buy_volume_sol, d.whale_sell_volume_sol
        F[f"plus(partial_sum(whale_buy_volume_sol, {w}), partial_sum(whale_sell_volume_sol, {w}))"] = S(buy, w) + S(sell, w)
        x = d.volatility_pct
        F[f"partial_mean(volatility_pct, {w})"] = M(x, w)
        F[f"partial_above_mean(volatility_pct, {w}, 1.5)"] = flag(x > 1.5 * M(x, w))
        F[f"below(partial_mean(unique_signer_ratio, {w}), 0.15)"] = flag(M(d.unique_signer_ratio, w) < 0.15)
        F[f"partial_mean(net_volume_sol, {w})"] = M(d.net_volume_sol, w)
        F[f"pct_change(price_close, {w})"] = close.pct_change(w) * 100 / 100
        F[f"partial_ratio_to_mean(volume_sol, {w})"] = volume / M(volume, w)
        F[f"partial_z_score(volume_sol, {w})"] = (volume - M(volume, w)) / SD(volume, w)
        F[f"pct_change(market_cap_close, {w})"] = d.market_cap_close.pct_change(w)
        F[f"partial_mean({D}, {w})"] = M(ath_distance_pct, w) / 100
        nearer = ath_distance_pct.diff(w)
        F[f"below(difference({D}, {w}), 0)"] = flag(nearer < 0).where(nearer.notna())
        F[f"partial_sum(breakout(price_high), {w})"] = S(ath_breakout, w)
        F[f"partial_mean(times(volume_sol, breakout(price_high)), {w})"] = M(volume * ath_breakout, w)
        F[f"partial_mean({age}, {w})"] = M(minutes_since_ath, w) * 60
    rate = rates.sol_price_usd
    F["as_of(exchange_rates, sol_price_usd)"] = as_of(d, rate)
    F["as_of(exchange_rates, pct_change(sol_price_usd, 1))"] = as_of(d, rate.pct_change())
    F["as_of(exchange_rates, partial_mean(sol_price_usd, 5))"] = as_of(d, M(rate, 5))
    F["as_of(exchange_rates, partial_std(sol_price_usd, 5))"] = as_of(d, SD(rate, 5))
    return pd.DataFrame(F)


by_coin = {name: features(d.reset_index(drop=True)) for name, d in rows.groupby("mint")}
expected, given = by_coin["m"], rows[rows.mint == "m"]
row = lambda xs: ",".join("nan" if v != v else f"{v:.14g}" for v in xs)
out = [f"# Made once with pandas {pd.__version__}, numpy {np.__version__} by pump_detection.py."]
out.append("input time;" + ",".join(str(v.value // 1000) for v in given.timestamp.dt.as_unit("ns")))
for c in given.columns[2:]:
    out.append(f"input {c};" + ",".join(repr(float(v)) for v in given[c]))
out.append("input phase;" + ",".join(["1.0"] * n))
out.append("rates time;" + ",".join(str(v.value // 1000) for v in rates.time.dt.as_unit("ns")))
out.append("rates sol_price_usd;" + ",".join(repr(float(v)) for v in rates.sol_price_usd))
out += [f"{name};" + row(values) for name, values in expected.items()]
open("pump_detection.csv", "w").write("\n".join(out) + "\n")
print(len(expected.columns), "features,", int(expected.notna().sum().sum()), "known values")
