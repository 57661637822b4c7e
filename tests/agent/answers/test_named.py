"""Places named in prose: found, resolved by what stands beside them, and left out where the reply denies them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.agent.answers import Outcome, parse_answer
from sextant.agent.answers.named import find_named_places
from sextant.geo.sphere import compute_great_circle_km

# Sentences and where they say the photo was taken (degrees). None: no place is told.
SAID = [
    ("The photo was taken at the **Plaza de Armas in Cusco, Peru**.", -13.53, -71.97),
    ("I think this is Kyoto", 35.02, 135.76),
    ("It looks like Times Square in New York City.", 40.76, -73.99),
    ("This is **Tate Modern, London, United Kingdom**.", 51.51, -0.13),
    ("It was taken in London.", 51.51, -0.13),
    ("San Francisco, California – specifically the Golden Gate Bridge.", 37.77, -122.42),
    ("Downtown Seattle, Washington, USA – along 3rd Avenue near Pine Street.", 47.61, -122.33),
    ("Chek Jawa, Pulau Ubin, Singapore.", 1.29, 103.85),
    ("Piazza della Scala, Milan, Italy", 45.46, 9.19),
    ("Heisler Park, Laguna Beach, California", 33.54, -117.78),
    ("It is not Lisbon but Porto, Portugal.", 41.15, -8.61),
    ("Unlike Rome, this is Naples.", 40.85, 14.27),
    ("This isn't New York or Frankfurt at all but London’s “Square Mile.”", 51.51, -0.13),
    ("Paris can be ruled out; the signs are Dutch, so Amsterdam is most likely.", 52.37, 4.9),
    ("I don't think it's Tokyo. Osaka seems right.", 34.69, 135.5),
    ("It could be Paris, Lyon or Marseille; I'd say Lyon.", 45.75, 4.85),
    ("I first thought of Prague, Czech Republic. The final answer is Vienna.", 48.21, 16.37),
    ("Not Seattle, Washington. Vancouver, BC.", 49.25, -123.12),
    ("Looking from Jersey City toward Manhattan.", 40.73, -74.08),
    ("The man wears a Boston Red Sox cap. The street is in Denver, Colorado.", 39.74, -104.98),
    ("Atlanta, Georgia", 33.75, -84.39),
    ("Tbilisi, Georgia", 41.69, 44.83),
    ("Somewhere in Brookfield Place, Toronto, which is in the Financial District.", 43.7, -79.4),
    ("The Castro Theatre in San Francisco, California, in the Castro District.", 37.77, -122.42),
    ("kyoto, japan", 35.02, 135.76),
    ("Das Foto wurde in Köln aufgenommen.", 50.93, 6.95),
    ("La photo a été prise à Bordeaux, pas à Lyon.", 44.84, -0.58),
    ("La foto fue tomada en Sevilla, España, no en Granada.", 37.38, -5.97),
    ("Questa foto è stata scattata a Firenze, Italia.", 43.77, 11.25),
    ("A foto foi tirada no Porto, Portugal.", 41.15, -8.61),
    ("Фотография сделана в Москве.", 55.75, 37.62),
    ("这张照片拍摄于北京天安门广场。", 39.91, 116.4),
    ("この写真は京都の清水寺で撮影されたと思われます。", 35.02, 135.76),
    ("القاهرة، مصر", 30.06, 31.25),
    # "Pennsylvania" names the avenue here, not the state in which to look for Washington.
    ("On Pennsylvania Avenue NW in Washington, D.C., in front of the U.S. Treasury.", 38.9, -77.04),
    # Two known names side by side are one unknown name, unless one holds the other.
    ("Longmen Grottoes, by the river near Luoyang, Henan, China.", 34.68, 112.45),
    ("Somewhere in Tokyo Japan.", 35.69, 139.69),
    # A genitive, a language and the name of a thing are not the towns that share their name.
    ("The entrance of Harper's department store in Denver, Colorado.", 39.74, -104.98),
    ("The signs are in German. This could be a large city like Zürich, Switzerland.", 47.37, 8.55),
    ("Taken in the Paris Métro, specifically at the Saint-Denis station.", 48.85, 2.35),
    ("The city is London, seen from a terrace with St. Paul's Cathedral behind.", 51.51, -0.13),
    ("It was taken at Victoria Peak, in Hong Kong.", 22.28, 114.17),
    ("In the old market square of Jackson, Wyoming, USA.", 43.48, -110.76),
    # Words of a kind are a place's name where its container follows.
    ("The Old Well, Chapel Hill, North Carolina, USA.", 35.91, -79.06),
    # One letter wrong, inside the container that follows.
    ("Pompeii, Italy (the small theatre).", 40.75, 14.5),
    ("It was taken in Heidelburg, Germany.", 49.41, 8.69),
]


def km_from(outcome: Outcome, latitude: float, longitude: float) -> float:
    assert outcome.latitude is not None and outcome.longitude is not None
    return float(compute_great_circle_km((outcome.latitude, outcome.longitude), (latitude, longitude)))


@pytest.mark.parametrize(("text", "latitude", "longitude"), SAID)
def test_a_place_is_found_in_any_sentence(text: str, latitude: float, longitude: float) -> None:
    outcome = parse_answer(text)
    assert (outcome.kind, outcome.how, outcome.precision) == ("answered", "place name", "town")
    assert km_from(outcome, latitude, longitude) < 12


@pytest.mark.parametrize(
    "text",
    [
        "I cannot say where this is. It is not Paris.",
        "I'm sorry, but I can't help with identifying locations such as Paris or London.",
        "The architecture is typical of Japan, but I cannot determine the location.",
        "I am unable to provide coordinates. It is likely in Germany.",
        "It is definitely not Rome, Italy.",
        "Somewhere in Europe or North America.",
        "The scene shows a man, a bench and a street. It could be anywhere.",
        "Name the region only (e.g., Tuscany in Italy, if the costumes suggest it).",
        "A general statement (such as Nikko or Kyoto, if known) is enough.",
        "It could be a city such as Munich, Salzburg, or Vienna, but I cannot be more precise.",
        "A strap with a Union Jack lies on the table.",
    ],
)
def test_what_is_denied_or_declined_is_no_answer(text: str) -> None:
    assert parse_answer(text).kind in ("refused", "unparsable")


@pytest.mark.parametrize(
    ("text", "precision", "words"),
    [
        ("It is likely in **Germany**.", "country", "Germany"),
        ("Bolton, Vermont, United States", "region", "Vermont, United States"),
        ("Somewhere in the Scottish Highlands.", "region", "Scottish Highlands"),
        ("The photo was taken in Kent, England.", "region", "Kent, England"),
        ("Nisqually River (Mount Rainier National Park), Washington", "region", None),
        ("Plaza de Armas, Cusco, Peru", "town", "Plaza de Armas, Cusco, Peru"),
    ],
)
def test_the_precision_is_that_of_the_place_and_the_words_are_the_reply_s(
    text: str, precision: str, words: str | None
) -> None:
    outcome = parse_answer(text)
    assert outcome.precision == precision
    assert words is None or outcome.place == words
    assert outcome.radius_km is not None and outcome.radius_km > 0


def test_a_larger_place_has_a_larger_radius() -> None:
    radii = [parse_answer(name).radius_km or 0.0 for name in ("Sausalito, California", "Tokyo", "California", "Canada")]
    assert radii == sorted(radii)


def test_coordinates_have_no_precision_of_a_name() -> None:
    outcome = parse_answer("Paris, France: 48.8566, 2.3522")
    assert (outcome.precision, outcome.radius_km) == (None, None)


@pytest.mark.parametrize(
    ("text", "precision", "latitude", "longitude"),
    [
        ("A temple, likely in Southeast Asia. The flag says that this is in Thailand.", "country", 15, 101),
        ("Likely in Southeast Asia: Thailand, Vietnam or Laos.", "region", 10, 105),
        ("The rocks round Halls Gap, in Victoria, Australia.", "region", -37, 145),
        ("Hikers in Washington State.", "region", 47.5, -120.5),
        ("At the beach of Utah Beach, France.", "country", 47, 2.5),
        ("On the Arizona–Utah border.", "region", 37, -111.5),
        ("Taken on the Yushan (Jade Mountain) path, Taiwan.", "country", 24.37, 121.05),
        ("A gate of Vatican City, at the Sant'Anna entrance.", "country", 41.9, 12.45),
        ("It was taken near Keystone in the hills of western South Dakota, USA.", "region", 44.0, -98.93),
        ("Somewhere on the South Island, New Zealand.", "region", -43.8, 170.8),
        ("Badlands National Park, South Dakota, USA", "region", 43.8, -102.2),
        ("Grampians National Park, Victoria, Australia.", "region", -37.25, 142.45),
    ],
)
def test_areas_are_the_ones_that_are_meant(text: str, precision: str, latitude: float, longitude: float) -> None:
    outcome = parse_answer(text)
    assert outcome.precision == precision and km_from(outcome, latitude, longitude) < 700


def test_the_number_of_a_street_is_no_coordinate() -> None:
    for street in ("West 42nd Streets", "East 7th Street", "West 46th–47th Street"):
        outcome = parse_answer(f"Between Sixth Avenue and {street} (≈ 40.754 N, -73.984 W).")
        assert (outcome.latitude, outcome.longitude) == (40.754, -73.984)


@pytest.mark.parametrize(
    "text",
    [
        "Its stones are 4,000-5,000 years old. Answer: Amesbury, England",
        "Built for 2,500-3,500 people. It is in Amesbury, England.",
    ],
)
def test_counted_thousands_are_no_coordinates(text: str) -> None:
    assert parse_answer(text).how == "place name"


@pytest.mark.parametrize(
    "pair", ["40.7505° N, 73.9881° W", "40.7505° N latitude and 73.9881° W longitude", "40.7505 N / 73.9881 W"]
)
@pytest.mark.parametrize("address", ["151 W 34th St, New York", "the W10 or W11 postcodes", "12 E 5th Avenue"])
def test_the_letter_of_a_street_or_postcode_takes_no_part_of_a_pair(address: str, pair: str) -> None:
    outcome = parse_answer(f"The address is {address}. The coordinates are approximately {pair}.")
    assert (outcome.latitude, outcome.longitude) == (40.7505, -73.9881)


def test_one_place_of_many_is_no_answer_of_a_reply_that_declines() -> None:
    text = "This seems to be a suburb in Japan. It could be in {} or another large city, but I cannot tell which."
    assert parse_answer(text.format("Tokyo")).kind == "refused"
    assert parse_answer("It is in Tokyo or another large city of Japan.").kind == "answered"


def test_a_region_is_an_answer_of_a_reply_that_cannot_be_exact_and_a_country_is_not() -> None:
    text = "One possible place is an observatory on {}. It is difficult to pinpoint the exact site."
    assert parse_answer(text.format("La Palma, Canary Islands, Spain")).kind == "answered"
    assert parse_answer(text.format("a mountain in Spain")).kind == "refused"


def test_other_places_are_alternatives_and_denied_ones_are_not() -> None:
    outcome = parse_answer("It is probably Lyon, France. It could also be Turin, Italy, but it is not Paris.")
    assert outcome.place == "Lyon, France"
    assert [other.place for other in outcome.alternatives] == ["Turin, Italy"]


def test_a_country_s_place_is_the_finest_that_the_reply_tells_in_it() -> None:
    outcome = parse_answer("1. Country: Japan\n2. City: the signs suggest Nara.\nFinal answer: Japan.")
    assert km_from(outcome, 34.69, 135.8) < 15


@pytest.mark.parametrize(
    "unit", ["Paris, ", "not ", "Paris is not ", "New York ", "北京", "San ", "A ", "of the Paris "]
)
def test_a_megabyte_is_read_in_a_blink(unit: str) -> None:
    assert parse_answer(unit * (1_000_000 // len(unit))).kind in ("answered", "refused", "unparsable")


@given(
    st.lists(
        st.sampled_from(["Paris", "not", "in", ",", "France", "\n", ":", "(", "Rome", "like", "北京", ".", "St", "'s"])
    )
)
@settings(max_examples=300, deadline=None)
def test_any_words_have_statements_in_order(words: list[str]) -> None:
    scores = [statement.score for statement in find_named_places(" ".join(words))]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("mark", ["\u202e", "\u200f", "\x00", '"', "'", "OR", "*", "NEAR(", "\ud800"])
def test_odd_characters_in_a_name_do_no_harm(mark: str) -> None:
    parse_answer(f"Taken in {mark}Paris{mark}, France.")
    assert km_from(parse_answer(f"{mark} Taken in Paris, France."), 48.86, 2.35) < 10


@pytest.mark.parametrize(
    "text",
    [
        '{"country": "car"}',
        '{"objects": "car", "place": "car"}',
        '{"scene": "car", "notes": "a car"}',
        "Car",
        "There is a car on the road.",
        '{"country": "png"}',
        '{"country": "none"}',
        "хойд",
        "Энэ бол хойд тал.",
    ],
)
def test_words_that_look_like_abbreviations_or_cases_are_no_places(text):
    assert parse_answer(text).latitude is None


@pytest.mark.parametrize(
    ("text", "latitude"),
    [
        ('{"country": "CAR"}', 5),
        ('{"country": "uk"}', 53),
        ('{"country": "usa"}', 39),
        ("Снято в Париже.", 48.9),
        ("В Риме.", 41.9),
    ],
)
def test_abbreviations_in_capitals_and_russian_cases_are_places(text, latitude):
    assert parse_answer(text).latitude == pytest.approx(latitude, abs=1)


def test_a_dash_between_words_parts_them() -> None:
    outcome = parse_answer("A city street in Southern California—most likely San Diego—with trolley tracks.")
    assert outcome.place is not None and outcome.place.startswith("San Diego")


def test_a_tower_that_others_resemble_is_not_the_place() -> None:
    reply = "Such decks exist at the CN Tower in Toronto. Without being able to identify landmarks, it is a tall tower."
    assert parse_answer(reply).kind == "refused"
