"""The shared graph: what is left of a run when it has ended."""

import gc

from sextant.graphs.runs.run import locate
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for


def count_outlines():
    return sum(isinstance(found, dict) and "coordinates" in found for found in gc.get_objects())


def test_a_run_leaves_no_outlines_to_the_garbage_collector(gallery, query, tmp_path, keys):
    with ModelServer(script) as server:
        settings = settings_for(server, gallery, tmp_path)
        locate(str(query), settings)
        gc.collect()
        before = count_outlines()
        gc.disable()
        try:
            ran = locate(str(query), settings)
            assert count_outlines() > before, "the regions of this run are circles: they have no outlines"
            del ran
            assert count_outlines() == before
        finally:
            gc.enable()
