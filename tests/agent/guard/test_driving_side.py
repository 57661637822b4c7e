import pytest

from sextant.agent.guard.driving_side import find_driving_side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("The vehicle is driving on the left side of the road.", "left"),
        ("Driving appears to be on the right", "right"),
        ("traffic keeps to the left", "left"),
        ('{"driving_side": "left"}', "left"),
        ("Die Autos fahren rechts.", "right"),
        ("On roule à gauche ici.", "left"),
        ("Se conduce por la derecha", "right"),
        ("Si guida a sinistra", "left"),
        ("Conduz-se; os carros circulam pela direita", "right"),
        ("The cars are parked on the left side", None),
        ("a left-hand drive car", None),
        ("left-hand driving", None),
        ("no left turn", None),
        ("a bus driving on the right of the photo", None),
        ("They drive on the left. No: they drive on the right.", None),
        ("", None),
    ],
)
def test_what_is_said_of_moving_traffic_counts(text: str, side: str | None) -> None:
    assert find_driving_side([text]) == side


def test_texts_that_disagree_say_nothing() -> None:
    assert find_driving_side(["cars drive on the left", "cars drive on the right"]) is None
    assert find_driving_side(["cars drive on the left", "a street"]) == "left"
