"""Writes indicators.csv: values of features by pandas, and talib.csv: values by TA-Lib, for tests/pandas.rs.

Run in this folder: pip install pandas numpy TA-Lib; python indicators.py. Formulas that pandas lacks are written out here
bar by bar as their sources give them; the same functions are held against TA-Lib at the end.
"""

import numpy as np
import pandas as pd
import talib

rng = np.random.default_rng(11)
n = 90
gap = rng.choice([5, 5, 30, 60, 61, 300, 301, 2400], n) * 1_000_000 + rng.integers(0, 3, n) * 250_000
gap[60] = 260_000_000_000  # three days later
t = pd.to_datetime(1_766_188_740_000_000 + np.cumsum(gap), unit="us", utc=True)
close = 2.8e-8 * np.exp(np.cumsum(rng.normal(0, 0.03, n)))
close[50:58] = close[49]  # a constant stretch
open_ = close * np.exp(rng.normal(0, 0.01, n))
high = np.maximum(open_, close) * (1 + np.abs(rng.normal(0, 0.02, n)))
low = np.minimum(open_, close) * (1 - np.abs(rng.normal(0, 0.02, n)))
volume = np.round(rng.lognormal(3, 4, n), 6)
volume[[3, 4, 5, 20, 60, 62, 63, 64, 65, 66]] = 0.0
volume[[40, 41]] = 1e6
trades = rng.normal(0, 5, n).round(1)  # of both signs
trades[[14, 15, 30]] = 0.0
close[[0, 37, 38, 80]] = np.nan
high[[37, 44]] = np.nan
low[12] = np.nan
volume[[12, 70]] = np.nan
trades[[22, 23]] = np.nan
columns = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "trades": trades}
d = pd.DataFrame(columns, index=t)

ok = lambda s: s.replace([np.inf, -np.inf], np.nan)
flag = lambda found, known: found.astype(float).where(known)


def partial_windows(x, w):
    return x.rolling(w, min_periods=1)


def std(r, ddof):
    """One pass per window: pandas' own rolling std carries rounding along after 1e6 has left the window."""

    def one(v):
        v = v[~np.isnan(v)]
        if len(v) <= ddof:
            return np.nan
        return 0.0 if v.min() == v.max() else np.std(v, ddof=ddof)

    return r.apply(one, raw=True)


def slope(x, w):
    """Least squares of numpy over minutes, window by window."""
    at = pd.Series(np.arange(len(x), dtype=float), x.index)
    minutes = (x.index - x.index[0]).total_seconds().to_numpy() / 60

    def one(rows):
        rows = rows.astype(int)
        known = rows[~np.isnan(x.to_numpy()[rows])]
        if len(known) < (w if isinstance(w, int) else 2):
            return np.nan
        if np.ptp(x.to_numpy()[known]) == 0:
            return 0.0  # polyfit leaves rounding
        since = minutes[known] - minutes[known].mean()
        scale = np.abs(x.to_numpy()[known]).max() or 1.0
        return np.polyfit(since, x.to_numpy()[known] / scale, 1)[0] * scale

    return at.rolling(w).apply(one, raw=True)


def wilder(values, length):
    """Mean of the first values, then (m (n - 1) + x) / n."""
    out = pd.Series(np.nan, values.index)
    if len(values) >= length:
        seeded = pd.concat([pd.Series([values.iloc[:length].mean()]), values.iloc[length:]])
        out.iloc[length - 1 :] = seeded.ewm(alpha=1 / length, adjust=False).mean().to_numpy()
    return out


def rsi(x, length):
    change = x.dropna().diff().iloc[1:]
    gain, loss = wilder(change.clip(lower=0), length), wilder(-change.clip(upper=0), length)
    return ok(100 * gain / (gain + loss)).reindex(x.index)


def true_range(c):
    before = c.close.shift()
    return pd.concat([c.high - c.low, (c.high - before).abs(), (c.low - before).abs()], axis=1).max(axis=1).iloc[1:]


