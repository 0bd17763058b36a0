"""Trains a model by gRPC, follows the job, shows what the model is worth, and asks it.

    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I proto --python_out=stubs --grpc_python_out=stubs proto/mltraining/v1/*.proto
    PYTHONPATH=stubs python examples/python/quickstart.py SOURCE START END ENTITY

START and END are times such as 2026-01-01T00:00:00Z: what is learned from. ENTITY is asked for at END.

The service is the one of MLTS_ENDPOINT (http://127.0.0.1:50051), the key that of MLTS_API_KEY.
"""

import hashlib
import os
import sys
import uuid
from datetime import datetime

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from mltraining.v1 import (
    algorithm_pb2,
    artifact_service_pb2,
    artifact_service_pb2_grpc,
    job_pb2,
    job_service_pb2,
    job_service_pb2_grpc,
    label_pb2,
    model_service_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
    split_pb2,
    time_range_pb2,
    train_spec_pb2,
    training_service_pb2,
    training_service_pb2_grpc,
)

PROJECT = "projects/default"


def channel():
    """The service, over TLS when the endpoint is https."""
    endpoint = os.environ.get("MLTS_ENDPOINT", "http://127.0.0.1:50051")
    scheme, address = endpoint.split("://", 1)
    # A server asks its connections to go away after a while; calls are then made on a new one.
    options = [("grpc.keepalive_time_ms", 30_000)]
    if scheme == "https":
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(), options)
    return grpc.insecure_channel(address, options)


# Every call carries the key. Over TLS grpc.metadata_call_credentials can do this for the whole channel.
KEY = [("authorization", "Bearer " + os.environ["MLTS_API_KEY"])]


def timestamp(text):
    at = Timestamp()
    at.FromDatetime(datetime.fromisoformat(text))
    return at


def train(service, source, start, end):
    """Asks for a training: a rise of 1 % within 10 minutes. The request_id makes a repetition the same job."""
    spec = train_spec_pb2.TrainSpec(
        source=f"{PROJECT}/sources/{source}",
        range=time_range_pb2.TimeRange(start=timestamp(start), end=timestamp(end)),
        label=label_pb2.LabelSpec(
            change_at_horizon=label_pb2.ChangeAtHorizon(change=0.01, horizon=Duration(seconds=600))
        ),
        algorithm=algorithm_pb2.AlgorithmSpec(random_forest=algorithm_pb2.RandomForest(trees=20, max_depth=6)),
        split=split_pb2.SplitSpec(walk_forward=split_pb2.WalkForward(folds=2)),
    )
    request = training_service_pb2.TrainModelRequest(
        parent=PROJECT, model_id="quickstart", spec=spec, request_id=str(uuid.uuid4())
    )
    return service.TrainModel(request, metadata=KEY, timeout=30).name


def follow(jobs, name):
    """Prints what happens until the job has ended. A stream that breaks is resumed after the last event seen."""
    seen = 0
    while True:
        try:
            request = job_service_pb2.WatchJobRequest(name=name, after_sequence=seen)
            for event in jobs.WatchJob(request, metadata=KEY):
                seen = max(seen, event.sequence)
                if event.HasField("progress"):
                    print(f"  {100 * event.progress.fraction:3.0f} % {event.progress.message}")
            return jobs.GetJob(job_service_pb2.GetJobRequest(name=name), metadata=KEY, timeout=30)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise


def download(artifacts, name):
    """A file, held against the hash that comes last."""
    digest, content = hashlib.sha256(), bytearray()
    for piece in artifacts.DownloadArtifact(artifact_service_pb2.DownloadArtifactRequest(name=name), metadata=KEY):
        digest.update(piece.data)
        content += piece.data
    assert digest.hexdigest() == piece.sha256, "the file is damaged"
    return bytes(content)


def main(source, start, end, entity):
    with channel() as service:
        job = train(training_service_pb2_grpc.TrainingServiceStub(service), source, start, end)
        print(job)
        job = follow(job_service_pb2_grpc.JobServiceStub(service), job)
        if job.state != job_pb2.JOB_STATE_SUCCEEDED:
            sys.exit(f"{job_pb2.JobState.Name(job.state)}: {job.error.message}")

        request = model_service_pb2.GetModelVersionRequest(name=job.result.model_version)
        version = model_service_pb2_grpc.ModelServiceStub(service).GetModelVersion(request, metadata=KEY, timeout=30)
        metrics = version.evaluation.overall
        # What is not known is unset, never 0.
        roc_auc = f"{metrics.roc_auc:.3f}" if metrics.HasField("roc_auc") else "unknown"
        print(f"{version.name}: ROC AUC {roc_auc} on rows that the models of the folds have not seen")

        content = download(artifact_service_pb2_grpc.ArtifactServiceStub(service), version.model_artifact)
        assert hashlib.sha256(content).hexdigest() == version.model_sha256
        print(f"the model has {len(content)} bytes, sha256 {version.model_sha256}")

        point = prediction_service_pb2.PredictionPoint(entity=entity, time=timestamp(end))
        request = prediction_service_pb2.PredictRequest(
            model_version=version.name, points=prediction_service_pb2.PredictionPoints(points=[point])
        )
        answer = prediction_service_pb2_grpc.PredictionServiceStub(service).Predict(request, metadata=KEY, timeout=30)
        said = answer.predictions[0]
        if not said.HasField("score"):
            reason = prediction_service_pb2.NoPredictionReason.Name(said.no_prediction)
            sys.exit(f"{entity}: no score: {reason}")
        print(f"{entity}: {said.score:.3f} at {said.bar_time.ToJsonString()}")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
