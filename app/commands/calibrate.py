"""`sextant calibrate`: calibrate probabilities and regions on labelled photos."""

from dataclasses import asdict
from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json

_SCALES = ("1", "25", "200", "750", "2500")


@click.command("calibrate")
@click.argument("labelled", type=click.Path(path_type=Path), metavar="LABELLED")
@click.option("--gallery", metavar="DIR", help="The gallery that the photos were searched in, for its profile.")
@click.option("--model", metavar="NAME", help="Use only the answers of this model.")
@click.option("--fitted", type=click.Path(path_type=Path), metavar="MODEL.json", help="Start from this model.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="MODEL.json", help="File to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    labelled: Path, gallery: str | None, model: str | None, fitted: Path | None, out: Path, as_json: bool
) -> None:
    """Calibrate probabilities and regions on your own labelled photos.

    LABELLED is a file of recorded candidates with true places (see docs/verification.md), 50 photos or more. Prints
    what was stated and what happened before and after; the figures after are cross-fitted by photographer.

    \b
    Example: sextant calibrate recorded.jsonl --gallery my-gallery --out mine.json
             sextant locate photo.jpg --fitted mine.json
    """
    from sextant.agent.recording.fitted_models import read_model
    from sextant.agent.verification.model_file import shipped_model
    from sextant.eval.fitting.calibrate import calibrate
    from sextant.eval.fitting.jobs import read_labelled, write_model

    records = read_labelled(labelled, gallery, model)
    done = calibrate(records, read_model(fitted) if fitted else shipped_model())
    write_model(done.model, out)
    if as_json:
        echo_json({"photos": done.photos, "before": asdict(done.before), "after": asdict(done.after), "out": str(out)})
        return
    echo(f"{done.photos} labelled photos")
    for name, report in (("before", done.before), ("after (cross-fitted)", done.after)):
        echo(f"{name}: 50 % regions hold {report.held['50']:.0%}, 90 % regions {report.held['90']:.0%}")
        rows = zip(_SCALES, report.stated, report.happened, report.error, report.off, strict=True)
        for radius, stated, happened, error, (low, high) in rows:
            echo(
                f"  within {radius:>4} km  stated {stated:.0%}  happened {happened:.0%}  "
                f"off {100 * low:+.0f} to {100 * high:+.0f} points  calibration error {error:.3f}"
            )
    echo(f"wrote {out}; use it with: sextant locate PHOTO --fitted {out}")
