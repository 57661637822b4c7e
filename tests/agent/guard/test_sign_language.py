import pytest

from sextant.agent.guard import sign_language
from sextant.agent.guard.sign_language import detect_sign_language, list_alike


@pytest.fixture(autouse=True)
def base_install(monkeypatch):
    """Hide py3langid: what is tested works without the extra `ocr`."""
    monkeypatch.setattr(sign_language, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Farmácia da Praça\nSaída de emergência", "pt"),
        ("Apotheke am Marktplatz\nBitte nicht rauchen", "de"),
        ("Boulangerie\nFermé le lundi", "fr"),
        ("Panadería\nSe vende pan", "es"),
        ("Apteka\nZakaz wstępu", "pl"),
        ("Eczane\nPark yapmak yasaktır", "tr"),
        ("Аптека\nВход запрещено", "ru"),
        ("薬局\n非常口はこちらです", "ja"),
        ("禁止停车", "zh"),
        ("약국 출입금지", "ko"),
        ("ร้านขายยา", "th"),
        ("ΦΑΡΜΑΚΕΙΟ", "el"),
        ("صيدلية", "ar"),
        ("बाज़ार", "hi"),
    ],
)
def test_scripts_and_words_on_signs_tell_their_language(text: str, language: str) -> None:
    assert language in list_alike(detect_sign_language(text) or "")


@pytest.mark.parametrize(
    "text",
    ["", "Bar", "24 h 12:30", "Café Central", "Hotel Plaza", "Museum", "Calle", "Pizzeria Roma", "大", "Sushi 寿"],
)
def test_few_words_tell_nothing(text: str) -> None:
    assert detect_sign_language(text) is None


def test_words_of_two_languages_tell_neither():
    assert detect_sign_language("Apotheke Eingang\nPharmacie Entrée") is None


def test_the_detector_is_asked_only_where_words_say_nothing(monkeypatch):
    asked = []
    monkeypatch.setattr(sign_language, "_ask_detector", asked.append)
    detect_sign_language("Boulangerie\nFermé le lundi")
    assert asked == []
    detect_sign_language("Qwerty zxcvb mnbvc")
    assert asked == ["Qwerty zxcvb mnbvc"]


def test_the_detector_tells_more_where_it_is_installed(monkeypatch):
    pytest.importorskip("py3langid")
    monkeypatch.undo()
    text = "Kjørebane stengt grunnet veiarbeid, benytt omkjøring"
    assert detect_sign_language(text) in list_alike("no")
