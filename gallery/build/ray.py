"""Build pipeline on a Ray cluster: Ray Data decodes and encodes, lance-ray commits the fragments.

The source is handed over in waves, each committed as one version of the table; so memory is bounded, and an
interrupted build loses at most one wave. Every node needs this package and sees the photos and the gallery under
the same paths. The cluster is the one that RAY_ADDRESS names, else this machine.
"""

import itertools
import json
import os
import pickle
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sextant.base.errors import WrongUse
from sextant.gallery.build.commit import make_rows_table
from sextant.gallery.build.decode import DecodedPhoto, decode
from sextant.gallery.build.pipeline import COPY, Pipeline
from sextant.gallery.database import PHOTOS, make_photos_schema, read_storage_options
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.spec import Prepare, choose_batch
from sextant.gallery.sources.records import PhotoRecord, Unreadable

_WAVE = 50_000  # photos: 150 MB of vectors


def run_with_ray(filling: Pipeline) -> None:
    """Decode, encode and write everything the source has.

    Raises:
        WrongUse: Ray or lance-ray is not installed.
    """
    ray = _import_ray()
    started_here = not ray.is_initialized()
    if started_here:
        ray.init(include_dashboard=False, logging_level="error", log_to_driver=False)
    progress = ray.data.DataContext.get_current()
    progress.enable_progress_bars = False
    try:
        records = filling.records()
        for wave in iter(lambda: list(itertools.islice(records, _WAVE)), []):
            _write_wave(ray, filling, wave)
    finally:
        if started_here:
            ray.shutdown()


def _import_ray() -> Any:
    try:
        import lance_ray  # noqa: F401
        import ray
        import ray.data
    except ImportError as error:
        raise WrongUse("--engine ray needs Ray and lance-ray; install them: pip install 'sextant-geo[ray]'") from error
    return ray


def _write_wave(ray: Any, filling: Pipeline, wave: list[PhotoRecord | Unreadable]) -> None:
    """Encode a wave, choose what goes in (order decides between copies, as it does locally), commit it."""
    encoder = filling.encoder
    batch = choose_batch(encoder)
    items = [{"place": place, "record": pickle.dumps(record)} for place, record in enumerate(wave)]
    encoded = (
        ray.data.from_items(items)
        .map_batches(_Decode(encoder.prepare, filling.min_file_bytes), batch_format="pyarrow", batch_size=batch)
        .map_batches(
            _Encode,
            fn_constructor_args=(encoder.spec, encoder.dimension),
            batch_format="pyarrow",
            batch_size=batch,
            concurrency=(1, _make_encoders(ray)),
            num_gpus=1 if ray.cluster_resources().get("GPU") else 0,
        )
        .materialize()
    )
    outcomes = encoded.select_columns(["place", "id", "sha256", "reason"]).to_arrow_refs()
    names = _choose(filling, pa.concat_tables(ray.get(outcomes)).sort_by("place").to_pylist())
    if names:
        rows = encoded.map_batches(_Keep(names, encoder.dimension), batch_format="pyarrow")
        filling.writer.append_elsewhere(lambda path: _commit(rows, path, encoder.dimension))
        filling.added += len(names)
    filling.tell(filling.progress("encoding"))


