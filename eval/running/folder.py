"""The folder of one evaluation: its configuration, its data manifest, and one line for every photo.

``evaluation.json`` is written once and never changes; ``lines.jsonl`` only grows. A photo may have several lines (a
failure tried again); the last one counts.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sextant.agent.warning_codes import add_codes
from sextant.base.errors import SextantError, WrongUse
from sextant.base.files import replace_file
from sextant.base.json_lines import BrokenLine, format_line, read_lines
from sextant.base.json_types import Json
from sextant.graphs.batches.configuration import refuse_changed as refuse_other_configuration
from sextant.graphs.batches.lines import lock_writer, make_unwritable_error
from sextant.graphs.runs.folder import read_json, write_json

FORMAT = 1


class EvaluationError(SextantError):
    """An evaluation folder that is not there or cannot be read."""


@dataclass(frozen=True)
class EvaluationFolder:
    """One evaluation on disk."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def lines_file(self) -> Path:
        return self.path / "lines.jsonl"

    @property
    def records(self) -> Path:
        """The run folders of the photos: ``sextant runs show RUN/records/PHOTO``."""
        return self.path / "records"

    def header(self) -> Json:
        """Return the content of ``evaluation.json``: configuration, its hash, versions, data manifest, photos.

        Raises:
            EvaluationError: the folder holds no evaluation, or one of another format.
        """
        file = self.path / "evaluation.json"
        if not file.is_file():
            raise EvaluationError(f"{str(self.path)!r} has no evaluation; make one with: sextant eval run")
        header = read_json(file)
        found = header.get("format") if isinstance(header, dict) else None
        if found != FORMAT or not isinstance(header, dict):
            raise EvaluationError(
                f"evaluation {str(self.path)!r} has format {found!r}, this sextant reads {FORMAT}; "
                "use the version that wrote it"
            )
        return header

    def begin(self, header: Json) -> None:
        """Write the header of a new evaluation.

        Raises:
            SextantError: the disk does not take it.
        """
        write_json(self.path / "evaluation.json", {"format": FORMAT, **header})

    def lines(self) -> dict[str, Json]:
        """Return each photo's valid record, by image, in the order photos first ended.

        Raises:
            EvaluationError: a line is broken that is not the last.
        """
        found: dict[str, Json] = {}
        try:
            for line in read_lines(self.lines_file) if self.lines_file.exists() else ():
                if not isinstance(line.value.get("image"), str):
                    raise BrokenLine(line.number, "not an object with an image")
                answer = line.value.get("answer")
                found[line.value["image"]] = {**line.value, "answer": add_codes(answer)} if answer else line.value
        except BrokenLine as error:
            raise EvaluationError(
                f"line {error.number} of {str(self.lines_file)!r} is broken ({error.reason}); remove it and resume"
            ) from error
        return found


def refuse_changed(folder: EvaluationFolder, configuration: Json) -> None:
    """Raise unless the folder's evaluation has this very configuration.

    Raises:
        WrongUse: it has another; the message shows the difference.
    """
    refuse_other_configuration(folder.path, folder.header()["configuration"], configuration, "another evaluation")


def read_evaluation(path: str | Path) -> tuple[Json, dict[str, Json]]:
    """Read the header and the records of an evaluation's folder."""
    folder = EvaluationFolder(Path(path))
    return folder.header(), folder.lines()


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    """Write all lines of a new evaluation at once: aside, then renamed.

    Raises:
        SextantError: the disk does not take them.
    """
    try:
        with replace_file(path) as aside, aside.open("wb") as file:
            file.writelines(map(format_line, lines))
    except OSError as error:
        raise make_unwritable_error(path, error) from error


@contextmanager
def create_evaluation(out: Path) -> Iterator[EvaluationFolder]:
    """Create a folder for an evaluation that is written as a whole, locked for this process.

    Raises:
        WrongUse: it holds an evaluation already.
        FolderError: it cannot be written, or another process works on it.
    """
    with lock_writer(out):
        if (out / "evaluation.json").exists():
            raise WrongUse(f"{str(out)!r} already holds an evaluation; give another --out")
        yield EvaluationFolder(out)
