"""Postal abbreviations of divisions that people write after a town: "Portland, OR", "Banff, AB"."""

# USPS Publication 28 and Canada Post; names as the gazetteer has them.
_ABBREVIATIONS = {
    "US": (
        "AL Alabama;AK Alaska;AZ Arizona;AR Arkansas;CA California;CO Colorado;CT Connecticut;DE Delaware;"
        "DC Washington, D.C.;FL Florida;GA Georgia;HI Hawaii;ID Idaho;IL Illinois;IN Indiana;IA Iowa;KS Kansas;"
        "KY Kentucky;LA Louisiana;ME Maine;MD Maryland;MA Massachusetts;MI Michigan;MN Minnesota;MS Mississippi;"
        "MO Missouri;MT Montana;NE Nebraska;NV Nevada;NH New Hampshire;NJ New Jersey;NM New Mexico;NY New York;"
        "NC North Carolina;ND North Dakota;OH Ohio;OK Oklahoma;OR Oregon;PA Pennsylvania;RI Rhode Island;"
        "SC South Carolina;SD South Dakota;TN Tennessee;TX Texas;UT Utah;VT Vermont;VA Virginia;WA Washington;"
        "WV West Virginia;WI Wisconsin;WY Wyoming"
    ),
    "CA": (
        "AB Alberta;BC British Columbia;MB Manitoba;NB New Brunswick;NL Newfoundland and Labrador;NS Nova Scotia;"
        "NT Northwest Territories;NU Nunavut;ON Ontario;PE Prince Edward Island;QC Quebec;SK Saskatchewan;YT Yukon"
    ),
    "AU": ("NSW New South Wales;QLD Queensland;TAS Tasmania;VIC Victoria;ACT Australian Capital Territory"),
}
_STATES = {
    entry.partition(" ")[0]: (code, entry.partition(" ")[2])
    for code, entries in _ABBREVIATIONS.items()
    for entry in entries.split(";")
}


def find_state(abbreviation: str) -> tuple[str, str] | None:
    """Return the country code and name of the division with this postal abbreviation, or None."""
    return _STATES.get(abbreviation.replace(".", "").strip().upper())
