"""A second look: a later round compares the leading places with pictures taken there; only strong models are asked."""

import itertools
import json
from dataclasses import replace

import pytest

from sextant.agent.answers.judgements import Likeness, read_judgements
from sextant.agent.cost.forecast import forecast
from sextant.agent.settings import Settings
from sextant.agent.verification.calibrated import calibrated
from sextant.agent.verification.pool import Candidate, Judgement, Pool
from sextant.agent.verification.scoring.judgements import may_judge, weigh_judgements
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer
from tests.support.open_services import OpenServices

LISBON, OSLO = (38.71, -9.14), (59.91, 10.75)


def make_script(likely):
    """A model that says Lisbon and Oslo in turn, and of each sheet whether it shows ``likely``."""

    turns = itertools.cycle((LISBON, OSLO))

    def script(asked):
        if "Place A:" in asked.text:
            lines = [line for line in asked.text.splitlines() if line.startswith("Place ")]
            said = [
                {
                    "place": line[6],
                    "judgement": "same place" if likely in line else "not",
                    "why": f"the tower of {line[6]}",
                }
                for line in lines
            ]
            return Reply(text=json.dumps({"places": said}))
        place = next(turns)
        return Reply(text=json.dumps({"latitude": place[0], "longitude": place[1], "confidence": 0.4}))

    return script


def choose(home, gallery, **more):
    return Settings(
        **{
            "model": "openai:gpt-5-scripted", "home": str(home), "tools": (), "retries": 0,
            "gallery": str(gallery) if gallery else None, "second_look": 4, "later": ("second-look",),
            "variants": ("zero-shot", "references-10"), "max_rounds": 2, **more,
        }
    )  # fmt: skip


def run(script, query, home, gallery, **more):
    with ModelServer(script) as server:
        return locate(str(query), choose(home, gallery, base_url=server.base_url, **more)), server.asked


def test_the_leading_places_are_compared_and_the_judgement_counts(gallery, query, tmp_path, keys):
    probabilities = {}
    for likely in ("Lisbon", "Oslo"):
        done, asked = run(make_script(likely), query, tmp_path, gallery)
        looks = [one for one in asked if "Place A:" in one.text]
        assert len(looks) == 1 and looks[0].text.count("same kind") >= 1
        judged = done.answer["looks"]
        assert {one["judgement"] for one in judged} == {"same place", "not"}
        assert all(len(one["evidence"]) == 64 and one["why"].startswith("the tower") for one in judged)
        assert done.answer["outcomes"]["unparsable"] == 0
        probabilities[likely] = (done.answer["best"]["country_code"], done.answer["probability"]["25"])
        replayed = replay(find_run(done.name, str(tmp_path)), home=str(tmp_path))
        assert replayed.answer == done.answer
    assert probabilities["Lisbon"][0] == "PT" and probabilities["Oslo"][0] == "NO"


def test_models_whose_judgement_weighs_nothing_are_not_asked(gallery, query, tmp_path, keys):
    done, asked = run(make_script("Oslo"), query, tmp_path, gallery, model="openai:llava")
    assert "looks" not in done.answer and not any("Place A:" in one.text for one in asked)
    done, asked = run(make_script("Oslo"), query, tmp_path, gallery, second_look=0)
    assert "looks" not in done.answer and not any("Place A:" in one.text for one in asked)


def test_pictures_of_a_service_serve_without_a_gallery(query, tmp_path, keys):
    with OpenServices() as services:
        done, _ = run(
            make_script("Vaduz"), query, tmp_path, None, online=(f"panoramax={services.url}",),
            variants=("zero-shot", "clues-first"),
        )  # fmt: skip
    assert any(path == "/api/search" for path, _ in services.requests)
    assert done.answer["sent"] and "looks" not in done.answer  # its only picture lies in Vaduz, no leading place


def test_only_codes_are_read():
    said = [{"place": "a", "judgement": "Same Place", "why": "x"}, {"place": "B", "judgement": "perhaps"}]
    text = f"Well. {json.dumps({'places': said})}"
    assert [(one.letter, one.likeness) for one in read_judgements(text, "AB")] == [("A", Likeness.SAME_PLACE)]
    assert read_judgements("the same place", "AB") == () and read_judgements('{"places": 3}', "AB") == ()


@pytest.mark.parametrize(
    ("model", "moves"), [("gpt-5", True), ("gpt-4o", False), ("llava", False), ("unheard-of", False)]
)
def test_only_a_strong_model_moves_the_odds(model, moves):
    places = (LISBON, OSLO)
    pool = Pool(tuple(Candidate(*place, origin="nearest", rank=rank) for rank, place in enumerate(places)))
    judged = Pool(pool.candidates, judgements=(
        Judgement(*LISBON, Likeness.NOT, model), Judgement(*OSLO, Likeness.SAME_PLACE, model)
    ))  # fmt: skip
    before, after = calibrated(pool), calibrated(judged)
    assert may_judge(model) == moves
    assert (after.latitude, after.probability) != (before.latitude, before.probability) if moves else after == before
    if moves:
        assert chance_at(after, OSLO) > chance_at(before, OSLO) and chance_at(after, LISBON) < chance_at(before, LISBON)


