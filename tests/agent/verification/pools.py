"""Pools for the tests: small, named by what they are."""

from sextant.agent.verification.pool import Candidate, Pool

LISBON, NEW_YORK, TOKYO = (38.72, -9.14), (40.71, -74.01), (35.68, 139.69)


def retrieved(*places: tuple[float, float]) -> tuple[Candidate, ...]:
    return tuple(Candidate(*place, origin="nearest", rank=rank) for rank, place in enumerate(places))


def said(*places: tuple[float, float], model: str = "gpt-4o") -> tuple[Candidate, ...]:
    return tuple(
        Candidate(*place, origin="answer", model=model, variant=f"v{number}") for number, place in enumerate(places)
    )


def models_say(*places: tuple[float, float]) -> tuple[Candidate, ...]:
    """One answer from each of several unknown models."""
    return tuple(Candidate(*place, origin="answer", model=f"unheard-{n}") for n, place in enumerate(places))


def sign(place: tuple[float, float], branch: str = "a") -> Candidate:
    """What a branch read in the photo names this place."""
    return Candidate(*place, origin="named", id=branch, place="Rua Augusta", precision="street", radius_km=0.6)


def around(place: tuple[float, float], count: int, step: float = 0.01) -> list[tuple[float, float]]:
    return [(place[0] + step * number, place[1]) for number in range(count)]


CROWD = Pool(retrieved(*around(LISBON, 14), *around(NEW_YORK, 6)), (TOKYO,) * 5)
STRANGE = {
    "empty": Pool(),
    "only outcomes": Pool((), (), {"refused": 4}),
    "far side alone": Pool((), (TOKYO,)),
    "one retrieved": Pool(retrieved(LISBON)),
    "one answer": Pool(said(LISBON)),
    "twenty identical": Pool(retrieved(*[LISBON] * 20)),
    "identical answers": Pool(said(*[LISBON] * 20)),
    "antipodal camps": Pool(retrieved(*[(10.0, 20.0)] * 5, *[(-10.0, -160.0)] * 5)),
    "poles": Pool(retrieved((90.0, 0.0), (90.0, 90.0), (-90.0, 0.0)), ((-90.0, 10.0),)),
    "antimeridian": Pool(retrieved((-17.0, 179.9), (-17.0, -179.9), (-17.0, 180.0), (-17.0, -180.0))),
    "offline answer alone": Pool(said(LISBON, model="offline")),
    "offline answer": Pool((*CROWD.candidates, *said(LISBON, model="offline"))),
    "no model named": Pool((Candidate(*LISBON, origin="answer"), Candidate(*TOKYO, origin="alternative"))),
    "a pin": Pool((Candidate(*LISBON, origin="gps"),)),
    "signs elsewhere": Pool((*said(LISBON), sign(TOKYO), sign(NEW_YORK, "b"))),
    "signs that agree": Pool((*CROWD.candidates, *said(LISBON), sign(LISBON), sign((38.75, -9.2), "b"))),
    "no ranks": Pool(tuple(Candidate(*place, origin="nearest") for place in around(LISBON, 3))),
    "sixty answers": Pool(said(*around(LISBON, 40, 0.3), *around(NEW_YORK, 20, 0.3))),
    "everything": Pool(
        (*CROWD.candidates, *said(*around(LISBON, 4)), Candidate(*TOKYO, origin="alternative", model="gpt-4o")),
        (TOKYO, NEW_YORK),
    ),
}
