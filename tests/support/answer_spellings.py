"""Spellings of a position as models, maps, formats and languages write them, for the fuzz of answers."""
# ruff: noqa: E501, UP031

import json
from collections.abc import Callable

ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
PERSIAN = str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


def size(value: float, decimals: int = 4) -> str:
    """Write the degrees without their sign."""
    return f"{abs(value):.{decimals}f}"


def parts(value: float, decimals: int = 0) -> tuple[int, int, float]:
    """Split into degrees, minutes and seconds, without their sign."""
    seconds = round(abs(value) * 3600, decimals)
    return int(seconds // 3600), int(seconds // 60 % 60), round(seconds % 60, decimals)


def side(value: float, positive: str, negative: str) -> str:
    """Name the hemisphere."""
    return positive if value >= 0 else negative


SPELLINGS: dict[str, Callable[[float, float], str]] = {
    "de_NB": lambda lat, lon: (
        f"{parts(lat)[0]}° {parts(lat)[1]}' {int(parts(lat)[2])}\" {side(lat, 'n. Br.', 's. Br.')}, {parts(lon)[0]}° {parts(lon)[1]}' {int(parts(lon)[2])}\" {side(lon, 'ö. L.', 'w. L.')}"
    ),
    "de_label": lambda lat, lon: f"Breitengrad: {lat:.4f}\nLängengrad: {lon:.4f}".replace(".", ","),
    "de_grad_word": lambda lat, lon: (
        f"Breitengrad {size(lat)} Grad {side(lat, 'Nord', 'Süd')}, Längengrad {size(lon)} Grad {side(lon, 'Ost', 'West')}"
    ),
    "de_geographische": lambda lat, lon: f"Geographische Breite: {lat:.5f}°; Geographische Länge: {lon:.5f}°",
    "fr_de": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° de latitude {side(lat, 'nord', 'sud')} et {size(lon).replace('.', ',')}° de longitude {side(lon, 'est', 'ouest')}"
    ),
    "fr_par": lambda lat, lon: (
        f"La photo a été prise par {parts(lat)[0]}° {parts(lat)[1]}′ {int(parts(lat)[2])}″ {side(lat, 'nord', 'sud')}, {parts(lon)[0]}° {parts(lon)[1]}′ {int(parts(lon)[2])}″ {side(lon, 'est', 'ouest')}"
    ),
    "fr_O": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'N', 'S')}, {size(lon)}° {side(lon, 'E', 'O')} (notation française)"
    ),
    "fr_label": lambda lat, lon: f"Latitude : {lat:.4f}\u00a0; Longitude : {lon:.4f}".replace(".", ","),
    "es_de": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° de latitud {side(lat, 'norte', 'sur')} y {size(lon).replace('.', ',')}° de longitud {side(lon, 'este', 'oeste')}"
    ),
    "es_adj": lambda lat, lon: (
        f"Latitud {side(lat, 'septentrional', 'meridional')}: {size(lat)}; longitud {side(lon, 'oriental', 'occidental')}: {size(lon)}"
    ),
    "es_label": lambda lat, lon: f"Latitud: {lat:.4f}, Longitud: {lon:.4f}",
    "it_label": lambda lat, lon: (
        f"Latitudine: {size(lat)}° {side(lat, 'Nord', 'Sud')}; Longitudine: {size(lon)}° {side(lon, 'Est', 'Ovest')}"
    ),
    "it_di": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° di latitudine {side(lat, 'nord', 'sud')} e {size(lon).replace('.', ',')}° di longitudine {side(lon, 'est', 'ovest')}"
    ),
    "pt_label": lambda lat, lon: (
        f"Latitude: {size(lat).replace('.', ',')}° {side(lat, 'Norte', 'Sul')}; Longitude: {size(lon).replace('.', ',')}° {side(lon, 'Leste', 'Oeste')}"
    ),
    "pt_de": lambda lat, lon: (
        f"a {size(lat)} graus de latitude {side(lat, 'norte', 'sul')} e {size(lon)} graus de longitude {side(lon, 'leste', 'oeste')}"
    ),
    "ru_abbr": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'с. ш.', 'ю. ш.')}, {size(lon).replace('.', ',')}° {side(lon, 'в. д.', 'з. д.')}"
    ),
    "ru_words": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'северной', 'южной')} широты и {size(lon)}° {side(lon, 'восточной', 'западной')} долготы"
    ),
    "ru_label": lambda lat, lon: f"Широта: {lat:.4f}, долгота: {lon:.4f}",
    "pl_abbr": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'szer. geogr. płn.', 'szer. geogr. płd.')}, {size(lon).replace('.', ',')}° {side(lon, 'dł. geogr. wsch.', 'dł. geogr. zach.')}"
    ),
    "pl_words": lambda lat, lon: (
        f"{size(lat)}° szerokości geograficznej {side(lat, 'północnej', 'południowej')}, {size(lon)}° długości geograficznej {side(lon, 'wschodniej', 'zachodniej')}"
    ),
    "pl_label": lambda lat, lon: f"Szerokość geograficzna: {lat:.4f}\nDługość geograficzna: {lon:.4f}",
    "nl_words": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'noorderbreedte', 'zuiderbreedte')}, {size(lon).replace('.', ',')}° {side(lon, 'oosterlengte', 'westerlengte')}"
    ),
    "nl_label": lambda lat, lon: f"Breedtegraad: {lat:.4f}; lengtegraad: {lon:.4f}",
    "nl_NB": lambda lat, lon: f"{size(lat)}° {side(lat, 'NB', 'ZB')}, {size(lon)}° {side(lon, 'OL', 'WL')}",
    "tr_words": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'Kuzey', 'Güney')} enlemi, {size(lon)}° {side(lon, 'Doğu', 'Batı')} boylamı"
    ),
    "tr_label": lambda lat, lon: f"Enlem: {lat:.4f}, Boylam: {lon:.4f}",
    "tr_KG": lambda lat, lon: f"{size(lat)}° {side(lat, 'K', 'G')}, {size(lon)}° {side(lon, 'D', 'B')} (enlem, boylam)",
    "sv_words": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'nordlig', 'sydlig')} bredd, {size(lon).replace('.', ',')}° {side(lon, 'östlig', 'västlig')} längd"
    ),
    "sv_label": lambda lat, lon: f"Latitud {lat:.4f}, longitud {lon:.4f}",
    "cs_abbr": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 's. š.', 'j. š.')}, {size(lon).replace('.', ',')}° {side(lon, 'v. d.', 'z. d.')}"
    ),
    "cs_words": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'severní', 'jižní')} šířky, {size(lon)}° {side(lon, 'východní', 'západní')} délky"
    ),
    "cs_label": lambda lat, lon: f"Zeměpisná šířka: {lat:.4f}, zeměpisná délka: {lon:.4f}",
    "ja_pre": lambda lat, lon: f"{side(lat, '北緯', '南緯')}{size(lat)}度、{side(lon, '東経', '西経')}{size(lon)}度",
    "ja_dms": lambda lat, lon: (
        f"{side(lat, '北緯', '南緯')}{parts(lat)[0]}度{parts(lat)[1]}分{int(parts(lat)[2])}秒 {side(lon, '東経', '西経')}{parts(lon)[0]}度{parts(lon)[1]}分{int(parts(lon)[2])}秒"
    ),
    "ja_label": lambda lat, lon: f"緯度：{lat:.4f}　経度：{lon:.4f}",
    "ja_fw": lambda lat, lon: f"緯度：{lat:.4f}、経度：{lon:.4f}".translate(FULL_WIDTH),
    "zh_pre": lambda lat, lon: f"{side(lat, '北纬', '南纬')}{size(lat)}°，{side(lon, '东经', '西经')}{size(lon)}°",
    "zh_label": lambda lat, lon: f"纬度：{lat:.4f}，经度：{lon:.4f}",
    "zh_lonfirst": lambda lat, lon: f"经度：{lon:.4f}，纬度：{lat:.4f}",
    "zh_trad": lambda lat, lon: (
        f"座標：{side(lat, '北緯', '南緯')} {parts(lat)[0]}度{parts(lat)[1]}分，{side(lon, '東經', '西經')} {parts(lon)[0]}度{parts(lon)[1]}分"
    ),
    "ar_label": lambda lat, lon: f"خط العرض: {lat:.4f}، خط الطول: {lon:.4f}",
    "ar_digits": lambda lat, lon: (
        f"خط العرض {size(lat)}° {side(lat, 'شمالاً', 'جنوباً')}، خط الطول {size(lon)}° {side(lon, 'شرقاً', 'غرباً')}".translate(
            ARABIC
        )
    ),
    "ar_after": lambda lat, lon: (
        f"{size(lat)} درجة {side(lat, 'شمال', 'جنوب')} و {size(lon)} درجة {side(lon, 'شرق', 'غرب')}"
    ),
    "fa_label": lambda lat, lon: f"عرض جغرافیایی: {lat:.4f}، طول جغرافیایی: {lon:.4f}".translate(PERSIAN),
    "hi_label": lambda lat, lon: f"अक्षांश: {lat:.4f}, देशांतर: {lon:.4f}",
    "hi_digits": lambda lat, lon: (
        f"अक्षांश {size(lat)}° {side(lat, 'उत्तर', 'दक्षिण')}, देशांतर {size(lon)}° {side(lon, 'पूर्व', 'पश्चिम')}".translate(
            DEVANAGARI
        )
    ),
    "hi_adj": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'उत्तरी', 'दक्षिणी')} अक्षांश और {size(lon)}° {side(lon, 'पूर्वी', 'पश्चिमी')} देशांतर"
    ),
    "ko_pre": lambda lat, lon: f"{side(lat, '북위', '남위')} {size(lat)}도, {side(lon, '동경', '서경')} {size(lon)}도",
    "ko_dms": lambda lat, lon: (
        f"{side(lat, '북위', '남위')} {parts(lat)[0]}도 {parts(lat)[1]}분 {int(parts(lat)[2])}초 {side(lon, '동경', '서경')} {parts(lon)[0]}도 {parts(lon)[1]}분 {int(parts(lon)[2])}초"
    ),
    "th_label": lambda lat, lon: f"ละติจูด {lat:.4f} ลองจิจูด {lon:.4f}",
    "vi_label": lambda lat, lon: f"Vĩ độ: {lat:.4f}, Kinh độ: {lon:.4f}",
    "vi_words": lambda lat, lon: (
        f"{size(lat)}° vĩ {side(lat, 'Bắc', 'Nam')}, {size(lon)}° kinh {side(lon, 'Đông', 'Tây')}"
    ),
    "id_label": lambda lat, lon: f"Lintang: {lat:.4f}, Bujur: {lon:.4f}",
    "id_LU": lambda lat, lon: f"{size(lat)}° {side(lat, 'LU', 'LS')}, {size(lon)}° {side(lon, 'BT', 'BB')}",
    "id_words": lambda lat, lon: (
        f"{size(lat)}° lintang {side(lat, 'utara', 'selatan')}, {size(lon)}° bujur {side(lon, 'timur', 'barat')}"
    ),
    "el_label": lambda lat, lon: f"Γεωγραφικό πλάτος: {lat:.4f}, γεωγραφικό μήκος: {lon:.4f}",
    "el_words": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'Βόρεια', 'Νότια')}, {size(lon)}° {side(lon, 'Ανατολικά', 'Δυτικά')}"
    ),
    "uk_label": lambda lat, lon: (
        f"Широта {size(lat)}° {side(lat, 'пн. ш.', 'пд. ш.')}, довгота {size(lon)}° {side(lon, 'сх. д.', 'зх. д.')}"
    ),
    "uk_words": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'північної', 'південної')} широти, {size(lon)}° {side(lon, 'східної', 'західної')} довготи"
    ),
    "he_label": lambda lat, lon: f"קו רוחב: {lat:.4f}, קו אורך: {lon:.4f}",
    "hu_words": lambda lat, lon: (
        f"{side(lat, 'északi', 'déli')} szélesség {size(lat).replace('.', ',')}°, {side(lon, 'keleti', 'nyugati')} hosszúság {size(lon).replace('.', ',')}°"
    ),
    "hu_after": lambda lat, lon: (
        f"é. sz. {size(lat)}°, k. h. {size(lon)}°"
        if lat >= 0 and lon >= 0
        else f"{side(lat, 'é. sz.', 'd. sz.')} {size(lat)}°, {side(lon, 'k. h.', 'ny. h.')} {size(lon)}°"
    ),
    "fi_words": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'pohjoista', 'eteläistä')} leveyttä, {size(lon).replace('.', ',')}° {side(lon, 'itäistä', 'läntistä')} pituutta"
    ),
    "fi_label": lambda lat, lon: f"Leveysaste: {lat:.4f}, pituusaste: {lon:.4f}",
    "da_words": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'nordlig', 'sydlig')} bredde, {size(lon).replace('.', ',')}° {side(lon, 'østlig', 'vestlig')} længde"
    ),
    "no_label": lambda lat, lon: f"Breddegrad: {lat:.4f}, lengdegrad: {lon:.4f}",
    "ro_words": lambda lat, lon: (
        f"{size(lat)}° latitudine {side(lat, 'nordică', 'sudică')}, {size(lon)}° longitudine {side(lon, 'estică', 'vestică')}"
    ),
    "lat_bn": lambda lat, lon: f"অক্ষাংশ: {lat:.4f}, দ্রাঘিমাংশ: {lon:.4f}".translate(BENGALI),
    "en_hemis_words_split": lambda lat, lon: (
        f"It lies {size(lat)} degrees {side(lat, 'north', 'south')} of the equator and {size(lon)} degrees {side(lon, 'east', 'west')} of Greenwich."
    ),
    "en_northern": lambda lat, lon: (
        f"{size(lat)}° in the {side(lat, 'northern', 'southern')} hemisphere, {size(lon)}° {side(lon, 'eastern', 'western')} longitude"
    ),
    "en_pre": lambda lat, lon: f"{side(lat, 'N', 'S')}{size(lat)} {side(lon, 'E', 'W')}{size(lon)}",
    "en_pre_deg": lambda lat, lon: (
        f"{side(lat, 'N', 'S')} {parts(lat)[0]}° {(abs(lat) - int(abs(lat))) * 60:.3f}', {side(lon, 'E', 'W')} {parts(lon)[0]}° {(abs(lon) - int(abs(lon))) * 60:.3f}'"
    ),
    "en_dir_word": lambda lat, lon: (
        f"{parts(lat)[0]} degrees {parts(lat)[1]} minutes {int(parts(lat)[2])} seconds {side(lat, 'North', 'South')}, {parts(lon)[0]} degrees {parts(lon)[1]} minutes {int(parts(lon)[2])} seconds {side(lon, 'East', 'West')}"
    ),
    "dms_colon": lambda lat, lon: (
        f"{parts(lat)[0]}:{parts(lat)[1]:02d}:{int(parts(lat)[2]):02d}{side(lat, 'N', 'S')} {parts(lon)[0]}:{parts(lon)[1]:02d}:{int(parts(lon)[2]):02d}{side(lon, 'E', 'W')}"
    ),
    "icao": lambda lat, lon: (
        f"{parts(lat)[0]:02d}{parts(lat)[1]:02d}{int(parts(lat)[2]):02d}{side(lat, 'N', 'S')} {parts(lon)[0]:03d}{parts(lon)[1]:02d}{int(parts(lon)[2]):02d}{side(lon, 'E', 'W')}"
    ),
    "wiki_coord": lambda lat, lon: (
        "{{coord|%d|%d|%d|%s|%d|%d|%d|%s|display=title}}"
        % (
            parts(lat)[0],
            parts(lat)[1],
            parts(lat)[2],
            side(lat, "N", "S"),
            parts(lon)[0],
            parts(lon)[1],
            parts(lon)[2],
            side(lon, "E", "W"),
        )
    ),
    "wiki_coord_dec": lambda lat, lon: (
        "{{Coord|%.4f|%s|%.4f|%s}}" % (abs(lat), side(lat, "N", "S"), abs(lon), side(lon, "E", "W"))
    ),
    "dms_unicode": lambda lat, lon: (
        f"{parts(lat)[0]}º{parts(lat)[1]}´{int(parts(lat)[2])}´´{side(lat, 'N', 'S')} {parts(lon)[0]}º{parts(lon)[1]}´{int(parts(lon)[2])}´´{side(lon, 'E', 'W')}"
    ),
    "dms_two_quotes": lambda lat, lon: (
        f"{parts(lat)[0]}°{parts(lat)[1]}'{parts(lat, 1)[2]}''{side(lat, 'N', 'S')}, {parts(lon)[0]}°{parts(lon)[1]}'{parts(lon, 1)[2]}''{side(lon, 'E', 'W')}"
    ),
    "d_m_s_letters": lambda lat, lon: (
        f"{parts(lat)[0]}d{parts(lat)[1]}m{int(parts(lat)[2])}s {side(lat, 'N', 'S')}, {parts(lon)[0]}d{parts(lon)[1]}m{int(parts(lon)[2])}s {side(lon, 'E', 'W')}"
    ),
    "signed_dms": lambda lat, lon: (
        f"{'-' if lat < 0 else '+'}{parts(lat)[0]}° {parts(lat)[1]}' {int(parts(lat)[2])}\", {'-' if lon < 0 else '+'}{parts(lon)[0]}° {parts(lon)[1]}' {int(parts(lon)[2])}\""
    ),
    "iso6709": lambda lat, lon: f"{lat:+08.4f}{lon:+09.4f}/",
    "iso6709_dms": lambda lat, lon: (
        f"{side(lat, '+', '-')}{parts(lat)[0]:02d}{parts(lat)[1]:02d}{int(parts(lat)[2]):02d}{side(lon, '+', '-')}{parts(lon)[0]:03d}{parts(lon)[1]:02d}{int(parts(lon)[2]):02d}/"
    ),
    "nmea": lambda lat, lon: (
        "$GPGGA,123519,%02d%07.4f,%s,%03d%07.4f,%s,1,08,0.9,545.4,M,46.9,M,,*47"
        % (
            int(abs(lat)),
            (abs(lat) % 1) * 60,
            side(lat, "N", "S"),
            int(abs(lon)),
            (abs(lon) % 1) * 60,
            side(lon, "E", "W"),
        )
    ),
    "json_nested": lambda lat, lon: json.dumps(
        {"answer": {"place": "X", "location": {"lat": round(lat, 4), "lng": round(lon, 4)}}, "confidence": 0.63}
    ),
    "json_lon_first": lambda lat, lon: json.dumps({"lon": round(lon, 4), "lat": round(lat, 4)}),
    "geojson": lambda lat, lon: json.dumps(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(lon, 4), round(lat, 4)]},
            "properties": {"name": "X"},
        }
    ),
    "json_strings": lambda lat, lon: json.dumps(
        {"latitude": f"{size(lat)}° {side(lat, 'N', 'S')}", "longitude": f"{size(lon)}° {side(lon, 'E', 'W')}"},
        ensure_ascii=False,
    ),
    "json_hemi": lambda lat, lon: json.dumps(
        {
            "latitude": {
                "degrees": parts(lat)[0],
                "minutes": parts(lat)[1],
                "seconds": int(parts(lat)[2]),
                "hemisphere": side(lat, "S" if 0 else "N", "S"),
            },
            "longitude": {
                "degrees": parts(lon)[0],
                "minutes": parts(lon)[1],
                "seconds": int(parts(lon)[2]),
                "hemisphere": side(lon, "E", "W"),
            },
        }
    ),
    "json_value_dir": lambda lat, lon: json.dumps(
        {
            "coordinates": {
                "latitude": {"value": round(abs(lat), 4), "direction": side(lat, "North", "South")},
                "longitude": {"value": round(abs(lon), 4), "direction": side(lon, "East", "West")},
            }
        }
    ),
    "json_de": lambda lat, lon: json.dumps({"breitengrad": round(lat, 4), "laengengrad": round(lon, 4)}),
    "json_coords_list": lambda lat, lon: json.dumps(
        {"coordinates": [round(lat, 4), round(lon, 4)], "order": "lat,lon"}
    ),
    "json_coords_lonlat": lambda lat, lon: json.dumps(
        {"coordinates": [round(lon, 4), round(lat, 4)], "order": "lon,lat"}
    ),
    "json_lnglat": lambda lat, lon: json.dumps({"lngLat": [round(lon, 4), round(lat, 4)]}),
    "json_latlng_str": lambda lat, lon: json.dumps({"latlng": f"{lat:.4f},{lon:.4f}"}),
    "json_gps": lambda lat, lon: json.dumps(
        {
            "GPSLatitude": round(abs(lat), 4),
            "GPSLatitudeRef": side(lat, "N", "S"),
            "GPSLongitude": round(abs(lon), 4),
            "GPSLongitudeRef": side(lon, "E", "W"),
        }
    ),
    "json_yx": lambda lat, lon: json.dumps({"y": round(lat, 4), "x": round(lon, 4), "srid": 4326}),
    "json_E7": lambda lat, lon: json.dumps({"latitudeE7": round(lat * 1e7), "longitudeE7": round(lon * 1e7)}),
    "yaml": lambda lat, lon: (
        f"location:\n  country: Somewhere\n  latitude: {lat:.4f}\n  longitude: {lon:.4f}\n  confidence: 0.8"
    ),
    "yaml_flow": lambda lat, lon: f"```yaml\nposition: {{lat: {lat:.4f}, lon: {lon:.4f}}}\n```",
    "toml": lambda lat, lon: f"[location]\nlatitude = {lat:.4f}\nlongitude = {lon:.4f}\nradius_km = 25.0",
    "ini_dir": lambda lat, lon: f"lat={size(lat)}{side(lat, 'N', 'S')};lon={size(lon)}{side(lon, 'E', 'W')}",
    "pyrepr": lambda lat, lon: f"{{'latitude': {lat:.4f}, 'longitude': {lon:.4f}, 'sure': None}}",
    "pycall": lambda lat, lon: f"Location(lat={lat:.4f}, lon={lon:.4f})",
    "js_obj": lambda lat, lon: f"const p = {{ lat: {lat:.4f}, lng: {lon:.4f} }};",
    "leaflet": lambda lat, lon: f"L.marker([{lat:.4f}, {lon:.4f}]).addTo(map);",
    "latlng_ctor": lambda lat, lon: f"new google.maps.LatLng({lat:.4f}, {lon:.4f})",
    "mapbox": lambda lat, lon: f"new mapboxgl.LngLat({lon:.4f}, {lat:.4f})",
    "html_data": lambda lat, lon: f'<div class="map" data-lat="{lat:.4f}" data-lng="{lon:.4f}"></div>',
    "html_meta": lambda lat, lon: f'<meta name="geo.position" content="{lat:.4f};{lon:.4f}">',
    "html_icbm": lambda lat, lon: f'<meta name="ICBM" content="{lat:.4f}, {lon:.4f}">',
    "gpx": lambda lat, lon: f'<wpt lat="{lat:.4f}" lon="{lon:.4f}"><name>Here</name></wpt>',
    "georss": lambda lat, lon: f"<georss:point>{lat:.4f} {lon:.4f}</georss:point>",
    "gml_pos": lambda lat, lon: f'<gml:Point srsName="EPSG:4326"><gml:pos>{lat:.4f} {lon:.4f}</gml:pos></gml:Point>',
    "kml_lookat": lambda lat, lon: (
        f"<LookAt><longitude>{lon:.4f}</longitude><latitude>{lat:.4f}</latitude><range>100</range></LookAt>"
    ),
    "ewkt": lambda lat, lon: f"SRID=4326;POINT({lon:.4f} {lat:.4f})",
    "wkt_z": lambda lat, lon: f"POINT Z ({lon:.4f} {lat:.4f} 12)",
    "geo_uri": lambda lat, lon: f"geo:{lat:.4f},{lon:.4f};u=35",
    "geo_uri_q": lambda lat, lon: f"geo:0,0?q={lat:.4f},{lon:.4f}(Label)",
    "vcard": lambda lat, lon: f"BEGIN:VCARD\nGEO:geo:{lat:.4f},{lon:.4f}\nEND:VCARD",
    "ical": lambda lat, lon: f"GEO:{lat:.4f};{lon:.4f}",
    "md_table": lambda lat, lon: f"| Latitude | Longitude |\n|---|---|\n| {lat:.4f} | {lon:.4f} |",
    "md_table_lonfirst": lambda lat, lon: f"| Longitude | Latitude |\n|---|---|\n| {lon:.4f} | {lat:.4f} |",
    "md_table_rows": lambda lat, lon: (
        f"| Field | Value |\n|---|---|\n| Country | X |\n| **Latitude** | {lat:.4f} |\n| **Longitude** | {lon:.4f} |"
    ),
    "csv": lambda lat, lon: f"name,latitude,longitude\nhere,{lat:.4f},{lon:.4f}",
    "csv_lonfirst": lambda lat, lon: f"longitude,latitude\n{lon:.4f},{lat:.4f}",
    "tsv": lambda lat, lon: f"lat\tlon\n{lat:.4f}\t{lon:.4f}",
    "md_bold": lambda lat, lon: f"**Final answer:** **{lat:.4f}**, **{lon:.4f}**",
    "md_list": lambda lat, lon: f"- **Latitude:** `{lat:.4f}`\n- **Longitude:** `{lon:.4f}`",
    "boxed": lambda lat, lon: f"\\boxed{{({lat:.4f}, {lon:.4f})}}",
    "latex_dms": lambda lat, lon: (
        f"${parts(lat)[0]}^\\circ {parts(lat)[1]}' {int(parts(lat)[2])}''\\,\\text{{{side(lat, 'N', 'S')}}}$, ${parts(lon)[0]}^\\circ {parts(lon)[1]}' {int(parts(lon)[2])}''\\,\\text{{{side(lon, 'E', 'W')}}}$"
    ),
    "siunitx": lambda lat, lon: (
        f"\\ang{{{parts(lat)[0]};{parts(lat)[1]};{int(parts(lat)[2])}}} {side(lat, 'N', 'S')}, \\ang{{{parts(lon)[0]};{parts(lon)[1]};{int(parts(lon)[2])}}} {side(lon, 'E', 'W')}"
    ),
    "html_entities": lambda lat, lon: f"{size(lat)}&deg;{side(lat, 'N', 'S')}, {size(lon)}&deg;{side(lon, 'E', 'W')}",
    "xml_attr_ns": lambda lat, lon: f"<geo:lat>{lat:.4f}</geo:lat><geo:long>{lon:.4f}</geo:long>",
    "rdf_ttl": lambda lat, lon: f'geo:lat "{lat:.4f}"^^xsd:decimal ; geo:long "{lon:.4f}"^^xsd:decimal .',
    "tool_xml": lambda lat, lon: f"<answer><lat>{lat:.4f}</lat><lng>{lon:.4f}</lng></answer>",
    "tag_answer": lambda lat, lon: f"<answer>{lat:.4f}, {lon:.4f}</answer>",
    "minus_u2212": lambda lat, lon: f"{lat:.4f}, {lon:.4f}".replace("-", "−"),
    "endash_minus": lambda lat, lon: f"{lat:.4f}, {lon:.4f}".replace("-", "–"),
    "minus_word": lambda lat, lon: (
        f"{'minus ' if lat < 0 else ''}{size(lat)}, {'minus ' if lon < 0 else ''}{size(lon)}"
    ),
    "minus_space": lambda lat, lon: (
        f"lat: {'- ' if lat < 0 else ''}{size(lat)}; lon: {'- ' if lon < 0 else ''}{size(lon)}"
    ),
    "brackets_x": lambda lat, lon: f"[{lat:.4f} / {lon:.4f}]",
    "slash": lambda lat, lon: f"Coordinates: {size(lat)}{side(lat, 'N', 'S')}/{size(lon)}{side(lon, 'E', 'W')}",
    "order_before": lambda lat, lon: f"Coordinates (lon, lat): {lon:.4f}, {lat:.4f}",
    "order_after": lambda lat, lon: f"{lon:.4f}, {lat:.4f} (lon/lat)",
    "order_format": lambda lat, lon: f"In the format longitude, latitude, the position is {lon:.4f}, {lat:.4f}.",
    "order_xy": lambda lat, lon: f"(lng, lat) = ({lon:.4f}, {lat:.4f})",
    "lat_lon_eq": lambda lat, lon: f"(lat, lon) = ({lat:.4f}, {lon:.4f})",
    "phi_lambda": lambda lat, lon: f"φ = {lat:.4f}°, λ = {lon:.4f}°",
    "east_first": lambda lat, lon: f"{size(lon)}°{side(lon, 'E', 'W')}, {size(lat)}°{side(lat, 'N', 'S')}",
    "east_first_dms": lambda lat, lon: (
        f"{parts(lon)[0]}°{parts(lon)[1]}'{side(lon, 'E', 'W')} {parts(lat)[0]}°{parts(lat)[1]}'{side(lat, 'N', 'S')}"
    ),
    "approx": lambda lat, lon: f"approximately ~{size(lat)}°{side(lat, 'N', 'S')}, ~{size(lon)}°{side(lon, 'E', 'W')}",
    "pm": lambda lat, lon: f"{lat:.4f} ± 0.02, {lon:.4f} ± 0.03",
    "pm2": lambda lat, lon: f"Latitude {lat:.4f}° (±0.5°), longitude {lon:.4f}° (±0.5°)",
    "osm_mlat": lambda lat, lon: (
        f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}#map=15/{lat:.5f}/{lon:.5f}"
    ),
    "osm_hash": lambda lat, lon: f"https://www.openstreetmap.org/#map=12/{lat:.5f}/{lon:.5f}",
    "osm_node": lambda lat, lon: f"https://www.openstreetmap.org/search?query=x#map=16/{lat:.5f}/{lon:.5f}&layers=N",
    "gmap_at": lambda lat, lon: f"https://www.google.com/maps/@{lat:.5f},{lon:.5f},15z",
    "gmap_place": lambda lat, lon: (
        f"https://www.google.com/maps/place/Some+Place/@{lat + 0.01:.5f},{lon + 0.01:.5f},17z/data=!3m1!4b1!4m5!3m4!1s0x0:0x0!8m2!3d{lat:.5f}!4d{lon:.5f}"
    ),
    "gmap_q": lambda lat, lon: f"https://maps.google.com/?q={lat:.5f},{lon:.5f}",
    "gmap_ll": lambda lat, lon: f"http://maps.google.com/maps?ll={lat:.5f},{lon:.5f}&z=12",
    "gmap_dir": lambda lat, lon: f"https://www.google.com/maps/dir/?api=1&destination={lat:.5f}%2C{lon:.5f}",
    "bing_cp": lambda lat, lon: f"https://www.bing.com/maps?cp={lat:.5f}~{lon:.5f}&lvl=15",
    "bing_sp": lambda lat, lon: f"https://bing.com/maps/default.aspx?sp=point.{lat:.5f}_{lon:.5f}_Here",
    "apple_ll": lambda lat, lon: f"https://maps.apple.com/?ll={lat:.5f},{lon:.5f}&q=Here",
    "apple_coordinate": lambda lat, lon: f"https://maps.apple.com/place?coordinate={lat:.5f},{lon:.5f}&name=Here",
    "yandex_ll": lambda lat, lon: f"https://yandex.com/maps/?ll={lon:.5f}%2C{lat:.5f}&z=12",
    "yandex_pt": lambda lat, lon: f"https://yandex.ru/maps/?pt={lon:.5f},{lat:.5f}&z=12&l=map",
    "2gis": lambda lat, lon: f"https://2gis.ru/geo/{lon:.5f},{lat:.5f}",
    "here_wego": lambda lat, lon: f"https://wego.here.com/?map={lat:.5f},{lon:.5f},15,normal",
    "mapy": lambda lat, lon: f"https://mapy.cz/zakladni?x={lon:.5f}&y={lat:.5f}&z=13",
    "waze": lambda lat, lon: f"https://www.waze.com/ul?ll={lat:.5f}%2C{lon:.5f}&navigate=yes",
    "streetview": lambda lat, lon: f"https://www.google.com/maps/@?api=1&map_action=pano&viewpoint={lat:.5f},{lon:.5f}",
    "mapillary": lambda lat, lon: f"https://www.mapillary.com/app/?lat={lat:.5f}&lng={lon:.5f}&z=17",
    "geohack": lambda lat, lon: (
        f"https://geohack.toolforge.org/geohack.php?params={size(lat)}_{side(lat, 'N', 'S')}_{size(lon)}_{side(lon, 'E', 'W')}_type:city"
    ),
    "geohack_dms": lambda lat, lon: (
        f"https://geohack.toolforge.org/geohack.php?params={parts(lat)[0]}_{parts(lat)[1]}_{int(parts(lat)[2])}_{side(lat, 'N', 'S')}_{parts(lon)[0]}_{parts(lon)[1]}_{int(parts(lon)[2])}_{side(lon, 'E', 'W')}"
    ),
    "md_link": lambda lat, lon: f"[map](https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f})",
    "mix_distance": lambda lat, lon: (
        f"The beach lies 12.5 km north of town, 340.2 m above the sea, at {lat:.4f}, {lon:.4f}, about 45.5 minutes by car."
    ),
    "mix_elev": lambda lat, lon: (
        f"Elevation 1,234.5 m. Position: {size(lat)}° {side(lat, 'N', 'S')}, {size(lon)}° {side(lon, 'E', 'W')}. Temperature 12.5 °C."
    ),
    "mix_date": lambda lat, lon: f"Taken on 2019-07-14 at 12:34:56 (UTC+2), GPS {lat:.4f}, {lon:.4f}.",
    "mix_date2": lambda lat, lon: f"14.07.2019, 12.34 Uhr: {lat:.4f}, {lon:.4f}",
    "mix_phone": lambda lat, lon: (
        f"The sign says +49 30 123456 and 030-12.34.56.78. My answer is {lat:.4f}, {lon:.4f}."
    ),
    "mix_price": lambda lat, lon: f"A menu at €12.50, 14.90 for the fish. I would say {lat:.4f}, {lon:.4f}.",
    "mix_camera": lambda lat, lon: (
        f"f/2.8, 1/250 s, ISO 100, 24.0-70.0 mm. Estimated coordinates: {lat:.4f}, {lon:.4f}"
    ),
    "mix_camera_after": lambda lat, lon: f"Estimated coordinates: {lat:.4f}, {lon:.4f} (f/2.8, 35.0 mm, 1/60 s)",
    "mix_conf": lambda lat, lon: f"Confidence 0.85, error radius 25.0 km. Latitude {lat:.4f}, longitude {lon:.4f}.",
    "mix_scores": lambda lat, lon: f"Scores: 8.5, 7.25. Final: ({lat:.4f}, {lon:.4f})",
    "mix_reject": lambda lat, lon: f"It is not Paris (48.8566, 2.3522). It is at {lat:.4f}, {lon:.4f}.",
    "mix_first_then": lambda lat, lon: (
        f"At first I thought of 48.8566, 2.3522, but the signs rule that out. Final answer: {lat:.4f}, {lon:.4f}"
    ),
    "mix_altitude_triple": lambda lat, lon: f"lat/lon/alt: {lat:.4f}, {lon:.4f}, 512.3",
    "mix_signs": lambda lat, lon: (
        f"Highway 101.5 and exit 23.4 are visible; latitude is {lat:.4f} and longitude is {lon:.4f}."
    ),
    "prose_the_latitude": lambda lat, lon: (
        f"The latitude would be around {size(lat)} degrees {side(lat, 'north', 'south')}, while the longitude would be about {size(lon)} degrees {side(lon, 'east', 'west')}."
    ),
    "prose_lon_first": lambda lat, lon: f"Longitude is about {lon:.4f} and latitude about {lat:.4f}.",
    "prose_wiki": lambda lat, lon: (
        f"Coordinates: {parts(lat)[0]}°{parts(lat)[1]:02d}′{int(parts(lat)[2]):02d}″{side(lat, 'N', 'S')} {parts(lon)[0]}°{parts(lon)[1]:02d}′{int(parts(lon)[2]):02d}″{side(lon, 'E', 'W')}﻿ / ﻿{size(lat, 5)}°{side(lat, 'N', 'S')} {size(lon, 5)}°{side(lon, 'E', 'W')}"
    ),
    "hemi_json_key2": lambda lat, lon: json.dumps(
        {
            "lat": round(abs(lat), 4),
            "lat_hemisphere": side(lat, "northern", "southern"),
            "lon": round(abs(lon), 4),
            "lon_hemisphere": side(lon, "eastern", "western"),
        }
    ),
    "hemi_NS_field": lambda lat, lon: json.dumps(
        {"lat": round(abs(lat), 4), "NS": side(lat, "N", "S"), "lon": round(abs(lon), 4), "EW": side(lon, "E", "W")}
    ),
    "coarse1": lambda lat, lon: f"Latitude: {lat:.1f}, Longitude: {lon:.1f}",
    "thinkthen": lambda lat, lon: (
        f'<think>maybe 10.5, 20.5? no</think>\n{{"latitude": {lat:.4f}, "longitude": {lon:.4f}}}'
    ),
    "harmony": lambda lat, lon: (
        f"<|channel|>analysis<|message|>maybe 10.5, 20.5<|end|><|start|>assistant<|channel|>final<|message|>{lat:.4f}, {lon:.4f}"
    ),
    "de_sentence": lambda lat, lon: (
        f"Der Ort liegt auf {size(lat).replace('.', ',')} Grad {side(lat, 'nördlicher', 'südlicher')} Breite und {size(lon).replace('.', ',')} Grad {side(lon, 'östlicher', 'westlicher')} Länge."
    ),
    "de_bei": lambda lat, lon: (
        f"Die geografische Breite beträgt {lat:.4f}°, die geografische Länge {lon:.4f}°.".replace(".", ",")
    ),
    "de_NO": lambda lat, lon: (
        f"{side(lat, 'N', 'S')} {parts(lat)[0]}° {parts(lat)[1]}' {int(parts(lat)[2])}'', {side(lon, 'O', 'W')} {parts(lon)[0]}° {parts(lon)[1]}' {int(parts(lon)[2])}'' (Breite, Länge)"
    ),
    "fr_comma_words": lambda lat, lon: (
        f"Latitude {size(lat).replace('.', ',')} {side(lat, 'Nord', 'Sud')}, longitude {size(lon).replace('.', ',')} {side(lon, 'Est', 'Ouest')}"
    ),
    "fr_lat_est": lambda lat, lon: f"La latitude est d'environ {lat:.4f} et la longitude d'environ {lon:.4f}.",
    "es_situado": lambda lat, lon: (
        f"Está situado a {parts(lat)[0]} grados {parts(lat)[1]} minutos de latitud {side(lat, 'norte', 'sur')} y {parts(lon)[0]} grados {parts(lon)[1]} minutos de longitud {side(lon, 'este', 'oeste')}."
    ),
    "es_O": lambda lat, lon: (
        f"Coordenadas: {parts(lat)[0]}° {parts(lat)[1]}' {int(parts(lat)[2])}\" {side(lat, 'N', 'S')}, {parts(lon)[0]}° {parts(lon)[1]}' {int(parts(lon)[2])}\" {side(lon, 'E', 'O')}"
    ),
    "it_gradi": lambda lat, lon: (
        f"La foto è stata scattata a {parts(lat)[0]} gradi e {parts(lat)[1]} primi {side(lat, 'Nord', 'Sud')}, {parts(lon)[0]} gradi e {parts(lon)[1]} primi {side(lon, 'Est', 'Ovest')}"
    ),
    "pt_S": lambda lat, lon: (
        f"{parts(lat)[0]}° {parts(lat)[1]}' {int(parts(lat)[2])}\" {side(lat, 'N', 'S')}, {parts(lon)[0]}° {parts(lon)[1]}' {int(parts(lon)[2])}\" {side(lon, 'L', 'O')}"
    ),
    "ru_sentence": lambda lat, lon: (
        f"Координаты места: {size(lat)} градуса {side(lat, 'северной', 'южной')} широты, {size(lon)} градуса {side(lon, 'восточной', 'западной')} долготы."
    ),
    "ru_short": lambda lat, lon: f"{size(lat)}° {side(lat, 'с.ш.', 'ю.ш.')} {size(lon)}° {side(lon, 'в.д.', 'з.д.')}",
    "ru_gradmin": lambda lat, lon: (
        f"{parts(lat)[0]} град. {parts(lat)[1]} мин. {side(lat, 'с. ш.', 'ю. ш.')}, {parts(lon)[0]} град. {parts(lon)[1]} мин. {side(lon, 'в. д.', 'з. д.')}"
    ),
    "pl_sentence": lambda lat, lon: (
        f"Zdjęcie wykonano na {size(lat).replace('.', ',')} stopnia szerokości {side(lat, 'północnej', 'południowej')} i {size(lon).replace('.', ',')} stopnia długości {side(lon, 'wschodniej', 'zachodniej')}."
    ),
    "nl_sentence": lambda lat, lon: (
        f"De foto is genomen op {size(lat).replace('.', ',')} graden {side(lat, 'noorderbreedte', 'zuiderbreedte')} en {size(lon).replace('.', ',')} graden {side(lon, 'oosterlengte', 'westerlengte')}."
    ),
    "tr_sentence": lambda lat, lon: (
        f"Konum yaklaşık {size(lat).replace('.', ',')} derece {side(lat, 'kuzey', 'güney')} enlemi ve {size(lon).replace('.', ',')} derece {side(lon, 'doğu', 'batı')} boylamında."
    ),
    "sv_sentence": lambda lat, lon: (
        f"Platsen ligger på {side(lat, 'nordlig', 'sydlig')} bredd {size(lat).replace('.', ',')}° och {side(lon, 'östlig', 'västlig')} längd {size(lon).replace('.', ',')}°."
    ),
    "cs_sentence": lambda lat, lon: (
        f"{parts(lat)[0]}°{parts(lat)[1]}'{int(parts(lat)[2])}\" {side(lat, 'severní', 'jižní')} šířky, {parts(lon)[0]}°{parts(lon)[1]}'{int(parts(lon)[2])}\" {side(lon, 'východní', 'západní')} délky"
    ),
    "ja_sentence": lambda lat, lon: (
        f"撮影場所は{side(lat, '北緯', '南緯')}{size(lat)}度、{side(lon, '東経', '西経')}{size(lon)}度付近と思われます。"
    ),
    "zh_sentence": lambda lat, lon: (
        f"拍摄地点大约位于{side(lat, '北纬', '南纬')}{parts(lat)[0]}度{parts(lat)[1]}分，{side(lon, '东经', '西经')}{parts(lon)[0]}度{parts(lon)[1]}分。"
    ),
    "ar_sentence": lambda lat, lon: (
        f"تقع عند دائرة عرض {size(lat)}° {side(lat, 'شمالاً', 'جنوباً')} وخط طول {size(lon)}° {side(lon, 'شرقاً', 'غرباً')}"
    ),
    "hi_sentence": lambda lat, lon: (
        f"यह स्थान {size(lat)} डिग्री {side(lat, 'उत्तर', 'दक्षिण')} और {size(lon)} डिग्री {side(lon, 'पूर्व', 'पश्चिम')} पर है"
    ),
    "hr": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'sjeverne', 'južne')} geografske širine i {size(lon).replace('.', ',')}° {side(lon, 'istočne', 'zapadne')} geografske dužine"
    ),
    "sk": lambda lat, lon: (
        f"{size(lat).replace('.', ',')}° {side(lat, 'severnej', 'južnej')} zemepisnej šírky, {size(lon).replace('.', ',')}° {side(lon, 'východnej', 'západnej')} zemepisnej dĺžky"
    ),
    "bg": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'северна', 'южна')} ширина и {size(lon)}° {side(lon, 'източна', 'западна')} дължина"
    ),
    "et": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'põhjalaiust', 'lõunalaiust')}, {size(lon)}° {side(lon, 'idapikkust', 'läänepikkust')}"
    ),
    "lt": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'šiaurės', 'pietų')} platumos, {size(lon)}° {side(lon, 'rytų', 'vakarų')} ilgumos"
    ),
    "lv": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'ziemeļu', 'dienvidu')} platuma, {size(lon)}° {side(lon, 'austrumu', 'rietumu')} garuma"
    ),
    "af": lambda lat, lon: f"{size(lat)}° {side(lat, 'noord', 'suid')}, {size(lon)}° {side(lon, 'oos', 'wes')}",
    "eo": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'norda', 'suda')} latitudo, {size(lon)}° {side(lon, 'orienta', 'okcidenta')} longitudo"
    ),
    "ka": lambda lat, lon: f"განედი: {lat:.4f}, გრძედი: {lon:.4f}",
    "hy": lambda lat, lon: f"Լայնություն՝ {lat:.4f}, երկայնություն՝ {lon:.4f}",
    "tl": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'Hilaga', 'Timog')}, {size(lon)}° {side(lon, 'Silangan', 'Kanluran')}"
    ),
    "mn": lambda lat, lon: (
        f"{size(lat)}° {side(lat, 'хойд', 'өмнөд')} өргөрөг, {size(lon)}° {side(lon, 'зүүн', 'баруун')} уртраг"
    ),
    "ta": lambda lat, lon: f"{size(lat)}° {side(lat, 'வடக்கு', 'தெற்கு')}, {size(lon)}° {side(lon, 'கிழக்கு', 'மேற்கு')}",
    "gps_prefix": lambda lat, lon: (
        f"GPS: {side(lat, 'N', 'S')}{parts(lat)[0]:02d}.{parts(lat)[1]:02d}'{int(parts(lat)[2]):02d}\" {side(lon, 'E', 'W')}{parts(lon)[0]:03d}.{parts(lon)[1]:02d}'{int(parts(lon)[2]):02d}\""
    ),
    "json_array_named": lambda lat, lon: json.dumps(
        [{"name": "latitude", "value": round(lat, 4)}, {"name": "longitude", "value": round(lon, 4)}]
    ),
    "json_predicted": lambda lat, lon: json.dumps(
        {"predicted_latitude": round(lat, 4), "predicted_longitude": round(lon, 4)}
    ),
    "json_lat_deg": lambda lat, lon: json.dumps({"lat_deg": round(lat, 4), "lon_deg": round(lon, 4)}),
    "json_center": lambda lat, lon: json.dumps({"center": {"lat": round(lat, 4), "lon": round(lon, 4)}, "zoom": 12.5}),
    "json_center_list": lambda lat, lon: json.dumps({"center_lat_lon": [round(lat, 4), round(lon, 4)]}),
    "json_lonlat": lambda lat, lon: json.dumps({"center_lon_lat": [round(lon, 4), round(lat, 4)]}),
    "json_str_minus": lambda lat, lon: json.dumps(
        {"latitude": f"{lat:.4f}".replace("-", "−"), "longitude": f"{lon:.4f}".replace("-", "−")}, ensure_ascii=False
    ),
    "json_bbox": lambda lat, lon: json.dumps(
        {
            "latitude": round(lat, 4),
            "longitude": round(lon, 4),
            "bbox": [round(lon - 1, 2), round(lat - 1, 2), round(lon + 1, 2), round(lat + 1, 2)],
        }
    ),
    "json_dms_str": lambda lat, lon: json.dumps(
        {
            "lat": f"{parts(lat)[0]}°{parts(lat)[1]}'{int(parts(lat)[2])}\"{side(lat, 'N', 'S')}",
            "lon": f"{parts(lon)[0]}°{parts(lon)[1]}'{int(parts(lon)[2])}\"{side(lon, 'E', 'W')}",
        },
        ensure_ascii=False,
    ),
    "json_hemis_words_es": lambda lat, lon: json.dumps(
        {"latitud": f"{size(lat)} {side(lat, 'norte', 'sur')}", "longitud": f"{size(lon)} {side(lon, 'este', 'oeste')}"}
    ),
    "json_pt": lambda lat, lon: json.dumps(
        {
            "latitude": f"{size(lat)}° {side(lat, 'Norte', 'Sul')}",
            "longitude": f"{size(lon)}° {side(lon, 'Leste', 'Oeste')}",
        },
        ensure_ascii=False,
    ),
    "json_ru": lambda lat, lon: json.dumps({"широта": round(lat, 4), "долгота": round(lon, 4)}, ensure_ascii=False),
    "json_ru_esc": lambda lat, lon: json.dumps({"широта": round(lat, 4), "долгота": round(lon, 4)}),
    "json_zh_hemi": lambda lat, lon: json.dumps(
        {"纬度": f"{side(lat, '北纬', '南纬')}{size(lat)}°", "经度": f"{side(lon, '东经', '西经')}{size(lon)}°"},
        ensure_ascii=False,
    ),
    "yaml_list": lambda lat, lon: f"coordinates:\n  - {lat:.4f}\n  - {lon:.4f}",
    "yaml_lonlat": lambda lat, lon: f"longitude: {lon:.4f}\nlatitude: {lat:.4f}\n",
    "bullets": lambda lat, lon: f"* Lat → {lat:.4f}\n* Lon → {lon:.4f}",
    "arrow": lambda lat, lon: f"→ {lat:.4f} | {lon:.4f}",
    "tableless": lambda lat, lon: f"Latitude    {lat:.4f}\nLongitude   {lon:.4f}",
    "nominatim": lambda lat, lon: (
        f"https://nominatim.openstreetmap.org/reverse?lat={lat:.5f}&lon={lon:.5f}&format=json"
    ),
    "wikimapia": lambda lat, lon: f"http://wikimapia.org/#lang=en&lat={lat:.5f}&lon={lon:.5f}&z=12&m=w",
    "gearth": lambda lat, lon: f"https://earth.google.com/web/@{lat:.5f},{lon:.5f},35.2a,1000d,35y,0h,0t,0r",
    "gmap_3a": lambda lat, lon: (
        f"https://www.google.com/maps/@{lat:.6f},{lon:.6f},3a,75y,90.5h,88.2t/data=!3m6!1e1!3m4!1sabc!2e0"
    ),
    "kartaview": lambda lat, lon: f"https://kartaview.org/map/@{lat:.5f},{lon:.5f},16z",
    "google_static": lambda lat, lon: (
        f"https://maps.googleapis.com/maps/api/staticmap?center={lat:.4f},{lon:.4f}&zoom=13&size=600x300&markers=color:red%7C{lat:.4f},{lon:.4f}"
    ),
    "bing_where": lambda lat, lon: f"https://www.bing.com/maps?where1={lat:.5f},{lon:.5f}",
    "apple_at": lambda lat, lon: f"http://maps.apple.com/maps?daddr={lat:.5f},{lon:.5f}",
    "yandex_what": lambda lat, lon: (
        f"https://yandex.com.tr/harita/?whatshere%5Bpoint%5D={lon:.5f}%2C{lat:.5f}&whatshere%5Bzoom%5D=15"
    ),
    "swisstopo": lambda lat, lon: f"https://map.geo.admin.ch/?swisssearch={lat:.4f},{lon:.4f}",
    "mix_zip": lambda lat, lon: (
        f"The plate reads 28.012-345, the ZIP is 90210.1234, speed 55.5 mph. Coordinates {lat:.4f}, {lon:.4f}."
    ),
    "mix_focal": lambda lat, lon: (
        f"EXIF: 4.25 mm, f/1.8, exposure 0.008333. Location guess: {size(lat)}°{side(lat, 'N', 'S')} {size(lon)}°{side(lon, 'E', 'W')}"
    ),
    "mix_bearing": lambda lat, lon: f"The sun stands at 245.5° azimuth and 32.1° elevation. So: {lat:.4f}, {lon:.4f}.",
    "mix_dist_dir": lambda lat, lon: (
        f"At {size(lat)}°{side(lat, 'N', 'S')}, {size(lon)}°{side(lon, 'E', 'W')}, 3.5 km south of the centre and 120.5 m west of the river."
    ),
    "mix_percent": lambda lat, lon: f"65.5% sure: {lat:.4f}, {lon:.4f}; 34.5% elsewhere.",
    "mix_version_pair": lambda lat, lon: f"(v2.5.1) result => lat={lat:.4f} lon={lon:.4f} t=0.35s",
    "mix_two_alt": lambda lat, lon: f"Best guess: {lat:.4f}, {lon:.4f}. Second guess: 10.1234, 20.1234.",
    "words_spelled": lambda lat, lon: (
        f"Latitude: {size(lat)} degrees {side(lat, 'N.', 'S.')}; Longitude: {size(lon)} degrees {side(lon, 'E.', 'W.')}"
    ),
    "upper": lambda lat, lon: (
        f"LATITUDE {size(lat)} {side(lat, 'NORTH', 'SOUTH')} LONGITUDE {size(lon)} {side(lon, 'EAST', 'WEST')}"
    ),
    "lower_letters": lambda lat, lon: f"{size(lat)}{side(lat, 'n', 's')}, {size(lon)}{side(lon, 'e', 'w')}",
    "lower_json": lambda lat, lon: json.dumps(
        {"lat": f"{size(lat)}{side(lat, 'n', 's')}", "lon": f"{size(lon)}{side(lon, 'e', 'w')}"}
    ),
    "paren_hemi": lambda lat, lon: f"{size(lat)}° ({side(lat, 'N', 'S')}), {size(lon)}° ({side(lon, 'E', 'W')})",
    "hyphen_hemi": lambda lat, lon: (
        f"{size(lat)}-{side(lat, 'North', 'South')}, {size(lon)}-{side(lon, 'East', 'West')}"
    ),
    "sci": lambda lat, lon: json.dumps({"latitude": float(f"{lat:.4e}"), "longitude": float(f"{lon:.4e}")}),
    "sci2": lambda lat, lon: f'{{"latitude": {lat:.6e}, "longitude": {lon:.6e}}}',
    "plus_signs": lambda lat, lon: f"Lat {lat:+.4f} / Lon {lon:+.4f}",
}

