"""How QGIS draws a layer of an export at once: the style that lies in the GeoPackage.

The colours and classes are those of the maps: share in a gap by 5, 15 and 30 %, quiet lines.
"""

from __future__ import annotations

_RAMP = ("#fdf0dc", "#f6c98b", "#dd8244", "#9c3a1a")
_STEPS = (0.0, 0.70, 0.85, 0.95, 1.0)
"""Coverage from worst to best; the ramp runs the other way."""
_STATUS = {"overdue": "#c4622d", "never": "#6f2412"}


def style(name: str, shape: str | None) -> str | None:
    """QML of a layer by its name and kind of shape; None for a table."""
    if shape is None:
        return None
    if name == "coverage":
        return _page(_graduated())
    if name == "neighbours":  # of a draft: to draw along, not to change
        return _page(_single("fill", _fill("#e9ebee80", "#9aa3ad")))
    if shape == "MultiPolygon":
        return _page(_single("fill", _fill("#00000000", "#5b6470")), _labels("code"))
    if name == "gaps":
        return _page(_categories())
    return _page(_single("marker", _marker("#ffffff", "#3f4a59")))


def _page(renderer: str, labels: str = "") -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling" '
        f'labelsEnabled="{int(bool(labels))}">{renderer}{labels}</qgis>'
    )


def _labels(column: str) -> str:
    """The column written into each polygon where it fits, with a white rim."""
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName="{column}" isExpression="0" fontSize="8" fontSizeUnit="Point" '
        'textColor="44,57,68,255" textOpacity="1">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,255" bufferOpacity="1"/></text-style>'
        '<placement placement="1" fitInPolygonOnly="1"/>'
        '<rendering drawLabels="1" fontMinPixelSize="3" fontMaxPixelSize="10000"/>'
        "</settings></labeling>"
    )


def _single(kind: str, layer: str) -> str:
    symbol = _symbol("0", kind, layer)
    return f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>'


def _symbol(name: str, kind: str, layer: str) -> str:
    return f'<symbol name="{name}" type="{kind}" alpha="1">{layer}</symbol>'


def _layer(kind: str, properties: dict[str, str]) -> str:
    """Both ways in which versions of QGIS write properties."""
    old = "".join(f'<prop k="{name}" v="{value}"/>' for name, value in properties.items())
    new = "".join(
        f'<Option name="{name}" type="QString" value="{value}"/>'
        for name, value in properties.items()
    )
    return f'<layer class="{kind}" enabled="1"><Option type="Map">{new}</Option>{old}</layer>'


def _rgba(colour: str) -> str:
    parts = [int(colour[at : at + 2], 16) for at in range(1, len(colour), 2)]
    return ",".join(map(str, (*parts, 255)[:4]))


def _fill(colour: str, line: str) -> str:
    return _layer(
        "SimpleFill",
        {
            "color": _rgba(colour),
            "outline_color": _rgba(line),
            "outline_width": "0.2",
            "style": "solid",
        },
    )


def _marker(colour: str, line: str, name: str = "circle") -> str:
    return _layer(
        "SimpleMarker",
        {"name": name, "color": _rgba(colour), "outline_color": _rgba(line), "size": "1.8"},
    )


def _graduated() -> str:
    ranges, symbols = [], []
    for number, colour in enumerate(reversed(_RAMP)):
        low, high = _STEPS[number], _STEPS[number + 1]
        label = f"{low:.0%} - {high:.0%}"
        ranges.append(
            f'<range lower="{low}" upper="{high}" label="{label}" symbol="{number}" render="true"/>'
        )
        symbols.append(_symbol(str(number), "fill", _fill(colour, "#5b6470")))
    return (
        '<renderer-v2 type="graduatedSymbol" attr="coverage" graduatedMethod="GraduatedColor">'
        f"<ranges>{''.join(ranges)}</ranges><symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )


def _categories() -> str:
    rows, symbols = [], []
    for number, (status, colour) in enumerate(_STATUS.items()):
        rows.append(
            f'<category value="{status}" symbol="{number}" label="{status}" render="true"/>'
        )
        shape = "square" if status == "never" else "circle"
        symbols.append(_symbol(str(number), "marker", _marker(colour, "#ffffff", shape)))
    return (
        '<renderer-v2 type="categorizedSymbol" attr="status">'
        f"<categories>{''.join(rows)}</categories><symbols>{''.join(symbols)}</symbols>"
        "</renderer-v2>"
    )
