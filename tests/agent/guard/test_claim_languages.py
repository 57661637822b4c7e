import pytest

from sextant.agent.guard.claim_languages import find_unsupported_language
from sextant.agent.guard.claim_patterns import load_languages
from sextant.agent.guard.claims import Trace, build_ledger


@pytest.mark.parametrize(
    "text",
    [
        "The sign is Greek, so it is Greece.",
        "yellow trams, narrow streets",
        "El cartel dice que es una farmacia.",
        "On voit une église dans le fond.",
        "Das ist ein Bahnhof in der Schweiz.",
        "A placa diz que é uma farmácia.",
        "Il cartello dice che è una farmacia.",
        "招牌上写着兰州拉面。",
        'The sign reads "Αγορά Μοδιάνο, Θεσσαλονίκη, Μακεδονία".',
        "12 345",
        "",
    ],
)
def test_what_the_guard_reads(text):
    assert find_unsupported_language(text) is None


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("Я проверил адрес на карте.", "Cyrillic script"),
        ("地図で住所を確認しました。", "Japanese"),
        ("لقد تحققت من العنوان.", "Arabic script"),
        ("Sprawdziłem adres na mapie i jest to ten sam dom.", "another language"),
        ("Ik heb het adres op de kaart gecontroleerd en het is niet ver.", "another language"),
        ("Cheguei kitabu mti nyumba samaki ndege maji moto.", "another language"),
    ],
)
def test_what_it_cannot_read_is_named(text, tongue):
    assert find_unsupported_language(text) == tongue


def test_a_reply_says_which_part_was_not_looked_at():
    entries = build_ledger("The sign is Greek. Я проверил адрес на карте.", Trace())
    assert "Cyrillic script" in entries[-1].text
    assert len(build_ledger("The sign is Greek.", Trace())) == 1


def test_there_are_words_for_every_main_language():
    assert set(load_languages()) == {"en", "es", "fr", "de", "pt", "it", "zh"}
