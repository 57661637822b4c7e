"""Tags of sentences say no more than the sentences do, in every language that the guard knows."""

from pathlib import Path

import pytest

from sextant.agent.guard.claims import Trace, build_ledger, check_sentence
from sextant.agent.guard.sentence_sources import Words, find_source
from sextant.base.yaml_text import parse_yaml

SENTENCES = {
    "de": [
        ("Auf dem Schild steht der Name einer Apotheke.", "read"),
        ("Das Straßenschild lautet Rua Augusta.", "read"),
        ("Das Ladenschild „Farmácia“ ist portugiesisch.", "read"),
        ("Es gibt keine lesbaren Schilder.", "seen"),
        ("Die Schilder sind zu unscharf, um sie zu lesen.", "seen"),
        ("Ich kann die Schrift an der Wand nicht entziffern.", "seen"),
        ("Auf dem Foto sind rote Dächer zu sehen.", "seen"),
        ("Das Kennzeichen ist portugiesisch.", "seen"),
        ("Ähnliche Fotos aus der Galerie liegen dort.", "retrieved"),
        ("Die EXIF-Daten nennen Mittag.", "metadata"),
        ("Wenn auf einem Schild Lissabon stünde, wäre ich sicher.", "inferred"),
        ("Ich kann keine Autos sehen, daher ist es unklar.", "inferred"),
        ("Es wirkt wie die iberische Halbinsel.", "inferred"),
    ],
    "fr": [
        ("Le panneau indique Rua Augusta.", "read"),
        ("On lit le nom d'une pharmacie sur la façade.", "read"),
        ("L'enseigne « Farmácia » est portugaise.", "read"),
        ("Il n'y a aucun panneau lisible.", "seen"),
        ("Les panneaux sont trop flous pour être lus.", "seen"),
        ("Je ne peux pas déchiffrer l'inscription sur le mur.", "seen"),
        ("On voit des toits rouges au premier plan.", "seen"),
        ("La plaque est portugaise.", "seen"),
        ("Les photos similaires de la galerie sont dans cette ville.", "retrieved"),
        ("Les métadonnées EXIF disent midi.", "metadata"),
        ("Si un panneau disait Lisbonne, je serais sûr.", "inferred"),
        ("Je ne vois aucune voiture.", "inferred"),
        ("L'ambiance est plutôt ibérique.", "inferred"),
    ],
    "es": [
        ("El cartel dice Rua Augusta.", "read"),
        ("Se lee el nombre de una farmacia en la fachada.", "read"),
        ("El letrero «Farmácia» es portugués.", "read"),
        ("No hay carteles legibles.", "seen"),
        ("Los carteles están demasiado borrosos para leerlos.", "seen"),
        ("No puedo descifrar la inscripción de la pared.", "seen"),
        ("Se ven tejados rojos en la foto.", "seen"),
        ("La matrícula es portuguesa.", "seen"),
        ("Las fotos similares de la galería están en esa ciudad.", "retrieved"),
        ("Los metadatos EXIF dicen que era mediodía.", "metadata"),
        ("Si un cartel dijera Lisboa, estaría seguro.", "inferred"),
        ("No veo ningún coche.", "inferred"),
        ("El ambiente es más bien ibérico.", "inferred"),
    ],
    "it": [
        ("Il cartello dice Rua Augusta.", "read"),
        ("Si legge il nome di una farmacia sulla facciata.", "read"),
        ("L'insegna «Farmácia» è portoghese.", "read"),
        ("Non ci sono cartelli leggibili.", "seen"),
        ("I cartelli sono troppo sfocati per essere letti.", "seen"),
        ("Non riesco a decifrare la scritta sul muro.", "seen"),
        ("Si vedono tetti rossi nella foto.", "seen"),
        ("La targa è portoghese.", "seen"),
        ("Le foto simili della galleria sono in quella città.", "retrieved"),
        ("I metadati EXIF dicono mezzogiorno.", "metadata"),
        ("Se un cartello dicesse Lisbona, sarei sicuro.", "inferred"),
        ("Non vedo nessuna macchina.", "inferred"),
        ("L'atmosfera è piuttosto iberica.", "inferred"),
    ],
    "pt": [
        ("A placa diz Rua Augusta.", "read"),
        ("Lê-se o nome de uma farmácia na fachada.", "read"),
        ("O letreiro «Farmácia» é português.", "read"),
        ("Não há placas legíveis.", "seen"),
        ("As placas estão muito desfocadas para serem lidas.", "seen"),
        ("Não consigo decifrar a inscrição na parede.", "seen"),
        ("Vejo telhados vermelhos na foto.", "seen"),
        ("A matrícula é portuguesa.", "seen"),
        ("As fotos semelhantes da galeria ficam nessa cidade.", "retrieved"),
        ("Os metadados EXIF dizem que era meio-dia.", "metadata"),
        ("Se uma placa dissesse Lisboa, eu teria certeza.", "inferred"),
        ("Não vejo nenhum carro.", "inferred"),
        ("O ambiente é mais ibérico.", "inferred"),
    ],
    "ru": [
        ("Вывеска гласит: Rua Augusta.", "read"),
        ("На фасаде написано название аптеки.", "read"),
        ("Надпись «Farmácia» на португальском языке.", "read"),
        ("На фото нет читаемых вывесок.", "seen"),
        ("Вывески слишком размыты, чтобы их прочитать.", "seen"),
        ("Я не могу разобрать надпись на стене.", "seen"),
        ("На фото видны красные крыши.", "seen"),
        ("Дорожный знак треугольный.", "seen"),
        ("Похожие фотографии из галереи сняты в этом городе.", "retrieved"),
        ("В метаданных EXIF указан полдень.", "metadata"),
        ("Если бы на вывеске был Лиссабон, я был бы уверен.", "inferred"),
        ("Я не вижу машин.", "inferred"),
        ("Атмосфера скорее иберийская.", "inferred"),
    ],
    "zh": [
        ("招牌上写着奥古斯塔街。", "read"),
        ("没有可读的招牌。", "seen"),
        ("招牌太模糊，无法辨认。", "seen"),
        ("照片中可以看到红色屋顶。", "seen"),
        ("相似的照片都在那座城市。", "retrieved"),
        ("EXIF显示是中午。", "metadata"),
        ("如果招牌写着里斯本，我就能确定。", "inferred"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "source"), [pair for pairs in SENTENCES.values() for pair in pairs], ids=lambda value: str(value)[:40]
)
def test_a_tag_says_what_the_sentence_says(sentence, source):
    assert find_source(sentence, gallery=True) == source


@pytest.mark.parametrize("language", SENTENCES)
def test_without_a_gallery_nothing_is_retrieved(language):
    assert all(find_source(sentence, gallery=False) != "retrieved" for sentence, _ in SENTENCES[language])


@pytest.mark.parametrize("language", [code for code in SENTENCES if code != "zh"])
def test_a_model_that_read_no_sign_is_not_tagged_as_reading(language):
    unread = SENTENCES[language][3][0]
    clue = {"text": unread, "source": "read", "call": "1.a.0"}
    assert check_sentence(unread, Trace(), [clue]).source == "seen"


def test_text_in_an_unsupported_language_is_reported_as_unchecked():
    polish = build_ledger("Na zdjęciu jest napis na szyldzie i nie da się go odczytać.", Trace())
    assert [entry.source for entry in polish] == ["inferred", "inferred"]
    assert "text in another language is not supported. Its sources are not known either." in polish[-1].text
    greek = build_ledger("Η πινακίδα γράφει φαρμακείο.", Trace())
    assert "Greek script" in greek[-1].text
    russian = build_ledger("Вывеска гласит, что это аптека.", Trace())
    assert russian[0].source == "read"
    assert "Cyrillic script" in russian[-1].text
    assert "sources" not in russian[-1].text


def test_most_unseen_sentences_get_the_tag_that_a_person_gives_them():
    unseen = parse_yaml((Path(__file__).parent / "unseen_sources.yaml").read_text(encoding="utf-8"))
    pairs = [(text, tag) for tags in unseen.values() for tag, texts in tags.items() for text in texts]
    right = sum(find_source(text, gallery=True) == tag for text, tag in pairs)
    print(f"{right} of {len(pairs)}")
    assert len(pairs) == 60
    assert right >= 57


def test_every_kind_of_words_of_every_language_can_be_compiled():
    path = Path(__file__).parents[3] / "agent" / "guard" / "data" / "sentence_sources.yaml"
    for kinds in parse_yaml(path.read_text(encoding="utf-8")).values():
        words = Words(kinds, edges=True)
        assert all(words[kind] is words[kind] for kind in kinds)
