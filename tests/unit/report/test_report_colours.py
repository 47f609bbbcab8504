"""Colours of figures and page are told apart, also by those who see fewer, and text stands out from its ground."""

import re

import numpy as np
import pytest

from epigroup.report.figures import style as plot_style
from epigroup.report.section import TEMPLATES


def linear_light(colour):
    """Red, green and blue of a colour of sRGB, in proportion to light."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear_light(colour) @ [0.2126, 0.7152, 0.0722])


def test_text_stands_out_from_its_ground_by_day_and_by_night():
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5 to 1."""
    style = (TEMPLATES / "style.css").read_text()
    for night in (False, True):
        block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[int(night)]
        shades = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for ground in ("paper", "panel"):
            for ink in ("ink", "soft", "link", "good", "bad"):
                light, dark = sorted((luminance(shades[ink]), luminance(shades[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (night, ink, ground)


# Machado, Oliveira & Fernandes 2009, Table 1, severity 1: linear RGB as seen without red or green cones.
SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip


@pytest.mark.parametrize("kind", SEEN)
def test_colours_are_told_apart_without_red_or_green_cones(kind):
    """The colours, which stand for strategies before any repeats, lie at least 8 apart in CIELAB."""
    shades = plot_style.OKABE_ITO
    linear = np.array([linear_light(shade) for shade in shades])
    seen = np.clip(linear @ np.array(SEEN[kind]).T, 0, 1)
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
    xyz = seen @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(len(lab), 1)]
    assert apart.min() >= 8


def test_colours_are_distinct_and_the_configs_win():
    names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    found = plot_style.colours(names, {"c": "#0072B2", "z": "#000000"})
    assert found["c"] == "#0072B2"
    assert len({found[name] for name in names if name != "h"}) == 7
    assert list(found) == names