def chance_at(verdict, place):
    """Return P(25 km) that a verdict gives the candidate at a place."""
    return next(s.probabilities["25"] for s in verdict.scored if (s.candidate.latitude, s.candidate.longitude) == place)


def test_a_pattern_that_skilled_judges_give_moves_more_than_one_that_chance_gives():
    from sextant.agent.verification.scoring.judgements import measure_odds

    places = [LISBON, OSLO, (0.0, 0.0), (40.0, 100.0)]

    def judge(*same):
        likeness = [Likeness.SAME_PLACE if one else Likeness.NOT for one in same]
        return measure_odds([Judgement(*place, said, "gpt-5") for place, said in zip(places, likeness, strict=False)])

    alone, among_four = judge(True)[1], judge(True, False, False, False)[1]
    assert among_four[0] > alone[0] > 0 and (among_four[1:] < 0).all()
    assert (judge(False, False, False, False)[1] < 0).all()
    assert among_four[0] < 1  # however sure the pattern, the judge may be one at chance
    assert len(measure_odds([Judgement(*LISBON, Likeness.SAME_PLACE, "llava")])[0]) == 0


def test_a_place_called_the_same_is_the_answer_only_where_it_leads():
    import numpy as np

    from sextant.agent.verification.scoring.judgements import keep_leading

    likely = np.array([False, True])
    assert keep_leading(likely, np.array([0.2, 0.4])).tolist() == [False, True]
    assert not keep_leading(likely, np.array([0.5, 0.4])).any()
    assert not keep_leading(np.zeros(2, dtype=bool), np.array([0.5, 0.4])).any()


def test_probabilities_stay_those_of_one_truth():
    import numpy as np

    chances = np.array([[0.3, 0.5, 0.5, 0.5, 0.6], [0.1, 0.4, 0.4, 0.4, 0.6]])
    judged = [Judgement(*OSLO, Likeness.SAME_PLACE, "gpt-5"), Judgement(*LISBON, Likeness.NOT, "gpt-5")]
    moved = weigh_judgements(chances, np.array([OSLO, LISBON]), judged)
    assert moved[0, 1] > 0.55 and moved[1, 1] < 0.38 and moved[:, 1].sum() <= 1.0
    assert (np.diff(moved, axis=1) >= 0).all() and moved[0, 0] < moved[0, 1]


def test_the_forecast_counts_sheets_and_requests_and_is_never_below_what_is_spent(gallery, query, tmp_path, keys):
    def counting(asked):
        """Count a token for each letter and what a picture may take at most, as no server counts more."""
        pictures = sum(
            block.get("type") == "image_url"
            for message in asked.body["messages"]
            if isinstance(message["content"], list)
            for block in message["content"]
        )
        said = script(asked)
        return replace(said, usage=(len(asked.text) // 4 + 1_500 * pictures, 100))

    script = make_script("Lisbon")
    done, asked = run(counting, query, tmp_path, gallery, max_rounds=3)
    settings = choose(tmp_path, gallery, max_rounds=3)
    foreseen = forecast(settings)
    spent = done.answer["spent"]
    assert any("Place A:" in one.text for one in asked)
    assert foreseen["at_most"]["calls"] >= spent["calls"]
    assert foreseen["at_most"]["input_tokens"] + foreseen["at_most"]["output_tokens"] >= spent["tokens"]
    without = forecast(replace(settings, second_look=0))
    assert without["at_most"]["input_tokens"] < foreseen["at_most"]["input_tokens"]


def test_the_forecast_counts_the_requests_of_second_looks_and_tools():
    looks = Settings(model="openai:gpt-5", second_look=4, online=("panoramax", "commons"), tools=(), max_rounds=3)
    assert forecast(looks)["online"]["at_most"] == 2 * 4 * 2 * (2 + 4)  # rounds, places, attempts, lists and pictures
    assert forecast(replace(looks, model="openai:llava"))["online"]["at_most"] == 0  # whose judgement weighs nothing
    tools = Settings(model="openai:llava", online=("overpass", "nominatim"), tools=("map_search",), max_calls=4)
    assert forecast(tools)["online"]["at_most"] == 3 * 8 * 2 * 2  # turns of tools, calls in one, attempts, services


def test_a_reply_that_calls_two_places_the_same_is_not_weighed():
    pool = Pool((*said_once(LISBON, "a"), *said_once(OSLO, "b")))
    both = tuple(Judgement(*place, Likeness.SAME_PLACE, "gpt-5", "2.second-look.0") for place in (LISBON, OSLO))
    plain, contradicted = calibrated(pool), calibrated(replace(pool, judgements=both))
    assert contradicted.probability == plain.probability
    assert "a second look called several places the same as the photo's; it was not weighed" in contradicted.reasons
    one = calibrated(replace(pool, judgements=(both[1], Judgement(*LISBON, Likeness.NOT, "gpt-5", "2.second-look.0"))))
    assert one.latitude == OSLO[0] and one.probability != plain.probability


def said_once(place, variant):
    return (Candidate(*place, origin="answer", model="gpt-5", variant=variant),)
