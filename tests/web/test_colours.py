"""The map's colours for eyes that see fewer of them, and for paper without any.

The eyes are simulated with the matrices of Machado, Oliveira and Fernandes (2009), "A
Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0, applied to
linear light; colours are told apart by their distance in CIE L*a*b* (D65, 1976), where about 2 is
the least that an eye can see side by side.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gisgrid import resources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Colour = NDArray[np.float64]

PALETTE = (resources.folder("static") / "app" / "palette.js").read_text("utf-8")
EYES: dict[str, Colour] = {
    "all colours": np.eye(3),
    "no red (protanopia)": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green (deuteranopia)": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue (tritanopia)": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    "grey print": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}


def constant(name: str) -> str:
    """The text of a constant of palette.js."""
    found = re.search(rf"(?m)^export const {name} = (.*);$", PALETTE)
    assert found, name
    return found[1]


RAMP: list[str] = json.loads(constant("RAMP"))
CASE, CASE_DARK, INK, PAPER = (
    json.loads(constant(name)) for name in ("CASE", "CASE_DARK", "INK", "PAPER")
)
HATCH_GROUND, HATCH_LINE = re.findall(r"#\w{6}", constant("HATCH"))


def light(colour: str) -> Colour:
    """Linear light of "#rrggbb", each from 0 to 1."""
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eye: Colour) -> Colour:
    """L*, a*, b* of a colour as an eye sees it."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    white = to_xyz @ np.ones(3)
    xyz = to_xyz @ np.clip(eye @ light(colour), 0, 1) / white
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, other: str, eye: Colour) -> float:
    return float(np.linalg.norm(seen(one, eye) - seen(other, eye)))


def contrast(one: str, other: str) -> float:
    """Contrast of WCAG 2: 1 for none, 21 for black on white."""
    low, high = sorted(float(light(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_the_simulated_eyes_are_those_of_the_paper() -> None:
    for eye in EYES.values():
        assert eye.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)  # white stays white
        assert apart("#ffffff", "#ffffff", eye) == 0
    # A red and a green that most people tell apart at a glance, and these eyes hardly.
    red, green = "#c05020", "#6f7a10"
    assert apart(red, green, EYES["all colours"]) > 50
    assert apart(red, green, EYES["no green (deuteranopia)"]) < 25
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("eye", EYES.values(), ids=list(EYES))
def test_the_ramp_runs_from_light_to_dark_in_steps_that_every_eye_sees(eye: Colour) -> None:
    lightness = [seen(colour, eye)[0] for colour in RAMP]
    assert lightness == sorted(lightness, reverse=True)
    steps = [a - b for a, b in pairwise(lightness)]
    assert len(steps) == len(RAMP) - 1 == 5
    assert min(steps) > 6  # of lightness alone: what a copier and the sun leave of a colour


@pytest.mark.parametrize("eye", EYES.values(), ids=list(EYES))
def test_cases_stand_out_on_every_class(eye: Colour) -> None:
    # A mark of a case has a white rim, so that on the ground of its own lightness it is seen too.
    assert min(apart(CASE, PAPER, eye), apart(CASE_DARK, PAPER, eye)) > 40
    if eye is not EYES["grey print"]:
        assert min(apart(CASE, colour, eye) for colour in RAMP) > 60


def test_what_is_read_has_the_contrast_to_be_read() -> None:
    letters = re.findall(r'(?:township|village|grid): "(#\w{6})"', constant("LETTERS_OF_NAMES"))
    assert len(letters) == 3
    for ink in letters:
        for ground in RAMP[:-2]:
            # Ink on the white halo, and where the halo ends on the class itself.
            assert contrast(ink, PAPER) > 7
            assert contrast(ink, ground) > 3
    for ground in RAMP[-2:]:
        assert contrast(PAPER, ground) > 4.5
    assert contrast(CASE, PAPER) > 4.5
    assert contrast(INK, PAPER) > 7
    assert contrast(HATCH_LINE, HATCH_GROUND) > 1.7  # a pattern, and named in the legend