def _choose(filling: Pipeline, outcomes: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Return the places in the wave of the photos to add, with their ids; record the others with their reason."""
    names: dict[int, str] = {}
    for row in outcomes:
        filling.done += 1
        if row["reason"] is not None:
            filling.leave_out(row["id"], row["reason"])
        elif (name := filling.id_for(row["id"], row["sha256"])) is None:
            filling.leave_out(row["id"], COPY)
        else:
            names[row["place"]] = name
    return names


def _commit(rows: Any, path: str, dimension: int) -> None:
    from lance_ray import write_lance

    uri = f"{path}/{PHOTOS}.lance"
    write_lance(
        rows, uri, schema=make_photos_schema(dimension), mode="append", storage_options=read_storage_options(path)
    )


def _make_encoders(ray: Any) -> int:
    """Return one encoder a GPU; without any, one for every two cores, since decoding needs the others."""
    resources = ray.cluster_resources()
    return int(resources.get("GPU", 0) or max(1, resources.get("CPU", 1) // 2))


class _Decode:
    """Pickled records to prepared pictures; what cannot be read carries its reason."""

    def __init__(self, prepare: Prepare, min_file_bytes: int) -> None:
        self._prepare, self._min_file_bytes = prepare, min_file_bytes
        self.__name__ = "decode"  # Ray names the step after it

    def __call__(self, batch: pa.Table) -> pa.Table:
        records = [pickle.loads(content) for content in batch["record"].to_pylist()]
        items = decode(records, self._prepare, self._min_file_bytes)
        rows = [{"place": place, **_pack(item)} for place, item in zip(batch["place"].to_pylist(), items, strict=True)]
        return pa.Table.from_pylist(rows, schema=_PACKED)


_PACKED = pa.schema(
    [
        ("place", pa.int64()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("columns", pa.string()),
        ("sha256", pa.string()),
        ("prepared", pa.large_binary()),
    ]
)


def _pack(item: DecodedPhoto | Unreadable) -> dict[str, Any]:
    if isinstance(item, Unreadable):
        return {"id": item.id, "reason": item.reason}
    prepared = pickle.dumps(item.prepared)
    return {"id": item.id, "sha256": item.sha256, "columns": json.dumps(item.columns), "prepared": prepared}


class _Encode:
    """An actor that holds the encoder: prepared pictures to rows of the table."""

    def __init__(self, spec: str, dimension: int) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        self._encoder = load_encoder(spec)
        self._dimension = dimension

    def __call__(self, batch: pa.Table) -> pa.Table:
        good = batch.filter(pc.is_null(batch["reason"]))
        pictures = [pickle.loads(content) for content in good["prepared"].to_pylist()]
        rows = [DecodedPhoto(json.loads(columns), np.empty(0)) for columns in good["columns"].to_pylist()]
        table = make_rows_table(rows, self._encoder.encode_prepared(pictures), self._dimension)
        table = table.append_column("place", good["place"]).append_column("reason", good["reason"])
        bad = batch.filter(pc.is_valid(batch["reason"])).select(["place", "id", "reason"])
        return pa.concat_tables([table, _widen(bad, table.schema)])


def _widen(bad: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows without a photo, in the schema of those with one: zeros for what may not be missing."""
    columns = []
    for field in schema:
        if field.name in bad.column_names:
            columns.append(bad[field.name].cast(field.type))
        elif pa.types.is_fixed_size_list(field.type):
            zeros = pa.array(np.zeros(len(bad) * field.type.list_size, dtype=np.float16))
            columns.append(pa.FixedSizeListArray.from_arrays(zeros, field.type.list_size))
        elif pa.types.is_floating(field.type):
            columns.append(pa.array(np.zeros(len(bad)), field.type))
        else:
            columns.append(pa.nulls(len(bad), field.type))
    return pa.Table.from_arrays(columns, schema=schema)


class _Keep:
    """The rows that go in, under their ids, with the table's columns alone."""

    def __init__(self, names: dict[int, str], dimension: int) -> None:
        self._names, self._dimension = names, dimension
        self.__name__ = "keep"

    def __call__(self, batch: pa.Table) -> pa.Table:
        kept = batch.filter(pa.array([place in self._names for place in batch["place"].to_pylist()]))
        ids = pa.array([self._names[place] for place in kept["place"].to_pylist()], pa.string())
        schema = make_photos_schema(self._dimension)
        columns = [ids if field.name == "id" else kept[field.name].cast(field.type) for field in schema]
        return pa.Table.from_arrays(columns, schema=schema)
