"""Computes each NAME.onnx of a folder with ONNX Runtime and holds it against the native scores in NAME.json beside it.

Ends with 0 when every score is within 1e-6, and every number within 1e-6 of the largest; with 1 when one is not, with 77 when
onnxruntime is not installed.
"""

import json
import pathlib
import sys

try:
    import numpy
    import onnxruntime
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOLERANCE = 1e-6


def largest(model: pathlib.Path) -> float:
    native = json.loads(model.with_suffix(".json").read_text())
    rows = [[float("nan") if cell is None else cell for cell in row] for row in native["rows"]]
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(None, {"features": numpy.array(rows, numpy.float32)})))
    if "number" in native:
        assert names == ["number"], names
        numbers = numpy.array(native["number"])
        return float(numpy.abs(found["number"] - numbers).max() / numpy.abs(numbers).max())
    differences = [numpy.abs(found[name] - numpy.array(native[name])).max() for name in ("score", "probability")]
    if "decision" in found:
        # A probability that is no further from the threshold than its last bits may fall on either side.
        probability = numpy.array(native["probability"])
        decided = (probability >= native["threshold"]) != found["decision"]
        differences.append((decided & (numpy.abs(probability - native["threshold"]) > 1e-12)).any() * 1.0)
    return float(max(differences))


def main() -> int:
    worst = 0.0
    models = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    for model in models:
        difference = largest(model)
        worst = max(worst, difference)
        print(f"{model.stem:40} largest difference {difference:.1e}")
    print(f"onnxruntime {onnxruntime.__version__}: {len(models)} models, largest difference {worst:.1e}")
    return 0 if models and worst <= TOLERANCE else 1


sys.exit(main())