def candles(d):
    return d[["high", "low", "close"]].dropna()


def atr(d, length):
    return wilder(true_range(candles(d)), length).reindex(d.index)


def wilder_total(values, length):
    """Sum of the first n - 1 values, then s - s / n + x."""
    out, total = [], values.iloc[: length - 1].sum()
    for x in values.iloc[length - 1 :]:
        total = total - total / length + x
        out.append(total)
    return pd.Series([np.nan] * (len(values) - len(out)) + out, values.index)


def adx(d, length):
    c = candles(d)
    rise, fall = c.high.diff().iloc[1:], -c.low.diff().iloc[1:]
    up = wilder_total(rise.where((rise > 0) & (rise > fall), 0.0), length)
    down = wilder_total(fall.where((fall > 0) & (fall > rise), 0.0), length)
    index = ok(100 * (up - down).abs() / (up + down)).dropna()
    return wilder(index, length).reindex(c.index).ffill().reindex(d.index)


def mfi(d, length):
    price = (d.high + d.low + d.close) / 3
    change, flow = price.diff(), price * d.volume
    known = change.notna() & flow.notna()
    up = flow.where(change > 0, 0.0).where(known).rolling(length)
    down = flow.where(change < 0, 0.0).where(known).rolling(length)
    # Exact sums window by window, for the same reason as in std.
    up, down = (r.apply(np.sum, raw=True) for r in (up, down))
    return ok(100 * up / (up + down))


def obv_change(d, length):
    return (np.sign(d.close.diff()) * d.volume).rolling(length).apply(np.sum, raw=True)


def ema(x, span):
    mean = x.ewm(span=span, adjust=False, ignore_na=True, min_periods=span).mean()
    return mean.where(x.notna())


def macd(x):
    line = ema(x, 12) - ema(x, 26)
    signal = ema(line, 9)
    return line, signal, line - signal


F = {}
for c in ("close", "volume", "trades"):
    x = d[c]
    for w in (1, 3, 10, "10s", "30min"):
        name = str(w).replace("min", "m")
        r, p = x.rolling(w), partial_windows(x, w)
        exact = r.apply(lambda v: np.mean(v[~np.isnan(v)]), raw=True)
        F[f"partial_sum({c}, {name})"] = p.apply(np.nansum, raw=True)
        F[f"partial_mean({c}, {name})"] = mean = p.apply(np.nanmean, raw=True)
        if w == 1:
            continue
        F[f"partial_std({c}, {name})"] = spread = std(p, 1)
        F[f"partial_above_mean({c}, {name}, 1.5)"] = flag(x > 1.5 * mean, x.notna() & mean.notna())
        F[f"partial_z_score({c}, {name})"] = ok((x - mean) / spread.where(spread > 0))
        F[f"partial_ratio_to_mean({c}, {name})"] = ok(x / mean.where(mean != 0))
        spread = std(r, 0)
        F[f"bollinger_position({c}, {name})"] = ok((x - (exact - 2 * spread)) / (4 * spread.where(spread > 0)))
        F[f"rolling_slope({c}, {name})"] = slope(x, w)
        F[f"above_mean({c}, {name}, 1.5)"] = flag(x > 1.5 * exact, x.notna() & exact.notna())
        F[f"below_mean({c}, {name}, 0.25)"] = flag(x < 0.25 * exact, x.notna() & exact.notna())
    for span in (1, 4, 12):
        F[f"ema({c}, {span})"] = ema(x, span)
    for length in (2, 5, 14):
        F[f"rsi({c}, {length})"] = rsi(x, length)
    F[f"macd({c})"], F[f"macd_signal({c})"], F[f"macd_histogram({c})"] = macd(x)
    F[f"cumulative_sum({c})"] = x.cumsum()
    F[f"running_max({c})"] = top = x.cummax()
    F[f"breakout({c})"] = flag(x > top.ffill().shift(), x.notna() & top.ffill().shift().notna())
    at = pd.Series(np.arange(n, dtype=float), t)
    F[f"bars_since_running_max({c})"] = at - at.where(x.eq(top)).ffill()
    F[f"flip({c})"] = flag(x > 0, x.notna()).diff().abs()
