"""Writes cross_section.csv: ranks among entities at the same instant by pandas, for tests/cross_section.rs.

Run in this folder: pip install pandas numpy; python cross_section.py.
"""

import numpy as np
import pandas as pd

rng = np.random.default_rng(31)
start, second = 1_766_188_740_000_000, 1_000_000
parts = []
for entity, bars in {"a": 40, "b": 33, "c": 40, "d": 7, "e": 25}.items():
    # Most bars lie on a common grid, some beside it; entities begin and end at different times.
    grid = rng.choice(np.arange(60), bars, replace=False) * 60 + rng.choice([0, 0, 0, 0, 7], bars)
    d = pd.DataFrame({"entity": entity, "time": start + np.sort(grid) * second})
    d["close"] = 2.8e-8 * np.exp(np.cumsum(rng.normal(0, 0.03, bars)))
    d["volume"] = rng.choice([0.0, -0.0, 1.0, 2.0, 1e6], bars)  # many equal ones
    d.loc[rng.random(bars) < 0.1, ["close", "volume"]] = np.nan
    parts.append(d)
d = pd.concat(parts, ignore_index=True)

rank = lambda x: x.groupby(d.time).rank(pct=True, method="average")
own = lambda x, f: x.groupby(d.entity, group_keys=False).apply(f)
F = {
    "cross_section_rank(close)": rank(d.close),
    "cross_section_rank(volume)": rank(d.volume),
    "cross_section_rank(pct_change(close, 2))": rank(own(d.close, lambda x: x.pct_change(2, fill_method=None))),
    "cross_section_rank(rolling_max(volume, 3))": rank(own(d.volume, lambda x: x.rolling(3).max())),
    "minus(cross_section_rank(close), cross_section_rank(volume))": rank(d.close) - rank(d.volume),
    "cross_section_rank(minus(cross_section_rank(close), cross_section_rank(volume)))": rank(rank(d.close) - rank(d.volume)),
}
show = lambda v: "nan" if v != v else f"{v:.17g}"
out = [f"# Made once with pandas {pd.__version__}, numpy {np.__version__} by cross_section.py."]
out.append(";".join([*d.columns, *F]))
for i, r in d.iterrows():
    out.append(";".join([r.entity, str(r.time), show(r.close), show(r.volume), *(show(x[i]) for x in F.values())]))
open("cross_section.csv", "w").write("\n".join(out) + "\n")
print(len(d), "rows,", sum(int(x.notna().sum()) for x in F.values()), "known values,", d.time.nunique(), "instants")
