import pytest

from sextant.agent.answers.outcome import Clue
from sextant.agent.answers.signs import quoted_signs


@pytest.mark.parametrize(
    ("reply", "texts"),
    [
        ('A street sign reads "Rue de Rivoli", so this is Paris.', ["Rue de Rivoli"]),
        ("Auf dem Schild steht „Bahnhof Schaan“.", ["Bahnhof Schaan"]),
        ("Le panneau indique « Gare du Nord ».", ["Gare du Nord"]),
        ("На вывеске написано «Аптека Ромашка».", ["Аптека Ромашка"]),
        ("The banner says “Café Central” and “Herrengasse”.", ["Café Central", "Herrengasse"]),
        ('The style is what people call "brutalist". There are signs of rain.', []),
        ("The sign is not legible.", []),
        ('A sign. {"latitude": 47.1, "country": "Liechtenstein", "place": "Vaduz", "text": "sign"}', []),
        ('```json\n{"place": "Rome", "why": "The sign says \\"Bäckerei\\"."}\n```', ["Bäckerei"]),
        ('[{"place": "Rome", "clues": ["a plaque reads “Via Appia”", {"text": "seen"}]}]', ["Via Appia"]),
        ('{"place": "Rome", "sign": "unreadable"', []),
        ("", []),
    ],
)
def test_what_a_sign_says_is_quoted_beside_the_word_for_it(reply, texts):
    assert quoted_signs(reply) == texts


def test_a_clue_marked_as_read_counts_with_or_without_quotes():
    clues = (Clue("RUE DE RIVOLI", "read"), Clue('plate "Gare de Lyon"', "read"), Clue('"red" buses', "seen"))
    assert quoted_signs("", clues) == ["RUE DE RIVOLI", "Gare de Lyon"]


def test_a_megabyte_of_quotes_is_read_in_linear_time():
    assert quoted_signs('sign "' * 200_000) is not None
    assert quoted_signs("„" * 500_000) == []
