"""Writes reference.json: XGBoost's trees on a small fixed set, for learners/xgboost.rs.

Run in this folder: pip install xgboost scikit-learn numpy; python reference.py. Written with xgboost 3.2.0.
"""

import json
import pathlib

import numpy as np
import xgboost as xgb


def numbers(seed):
    """The generator of learners/seeded.rs."""
    while True:
        seed = (seed * 1664525 + 1013904223) % 2**32
        yield (seed >> 20) / 4096


def fixed():
    """400 rows of three columns with at most 64 distinct values; a fifth of the second column is missing."""
    n = numbers(11)
    rows, labels, weights = [], [], []
    for _ in range(400):
        a, b, c, d, e = (next(n) for _ in range(5))
        rows.append([np.floor(64 * a) / 64, np.nan if b < 0.2 else np.floor(64 * b) / 64, np.floor(64 * c) / 64])
        labels.append(float(d < 0.1 + 0.5 * a * (b < 0.2) + 0.4 * c * (b >= 0.6) + 0.2 * a))
        weights.append(1.0 if e < 0.5 else 0.25)
    return np.array(rows, np.float32), np.array(labels), np.array(weights)


def walk(node, rows):
    """Nodes from the root on, left before right: [leaf] or [feature, how many of the rows go left]."""
    if "leaf" in node:
        return [[node["leaf"]]]
    children = {child["nodeid"]: child for child in node["children"]}
    feature = int(node["split"][1:])
    column = X[rows, feature]
    left = np.where(np.isnan(column), node["missing"] == node["yes"], column < node["split_condition"])
    here = [feature, int(left.sum())]
    return [here] + walk(children[node["yes"]], rows[left]) + walk(children[node["no"]], rows[~left])


X, y, w = fixed()
found = []
CASES = {
    "plain": (dict(), None),
    "penalised": (dict(reg_alpha=0.7, reg_lambda=0.3, min_child_weight=4), None),
    "weighted": (dict(scale_pos_weight=3), w),
    "monotone": (dict(monotone_constraints="(-1,0,1)"), None),
    "leaf_wise": (dict(grow_policy="lossguide", max_leaves=7, max_depth=0), None),
}
for name, (change, weight) in CASES.items():
    for method in ("exact", "hist"):
        if method == "exact" and name == "leaf_wise":
            continue
        total = np.ones(400) if weight is None else weight
        total = total * np.where(y == 1, change.get("scale_pos_weight", 1), 1)
        base = float((total * y).sum() / total.sum())
        p = dict(max_depth=3, learning_rate=0.3, reg_lambda=1.0, min_child_weight=1, n_estimators=5, base_score=base,
                 tree_method=method, max_bin=256, n_jobs=1)
        p.update(change)
        m = xgb.XGBClassifier(**p).fit(X, y, sample_weight=weight)
        gains = m.get_booster().get_score(importance_type="total_gain")
        trees = [walk(json.loads(t), np.arange(400)) for t in m.get_booster().get_dump(dump_format="json", with_stats=True)]
        found.append(dict(
            name=name, method=method, positives=int(y.sum()),
            probabilities=[round(float(v), 8) for v in m.predict_proba(X)[:, 1]],
            gains=[round(gains.get(f"f{j}", 0.0), 5) for j in range(3)], trees=trees))
lines = ",\n".join(json.dumps(case) for case in found)
pathlib.Path(__file__).with_name("reference.json").write_text(f"[\n{lines}\n]\n")
