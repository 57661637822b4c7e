"""Read a log of Inspect as an evaluation: one that Sextant exported, or a run of `sextant/geolocate`."""

import zipfile
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, read_eval_log

from sextant.agent.verification.pool import Candidate, Pool
from sextant.base.errors import SextantError, format_system_reason
from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.exchange.inspect_log import HEADER, RECORD
from sextant.eval.running.prediction_files import Prediction

SUFFIXES = (".eval", ".json")
POSITION = "predicted"  # of a score's metadata: latitude and longitude, or None


def read_log(file: Path) -> EvalLog:
    """Read a log.

    Raises:
        SextantError: it cannot be read, or holds no sample.
    """
    try:
        file.open("rb").close()  # the package has words of its own for a missing file
        if file.suffix not in SUFFIXES:
            raise ValueError("its name does not end in .eval or .json")
        if file.suffix == ".eval" and not zipfile.is_zipfile(file):
            raise ValueError("it is not a zip, as .eval logs are")
        log = read_eval_log(str(file))
    except Exception as error:  # the package raises whatever its readers do
        reason = format_system_reason(error)
        raise SextantError(
            f"cannot read the Inspect log {str(file)!r}: {reason}; give an .eval or .json log"
        ) from error
    if not log.samples:
        raise SextantError(f"the Inspect log {str(file)!r} holds no sample; export or run it with samples")
    return log


def list_records(log: EvalLog) -> tuple[Json, list[Json]] | None:
    """List header and records of an evaluation that Sextant exported; None for any other log."""
    header: Any = (log.eval.metadata or {}).get(HEADER)
    records = [sample.metadata.get(RECORD) for sample in log.samples or ()]
    if not isinstance(header, dict) or not all(isinstance(record, dict) for record in records):
        return None
    return header, [record for record in records if record is not None]


def list_predictions(log: EvalLog) -> list[Prediction]:
    """List truth and prediction of each sample of the first epoch.

    Raises:
        SextantError: a sample does not state its photo's true position.
    """
    return [_read_sample(sample, log.eval.model) for sample in log.samples or () if sample.epoch == 1]


def _read_sample(sample: EvalSample, model: str) -> Prediction:
    truth = [sample.metadata.get(name) for name in ("latitude", "longitude")]
    if not all(isinstance(value, int | float) for value in truth):
        raise SextantError(f"sample {sample.id!r} has no true position; the log must be of sextant/geolocate")
    photo = BenchmarkPhoto(str(sample.id), float(truth[0]), float(truth[1]), author=sample.metadata.get("author"))  # type: ignore[arg-type]
    positions = [(score.metadata or {}).get(POSITION) for score in (sample.scores or {}).values()]
    place = next((one for one in positions if one), None)
    if place is None:
        return Prediction(photo, Pool(outcomes={"unparsable": 1}))
    latitude, longitude = place
    return Prediction(photo, Pool((Candidate(latitude, longitude, "answer", model=model),), outcomes={"answered": 1}))
