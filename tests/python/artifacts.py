"""Reads the files that a training left in a folder as others would: predictions.parquet with pyarrow, and model.onnx with ONNX
Runtime when that is installed. The scores of the file must give the ROC AUC that metrics.json tells.

Ends with 0 when they do, with 1 when not, with 77 when pyarrow is not installed.
"""

import json
import pathlib
import sys

try:
    import pyarrow
    import pyarrow.parquet
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def roc_auc(labels: list, scores: list) -> float:
    """Mann and Whitney: the share of pairs in the right order, ties counting half."""
    ranked = sorted(zip(scores, labels))
    rank_sum, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        rank = (at + end + 1) / 2
        rank_sum += rank * sum(label for _, label in ranked[at:end])
        at = end
    positives = sum(labels)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    table = pyarrow.parquet.read_table(folder / "predictions.parquet")
    evaluation = json.loads((folder / "metrics.json").read_text())["evaluation"]
    print(table.schema)
    rows = table.to_pylist()
    said = "calibrated_score" if "calibrated_score" in table.schema.names else "score"
    found = roc_auc([row["label"] for row in rows], [row[said] for row in rows])
    told = evaluation["overall"]["roc_auc"]
    print(f"pyarrow {pyarrow.__version__}: {len(rows)} rows, ROC AUC {found:.12f}, metrics.json says {told:.12f}")
    good = len(rows) == evaluation["overall"]["rows"] and abs(found - told) < 1e-12
    for fold in evaluation["folds"]:
        some = [row for row in rows if row["fold"] == fold["index"]]
        first = min(row["decision_time"] for row in some).isoformat()
        good &= len(some) == fold["test_rows"] and first[:19] == fold["test_start"][:19]
    try:
        import numpy
        import onnxruntime
    except ImportError as missing:
        print(f"model.onnx not loaded: {missing}")
        return 0 if good else 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    features = json.loads(session.get_modelmeta().custom_metadata_map["feature_names"])
    probability = session.run(["probability"], {"features": numpy.full((1, len(features)), numpy.nan, numpy.float32)})[0]
    print(f"onnxruntime {onnxruntime.__version__}: {len(features)} features, all missing: {probability}")
    return 0 if good and 0 <= probability[0] <= 1 else 1


sys.exit(main())
