"""Writes as_of.csv: features of a context as of each row's time, by pandas' merge_asof, for tests/as_of.rs.

Run in this folder: pip install pandas numpy; python as_of.py. The context is known 30 s after its time and good for ten
minutes; times lie on a grid of ten seconds, so that many rows come exactly when a row of the context becomes known, or is as
old as it may be.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(37)
start, second = 1_766_188_740_000_000, 1_000_000
at = lambda seconds: pd.to_datetime(start + np.cumsum(seconds) * second, unit="us", utc=True).as_unit("us")
market = pd.DataFrame({"time": at(rng.choice([10, 60, 300, 570, 600, 900], 120))})
market["close"] = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 120)))
market["volume"] = rng.lognormal(3, 2, 120)
market.loc[rng.random(120) < 0.1, "close"] = np.nan  # the newest row counts, also when it says nothing
rows = pd.DataFrame({"time": at(rng.choice([10, 20, 30, 600, 1200], 150))})
rows["close"] = 2.8e-8 * np.exp(np.cumsum(rng.normal(0, 0.03, 150)))

delay, age = pd.Timedelta(seconds=30), pd.Timedelta(minutes=10)


def as_of(x):
    right = pd.DataFrame({"known": market.time + delay, "x": x.to_numpy()})
    joined = pd.merge_asof(rows, right, left_on="time", right_on="known", direction="backward",
                           allow_exact_matches=True, tolerance=age - delay)
    return joined.x


series = lambda c: pd.Series(market[c].to_numpy(), market.time)
close, volume = series("close"), series("volume")
back = np.log(close / close.shift())
F = {
    "as_of(market, close)": as_of(close),
    "as_of(market, pct_change(close, 1))": as_of(close.pct_change(fill_method=None)),
    "as_of(market, rolling_mean(volume, 3))": as_of(volume.rolling(3).mean()),
    "as_of(market, rolling_std(close, 30m))": as_of(close.rolling("30min").std()),
    "as_of(market, running_max(volume))": as_of(volume.cummax()),
    "minus(log_return(close, 1), as_of(market, log_return(close, 1)))": np.log(rows.close / rows.close.shift()) - as_of(back),
    "rolling_mean(as_of(market, close), 3)": as_of(close).rolling(3).mean(),
}
show = lambda v: "nan" if v != v else f"{v:.17g}"
line = lambda name, xs: name + ";" + ",".join(show(float(x)) for x in xs)
times = lambda x: ",".join(str(v.value // 1000) for v in x.dt.as_unit("ns"))
out = [f"# Made once with pandas {pd.__version__}, numpy {np.__version__} by as_of.py."]
out += ["market time;" + times(market.time), line("market close", close), line("market volume", volume)]
out += ["time;" + times(rows.time), line("close", rows.close)]
out += [line(name, x) for name, x in F.items()]
open("as_of.csv", "w").write("\n".join(out) + "\n")
known = market.time + delay
newest = known.searchsorted(rows.time, side="right") - 1
print(len(rows), "rows,", sum(int(x.notna().sum()) for x in F.values()), "known values,",
      int(rows.time.isin(known).sum()), "exactly when known,",
      int((rows.time.to_numpy()[newest >= 0] - market.time.to_numpy()[newest[newest >= 0]] == np.timedelta64(600, "s")).sum()), "exactly as old as may be")