for number in ("0", "2.8e-8", "-1.5"):
    F[f"above(close, {number})"] = flag(d.close > float(number), d.close.notna())
    F[f"above(trades, {number})"] = flag(d.trades > float(number), d.trades.notna())
    F[f"below(trades, {number})"] = flag(d.trades < float(number), d.trades.notna())
F["plus(high, low)"], F["minus(high, low)"] = d.high + d.low, d.high - d.low
F["times(close, volume)"], F["ratio(trades, volume)"] = d.close * d.volume, ok(d.trades / d.volume)
F["day_of_week"] = pd.Series(t.day_of_week.astype(float), t)
for length in (2, 5, 14):
    F[f"adx({length})"] = adx(d, length)
for length in (1, 5, 14):
    F[f"atr({length})"], F[f"mfi({length})"] = atr(d, length), mfi(d, length)
    F[f"obv_change({length})"] = obv_change(d, length)
# Features in the place of columns.
back = np.log(d.close / d.close.shift())
F["rolling_std(log_return(close, 1), 5)"] = std(back.rolling(5), 1)
F["rolling_mean(log_return(close, 1), 30m)"] = back.rolling("30min").mean()
F["partial_sum(breakout(high), 10)"] = (
    flag(d.high > d.high.cummax().ffill().shift(), d.high.notna() & d.high.cummax().ffill().shift().notna())
    .rolling(10, min_periods=1)
    .sum()
)
F["above(partial_sum(volume, 3), 0)"] = flag(
    partial_windows(d.volume, 3).apply(np.nansum, raw=True) > 0, partial_windows(d.volume, 3).count() > 0
)

# The sets `ohlcv_technical` and `returns_and_volatility` over 5, 10 and 15 bars.
mean = lambda x, w: x.rolling(w).apply(np.mean, raw=True)
total = lambda x, w: x.rolling(w).apply(np.sum, raw=True)
F["log_return(close, 1)"] = back
for name, part in zip(("macd", "macd_signal", "macd_histogram"), macd(d.close)):
    F[f"ratio({name}(close), close)"] = part / d.close
F["rsi(close, 14)"] = rsi(d.close, 14)
F["bollinger_position(close, 20)"] = 0.5 + ok((d.close - mean(d.close, 20)) / (4 * std(d.close.rolling(20), 0)))
F["ratio(atr(14), close)"] = atr(d, 14) / d.close
F["ratio(minus(high, low), close)"] = (d.high - d.low) / d.close
F["ratio(minus(close, open), open)"] = (d.close - d.open) / d.open
F["ratio(minus(close, low), minus(high, low))"] = (d.close - d.low) / (d.high - d.low)
for c in ("high", "close"):
    F[f"running_max_distance({c})"] = (d[c].cummax() - d[c]) / d[c].cummax()
at = pd.Series(np.arange(n, dtype=float), t)
F["bars_since_running_max(high)"] = at - at.where(d.high.eq(d.high.cummax())).ffill()
before = d.high.cummax().ffill().shift()
F["breakout(high)"] = flag(d.high > before, d.high.notna() & before.notna())
F["hour_of_day"] = pd.Series(t.hour.astype(float), t)
for w in (5, 10, 15):
    F[f"log_return(close, {w})"] = np.log(d.close / d.close.shift(w))
    F[f"ratio(close, ema(close, {w}))"] = d.close / ema(d.close, w)
    F[f"ratio(rolling_slope(close, {w}), close)"] = slope(d.close, w) / d.close
    F[f"ratio(obv_change({w}), rolling_sum(volume, {w}))"] = ok(obv_change(d, w) / total(d.volume, w))
    F[f"ratio_to_mean(volume, {w})"] = ok(d.volume / mean(d.volume, w))
    F[f"above_mean(volume, {w}, 2)"] = flag(d.volume > 2 * mean(d.volume, w), mean(d.volume, w).notna())
    F[f"rolling_std(log_return(close, 1), {w})"] = spread = std(back.rolling(w), 1)
    F[f"z_score(log_return(close, 1), {w})"] = ok((back - mean(back, w)) / spread.where(spread > 0))
    F[f"rolling_min(log_return(close, 1), {w})"] = back.rolling(w).min()
    F[f"rolling_max(log_return(close, 1), {w})"] = back.rolling(w).max()
    F[f"ratio_to_mean(rolling_std(log_return(close, 1), {w}), {w})"] = ok(spread / mean(spread, w))
    F[f"rolling_mean(ratio(minus(high, low), close), {w})"] = mean((d.high - d.low) / d.close, w)


