"""Makes the stubs as docs/PYTHON.md says, in a folder, and runs the example with them. Ends with 77 where grpcio-tools is not installed."""

import os
import pathlib
import subprocess
import sys

try:
    import grpc  # noqa: F401
    import grpc_tools  # noqa: F401
except ImportError as error:
    print(f"skipped the quick start in Python: {error}")
    sys.exit(77)

RANGE = ["2026-01-01T00:00:00Z", "2026-01-01T04:00:00Z"]
folder = pathlib.Path(sys.argv[1])
root = pathlib.Path(__file__).resolve().parent.parent.parent
protos = sorted(str(path.relative_to(root)) for path in root.glob("proto/mltraining/v1/*.proto"))
stubs = folder / "stubs"
stubs.mkdir()
options = ["-I", "proto", f"--python_out={stubs}", f"--grpc_python_out={stubs}"]
subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *protos], cwd=root, check=True)
environment = {**os.environ, "PYTHONPATH": str(stubs)}
subprocess.run([sys.executable, root / "examples/python/quickstart.py", "bars", *RANGE, "e1"], check=True, env=environment)
