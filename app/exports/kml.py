"""A session as KML 2.2: answers with their regions, rivals, similar photos."""

from xml.etree import ElementTree

from sextant.agent.guard.metadata_check import read_file_position
from sextant.app.render.answer_map import get_region_geometry
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.json_types import Document, Json

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_STYLES = {"region 90 %": "402f7df4", "region 50 %": "602f7df4"}  # aabbggrr
# XML 1.0 has no way to write these, escaped or not.
_UNWRITABLE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])


def make_kml(session: SessionView) -> str:
    """Make a KML document with one folder for each photo."""
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.Element(f"{{{_NAMESPACE}}}kml")
    document = _add_child(root, "Document")
    _add_child(document, "name", f"Sextant session {session['session']}")
    if session["precision"]:
        _add_child(document, "description", f"Precision is capped: {session['precision']['reason']}")
    for name, colour in _STYLES.items():
        style = _add_child(document, "Style")
        style.set("id", name.replace(" ", "").replace("%", ""))
        _add_child(_add_child(style, "PolyStyle"), "color", colour)
    for photo in session["photos"]:
        if photo["status"] == "located":
            _add_folder(document, photo)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_folder(document: ElementTree.Element, photo: ShownPhoto) -> None:
    folder = _add_child(document, "Folder")
    _add_child(folder, "name", f"{photo['name']} {photo['file'] or ''}".strip())
    answer = photo["answer"]
    statement = photo["told"]
    _add_child(folder, "description", "\n".join([statement["headline"], *statement["effects"]]))
    regions: Document = answer["region"]
    for role in _STYLES:
        region = regions.get(role.split()[1])
        if region:
            mark = _add_placemark(folder, role)
            _add_child(mark, "styleUrl", f"#{role.replace(' ', '').replace('%', '')}")
            _add_polygons(mark, get_region_geometry(region))
    places: list[tuple[str, Document | None]] = [("answer", answer["best"]), ("rival", answer["rival"])]
    places += [(f"similar {number}", item) for number, item in enumerate(photo["nearest"], 1)]
    stated = read_file_position(answer.get("metadata"))
    if stated["latitude"] is not None:
        places.append((f"the file's own position, which {stated['verdict']} with the answer", stated))
    for role, place in places:
        if place:
            named = ", ".join(part for part in (place.get("place"), place.get("country")) if part)
            mark = _add_placemark(folder, f"{role}: {named}" if named else role)
            _add_child(_add_child(mark, "Point"), "coordinates", f"{place['longitude']},{place['latitude']}")


def _add_polygons(mark: ElementTree.Element, geometry: Json) -> None:
    whole = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    several = _add_child(mark, "MultiGeometry")
    for rings in whole:
        polygon = _add_child(several, "Polygon")
        for number, ring in enumerate(rings):
            border = _add_child(_add_child(polygon, "innerBoundaryIs" if number else "outerBoundaryIs"), "LinearRing")
            _add_child(border, "coordinates", " ".join(f"{longitude},{latitude}" for longitude, latitude in ring))


def _add_placemark(folder: ElementTree.Element, name: str) -> ElementTree.Element:
    mark = _add_child(folder, "Placemark")
    _add_child(mark, "name", name)
    return mark


def _add_child(parent: ElementTree.Element, tag: str, text: str | None = None) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{tag}")
    if text is not None:
        child.text = text.translate(_UNWRITABLE)
    return child
