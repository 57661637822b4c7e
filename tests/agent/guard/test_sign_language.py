import pytest

from sextant.agent.guard.sign_language import detect_sign_language

pytest.importorskip("py3langid")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Farmácia da Praça\nSaída de emergência", "pt"),
        ("Apotheke am Marktplatz\nBitte nicht rauchen", "de"),
        ("薬局\n非常口はこちらです。ご利用ください", "ja"),
    ],
)
def test_words_enough_tell_their_language(text: str, language: str) -> None:
    assert detect_sign_language(text) == language


@pytest.mark.parametrize("text", ["", "Bar", "24 h 12:30", "Café Central"])
def test_few_words_tell_nothing(text: str) -> None:
    assert detect_sign_language(text) is None
