"""A process that locates one photo and is there to be killed: settings as JSON and the photo are its arguments.

It says ``ready`` when the first model calls are about to be made, everything slow behind it.
"""

import json
import sys
from typing import Any

from sextant.agent.settings import settings_from_json
from sextant.agent.world.live import load_chat_model
from sextant.graphs.runs.run import locate


def on_event(event: dict[str, Any]) -> None:
    if event["step"] == "plan" and event["round"] == 1:
        print("ready", flush=True)


if __name__ == "__main__":
    settings, photo = settings_from_json(json.loads(sys.argv[1])), sys.argv[2]
    load_chat_model(settings)
    locate(photo, settings, on_event)
