"""Writes reference.json: scikit-learn's and XGBoost's numbers on a small fixed set, for learners/sklearn.rs, and prints the metrics of
numbers that metrics/numbers.rs holds.

Run in this folder: pip install scikit-learn xgboost-cpu; python reference.py. Written with the versions that it puts into the file.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
import xgboost as xgb
from sklearn import linear_model, metrics, naive_bayes, neighbors, pipeline, tree
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")


def numbers(seed):
    """The generator of learners/seeded.rs."""
    while True:
        seed = (seed * 1664525 + 1013904223) % 2**32
        yield (seed >> 20) / 4096


def fixed():
    """400 rows of three columns with at most 64 distinct values; a fifth of the second column is missing. The number to foresee has a
    step, a slope and noise; the class says whether it is above 0.6."""
    n = numbers(11)
    rows, targets, weights = [], [], []
    for _ in range(400):
        a, b, c, d, e = (next(n) for _ in range(5))
        rows.append([np.floor(64 * a) / 64, np.nan if b < 0.2 else np.floor(64 * b) / 64, np.floor(64 * c) / 64])
        targets.append(0.5 * (a >= 0.5) + c * (b >= 0.6) + 0.25 * c + 0.25 * d)
        weights.append(1.0 if e < 0.5 else 0.25)
    return np.array(rows, np.float32), np.array(targets, np.float32), np.array(weights)


def walk(node, rows):
    """XGBoost's nodes from the root on, left before right: [leaf] or [feature, how many of the rows go left]."""
    if "leaf" in node:
        return [[node["leaf"]]]
    children = {child["nodeid"]: child for child in node["children"]}
    feature = int(node["split"][1:])
    column = X[rows, feature]
    left = np.where(np.isnan(column), node["missing"] == node["yes"], column < node["split_condition"])
    return [[feature, int(left.sum())]] + walk(children[node["yes"]], rows[left]) + walk(children[node["no"]], rows[~left])


def walk_tree(t, node, rows, value):
    """The same of scikit-learn's nodes."""
    if t.children_left[node] < 0:
        return [[float(value(t.value[node].ravel()))]]
    column = X[rows, t.feature[node]]
    left = np.where(np.isnan(column), bool(t.missing_go_to_left[node]), column <= t.threshold[node])
    here = [[int(t.feature[node]), int(left.sum())]]
    return here + walk_tree(t, t.children_left[node], rows[left], value) + walk_tree(t, t.children_right[node], rows[~left], value)


def boosted(name, change, weight):
    total = np.ones(400) if weight is None else weight
    base = float((total * y.astype(float)).sum() / total.sum())
    p = dict(max_depth=3, learning_rate=0.3, reg_lambda=1.0, min_child_weight=1, n_estimators=5, base_score=base,
             tree_method="exact", n_jobs=1)
    p.update(change)
    m = xgb.XGBRegressor(**p).fit(X, y, sample_weight=weight)
    gains = m.get_booster().get_score(importance_type="total_gain")
    dump = m.get_booster().get_dump(dump_format="json", with_stats=True)
    return dict(name=name, base=base, predictions=[float(v) for v in m.predict(X)],
                gains=[gains.get(f"f{j}", 0.0) for j in range(3)],
                trees=[walk(json.loads(t), np.arange(400)) for t in dump])


def single_tree(name, model, truth, value):
    t = model.fit(X, truth).tree_
    return dict(name=name, tree=walk_tree(t, 0, np.arange(400), value))


def fitted(name, steps, truth, weight=None, probabilities=False):
    m = pipeline.make_pipeline(*steps)
    key = m.steps[-1][0] + "__sample_weight"
    m.fit(WIDE, truth, **({} if weight is None else {key: weight}))
    found = m.predict_proba(WIDE)[:, 1] if probabilities else m.predict(WIDE)
    return dict(name=name, predictions=[float(v) for v in found])


def untied(case, k=7):
    """Without the rows whose k-th neighbour is as far as the next one: scikit-learn takes either."""
    z = pipeline.make_pipeline(*median()).fit_transform(WIDE)
    far = np.sort(((z[:, None, :] - z[None, :, :]) ** 2).sum(-1), axis=1)
    tied = far[:, k] - far[:, k - 1] < 1e-9
    case["predictions"] = [None if t else v for v, t in zip(case["predictions"], tied)]
    return case


X, y, w = fixed()
WIDE = X.astype(float)  # or scikit-learn computes in f32
label = (y > 0.6).astype(int)
mean = lambda: (SimpleImputer(), StandardScaler())
median = lambda: (SimpleImputer(strategy="median"), StandardScaler())
deviation = float(np.std(y.astype(float)))
net = linear_model.ElasticNet(alpha=0.02 * deviation, l1_ratio=1.0, tol=1e-12, max_iter=100000)
mixed = pipeline.make_pipeline(*mean(), linear_model.ElasticNet(alpha=0.05, l1_ratio=0.3, tol=1e-12, max_iter=100000))
z = (y.astype(float) - y.astype(float).mean()) / deviation
mixed.fit(WIDE, z)
found = dict(
    versions=dict(sklearn=sklearn.__version__, scipy=scipy.__version__, xgboost=xgb.__version__),
    positives=int(label.sum()),
    boosted=[
        boosted("plain", {}, None),
        boosted("penalised", dict(reg_alpha=0.7, reg_lambda=0.3, min_child_weight=8), None),
        boosted("weighted", {}, w),
    ],
    trees=[
        single_tree("numbers", tree.DecisionTreeRegressor(max_depth=4, min_samples_leaf=5, random_state=0), y, lambda v: v[0]),
        single_tree("classes", tree.DecisionTreeClassifier(max_depth=4, min_samples_leaf=5, random_state=0), label,
                    lambda v: v[1] / v.sum()),
    ],
    fitted=[
        fitted("ridge", (*mean(), linear_model.Ridge(alpha=3.0)), y.astype(float)),
        fitted("ridge weighted", (*mean(), linear_model.Ridge(alpha=3.0)), y.astype(float), w),
        fitted("lasso", (*mean(), net), y.astype(float)),
        dict(name="elastic net", predictions=[float(v) for v in mixed.predict(WIDE) * deviation + y.astype(float).mean()]),
        fitted("gaussian nb", (*median(), naive_bayes.GaussianNB(var_smoothing=1e-3)), label, probabilities=True),
        fitted("gaussian nb weighted", (*median(), naive_bayes.GaussianNB(var_smoothing=1e-3)), label, w, True),
        untied(fitted("knn numbers", (*median(), neighbors.KNeighborsRegressor(7, algorithm="brute")), y)),
        untied(fitted("knn classes", (*median(), neighbors.KNeighborsClassifier(7, algorithm="brute")), label, probabilities=True)),
    ],
)
pathlib.Path(__file__).with_name("reference.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")

i = np.arange(40)
truth = ((i * 37 % 41) - 20.0) / 8.0
forecast = ((i * 37 % 41) // 4 + i % 3) / 3.0 - 2.0
print("REFERENCE", [float(v) for v in (
    np.sqrt(metrics.mean_squared_error(truth, forecast)), metrics.mean_absolute_error(truth, forecast),
    metrics.median_absolute_error(truth, forecast), metrics.r2_score(truth, forecast),
    scipy.stats.spearmanr(truth, forecast).statistic)])
