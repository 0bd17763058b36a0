#!/usr/bin/env python3
"""Rows of coin_metrics to a frame, then sixty features and a label, as one would do it in Python; prints one JSON line.

usage: data.py pandas-psycopg|pandas-connectorx|polars URL
needs: numpy pandas polars psycopg[binary] connectorx pyarrow SQLAlchemy
"""
import json
import resource
import sys
import time

COLUMNS = ["price_close", "volume_sol", "buy_volume_sol", "net_volume_sol"]
WINDOWS = [5, 10, 15]
QUERY = ("select mint, timestamp, phase_id_at_time, " + ", ".join(f"{c}::float8 as {c}" for c in COLUMNS)
         + ' from coin_metrics order by mint collate "C", timestamp')
HORIZON, TOLERANCE, CHANGE = 600, 90, 0.1  # seconds, seconds, ratio


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_pandas_psycopg(url):
    import pandas as pd
    import sqlalchemy
    engine = sqlalchemy.create_engine(url.replace("postgres://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        return pd.read_sql(sqlalchemy.text(QUERY), connection)


def read_connectorx(url, to):
    import connectorx
    frame = connectorx.read_sql(url.replace("postgres://", "postgresql://", 1), QUERY, return_type=to)
    return frame


def pandas_features(frame):
    import numpy as np
    import pandas as pd
    groups = frame.groupby("mint", sort=False)
    out = {}
    for c in COLUMNS:
        for w in WINDOWS:
            rolling = groups[c].rolling(w)
            mean = rolling.mean().to_numpy()
            std = rolling.std().to_numpy()
            out[f"rolling_mean({c}, {w})"] = mean
            out[f"rolling_std({c}, {w})"] = std
            out[f"rolling_max({c}, {w})"] = rolling.max().to_numpy()
            with np.errstate(all="ignore"):
                out[f"z_score({c}, {w})"] = (frame[c].to_numpy() - mean) / std
            out[f"pct_change({c}, {w})"] = groups[c].pct_change(w, fill_method=None).to_numpy()
    features = pd.DataFrame(out, copy=False).astype("float32")
    ahead = frame[["mint", "timestamp", "price_close"]].dropna().rename(columns={"price_close": "later"})
    now = frame[["mint", "timestamp", "price_close"]].copy()
    now["timestamp"] = now["timestamp"] + pd.Timedelta(seconds=HORIZON)
    now["row"] = np.arange(len(now))
    joined = pd.merge_asof(now.sort_values("timestamp"), ahead.sort_values("timestamp"), on="timestamp", by="mint",
                           direction="forward", tolerance=pd.Timedelta(seconds=TOLERANCE))
    joined = joined.sort_values("row")
    change = (joined["later"] - joined["price_close"]) / joined["price_close"]
    positives = int((change >= CHANGE).sum())
    return features, positives


def pandas_checksum(features):
    import numpy as np
    values = features.to_numpy(dtype="float64")
    values[~np.isfinite(values)] = np.nan
    return float(np.nanmean(values, axis=0).sum())


def polars_features(frame):
    import polars as pl
    expressions = []
    for c in COLUMNS:
        x = pl.col(c)
        for w in WINDOWS:
            mean, std = x.rolling_mean(w), x.rolling_std(w)
            for name, e in [("rolling_mean", mean), ("rolling_std", std), ("rolling_max", x.rolling_max(w)),
                            ("z_score", (x - mean) / std), ("pct_change", x / x.shift(w) - 1)]:
                expressions.append(e.over("mint").cast(pl.Float32).alias(f"{name}({c}, {w})"))
    features = frame.lazy().select(expressions).collect()
    lazy = frame.lazy().select("mint", "timestamp", "price_close")
    ahead = lazy.drop_nulls("price_close").rename({"price_close": "later"}).sort("timestamp")
    now = lazy.with_columns(pl.col("timestamp") + pl.duration(seconds=HORIZON)).sort("timestamp")
    joined = now.join_asof(ahead, on="timestamp", by="mint", strategy="forward", tolerance=f"{TOLERANCE}s",
                           check_sortedness=False)
    change = (pl.col("later") - pl.col("price_close")) / pl.col("price_close")
    positives = joined.select((change >= CHANGE).sum()).collect().item()
    return features, int(positives)


def polars_checksum(features):
    import polars as pl
    finite = [pl.when(pl.col(n).cast(pl.Float64).is_finite()).then(pl.col(n).cast(pl.Float64)).mean() for n in features.columns]
    return float(sum(features.select(finite).row(0)))


def main():
    peer, url = sys.argv[1:]
    if peer == "polars":
        import polars  # noqa: F401, imported before the clock starts
    else:
        import pandas  # noqa: F401
    start = time.perf_counter()
    if peer == "pandas-psycopg":
        frame = read_pandas_psycopg(url)
    elif peer == "pandas-connectorx":
        frame = read_connectorx(url, "pandas")
    else:
        frame = read_connectorx(url, "polars")
    took = {"rows": len(frame), "wall": time.perf_counter() - start}
    if peer != "pandas-connectorx":
        compute, checksum = ((polars_features, polars_checksum) if peer == "polars" else (pandas_features, pandas_checksum))
        before, start = cpu(), time.perf_counter()
        features, positives = compute(frame)
        took |= {"compute_wall": time.perf_counter() - start, "compute_cpu": cpu() - before, "positives": positives}
        took["checksum"] = checksum(features)
    took["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(took))


main()