def write(path, inputs, features, packages):
    row = lambda xs: ",".join("nan" if v != v else f"{v:.14g}" for v in xs)
    out = [f"# Made once with {packages} by indicators.py."]
    out += [f"input {name};" + ",".join(str(v) for v in values) for name, values in inputs.items()]
    out += [f"{name};" + row(values) for name, values in features.items()]
    open(path, "w").write("\n".join(out) + "\n")
    print(path, len(features), "features,", sum(int(pd.Series(v).notna().sum()) for v in features.values()), "known values")


times = lambda index: [v.value // 1000 for v in index.as_unit("ns")]
inputs = {"time": times(t)} | {c: [repr(float(v)) for v in d[c]] for c in columns} | {"phase": ["nan"] * n}
write("indicators.csv", inputs, F, f"pandas {pd.__version__}, numpy {np.__version__}")

# TA-Lib, which knows neither gaps nor NULLs: candles one minute apart.
m = 200
c = 40 * np.exp(np.cumsum(rng.normal(0, 0.01, m))).round(4)
o = (c * np.exp(rng.normal(0, 0.005, m))).round(4)
h = (np.maximum(o, c) * (1 + np.abs(rng.normal(0, 0.01, m)))).round(4)
l = (np.minimum(o, c) * (1 - np.abs(rng.normal(0, 0.01, m)))).round(4)
v = (1 + rng.lognormal(3, 1, m)).round(2)
index = pd.date_range("2026-01-05", periods=m, freq="min", tz="UTC")
g = pd.DataFrame({"open": o, "high": h, "low": l, "close": c, "volume": v}, index=index)
T = {}
for w in (2, 7, 14):
    T[f"rsi(close, {w})"] = talib.RSI(c, w)
    T[f"atr({w})"] = talib.ATR(h, l, c, w)
    T[f"adx({w})"] = talib.ADX(h, l, c, w)
    T[f"mfi({w})"] = talib.MFI(h, l, c, v, w)
    T[f"rolling_slope(close, {w})"] = talib.LINEARREG_SLOPE(c, w)
    upper, _, lower = talib.BBANDS(c, w, 2, 2)
    T[f"bollinger_position(close, {w})"] = (c - lower) / np.where(upper > lower, upper - lower, np.nan)
    obv = pd.Series(talib.OBV(c, v))
    T[f"obv_change({w})"] = obv - obv.shift(w)
for name, own in (
    ("rsi(close, 14)", rsi(g.close, 14)),
    ("atr(14)", atr(g, 14)),
    ("adx(14)", adx(g, 14)),
    ("mfi(14)", mfi(g, 14)),
    ("rolling_slope(close, 14)", slope(g.close, 14)),
    ("obv_change(14)", obv_change(g, 14)),
):
    np.testing.assert_allclose(own.to_numpy(), np.asarray(T[name]), rtol=1e-9, atol=1e-9, err_msg=name)
inputs = {"time": times(index)} | {name: [repr(float(x)) for x in g[name]] for name in g}
inputs |= {"trades": ["1.0"] * m, "phase": ["nan"] * m}
write("talib.csv", inputs, T, f"TA-Lib {talib.__version__}")