# Replies that give no position, with numbers of other things beside it.
NO_POSITION = {
    "w3w": "///filled.count.soap",
    "w3w2": "The place is at what3words ///index.home.raft.",
    "lens": "Sigma 18.0-35.0 mm f/1.8 lens. I can't determine the location.",
    "model": "I am Qwen2.5-VL 7.0 and cannot say where this was taken.",
    "version": "Python 3.12, CUDA 12.4. Unable to determine.",
    "bd09": "https://api.map.baidu.com/marker?location=39.916979,116.410240&coord_type=bd09ll",
    "res": "The image is 1920.0 x 1080.0 pixels; no location can be determined.",
    "ratio": "Aspect 1.33, gamma 2.2. There is no way to tell.",
    "price": "Prices 12.50, 13.90. I'm not able to identify this place.",
    "time": "It is 12.30, 14.45 on the timetable. I don't know the location.",
    "conf": "confidence: 0.12, 0.08. Unknown location.",
    "score": "Scores 45.5, 54.5. I'm sorry, but I cannot help with that.",
    "ex": "I cannot determine the coordinates. For example, Paris is at 48.8566, 2.3522.",
    "weather": "22.5 °C, humidity 45.0 %. Cannot determine where.",
    "de": "Objektiv 24,0-70,0 mm, Blende 2,8. Ich kann nicht sagen, wo das ist.",
    "fr": "Objectif 24,0 mm, f/2,8. Je ne peux pas déterminer le lieu.",
    "es": "Versión 1,25, 3,50. No puedo determinar la ubicación.",
    "ip": "Server 192.168.1.10 answered in 12.5 ms, 13.2 ms. Location unknown.",
    "ja": "レンズ 24.0-70.0 mm。場所は特定できません。",
    "zh": "镜头 24.0-70.0 毫米。无法确定位置。",
    "nulljson": '{"latitude": null, "longitude": null, "reason": "f/2.80, 24.00 mm"}',
    "zerojson": '{"latitude": 0, "longitude": 0, "reason": "unknown"}',
    "na": "Latitude: N/A, Longitude: N/A",
    "range": '{"latitude": 133.5, "longitude": 251.2}',
    "de2": "Kamera Modell 7.25, 5.50. Der Ort lässt sich nicht bestimmen.",
    "it": "Obiettivo 24,70 e 35,00. Non è possibile determinare la posizione.",
    "nl": "Prijs 12,50, 14,95. Ik kan de locatie niet bepalen.",
    "pl": "Cena 12,50, 14,90. Nie mogę określić lokalizacji.",
    "tr": "Fiyat 12,50, 14,90. Konumu belirleyemiyorum.",
    "sv": "Pris 12,50, 14,90. Jag kan inte avgöra platsen.",
    "cs": "Cena 12,50, 14,90. Nemohu určit místo.",
    "ru": "Цена 12,50, 14,90. Не могу определить место.",
    "ar": "السعر 12.50، 14.90. لا أستطيع تحديد الموقع.",
    "hi": "मूल्य 12.50, 14.90. मैं स्थान नहीं बता सकता।",
    "ko": "가격 12.50, 14.90. 위치를 알 수 없습니다.",
    "gpu": "Runtime 12.125, 13.875 seconds. Location could not be determined.",
    "xy": '{"x": 41.5, "y": 12.5, "label": "sign"}',
    "size": '{"width": 1920, "height": 1080, "location": "unknown"}',
    "what": "https://w3w.co/index.home.raft",
    "baidu": "https://map.baidu.com/?latlng=39.9169,116.4102&title=x",
    "short": "https://maps.app.goo.gl/AbCdEf12.5,13.5",
}
