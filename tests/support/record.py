"""`make record`: the recorded runs under tests/recordings, made anew where they no longer replay.

    python -m tests.support.record [--all]

Every preset once against the scripted server, the default one over every protocol. The pictures are drawn. A recording
that still replays is left as it is, so that a change shows in review as exactly what it changed.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from sextant.base.errors import SextantError
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.replay import replay
from sextant.prompts.presets import list_preset_ids
from tests.support.model_script import PROTOCOLS, Protocol
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for
from tests.support.small_gallery import PLACES, picture, write_photos

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
ADDRESS = "http://127.0.0.1:8000/v1"  # stands in every record for the port that chance gave


def wanted() -> dict[str, tuple[str, Protocol | Literal["offline"]]]:
    """Name of the recording → preset and model protocol."""
    names: dict[str, tuple[str, Protocol | Literal["offline"]]] = {
        preset: (preset, "offline" if preset == "offline" else "openai") for preset in list_preset_ids()
    }
    return {**names, **{f"default-{protocol}": ("default", protocol) for protocol in PROTOCOLS[1:]}}


def stale(name: str) -> str | None:
    """Why a recording must be made anew, None when it replays."""
    if not (RECORDINGS / name).exists():
        return "there is none"
    try:
        replay(RunFolder(RECORDINGS / name))
    except SextantError as error:
        return str(error)
    return None


def record(name: str) -> None:
    """Make one recording, in the present folder, which holds the gallery and the photo."""
    from sextant.agent.settings import Settings
    from sextant.graphs.runs.run import locate

    preset, protocol = wanted()[name]
    if protocol == "offline":
        locate("query.jpg", Settings(gallery="gallery", home="home", preset=preset, run=name))
    else:
        with ModelServer(script, protocol) as server:
            locate(
                "query.jpg", settings_for(server, Path("gallery"), Path("home"), preset=preset, verify=None, run=name)
            )
    folder = RunFolder(Path("home") / "runs" / name)
    told = folder.record()["settings"]
    folder.update(settings={**told, "base_url": told["base_url"] and ADDRESS})
    shutil.rmtree(RECORDINGS / name, ignore_errors=True)
    shutil.copytree(folder.path, RECORDINGS / name, ignore=shutil.ignore_patterns(".*"))


def draw(folder: Path) -> None:
    """A gallery of a few drawn pictures, and the photo to locate."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    table = write_photos(folder / "photos")
    source = open_source(str(folder / "photos"), SourceOptions(metadata=table))
    build(source, str(folder / "gallery"), load_encoder("builtin"), workers=0)
    picture(PLACES["lisbon"][0], seed=4711).save(folder / "query.jpg", quality=90)


def main() -> None:
    todo = dict.fromkeys(wanted(), "asked for") if "--all" in sys.argv else {n: stale(n) for n in wanted()}
    todo = {name: why for name, why in todo.items() if why}
    for folder in RECORDINGS.iterdir() if RECORDINGS.exists() else ():
        if folder.name not in wanted():
            shutil.rmtree(folder)
    if not todo:
        print("every recording replays; nothing to do")
        return
    RECORDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder))
        os.chdir(folder)
        for name, why in todo.items():
            record(name)
            print(f"recorded {name}: {why}")


if __name__ == "__main__":
    main()
