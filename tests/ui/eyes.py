"""How colours look to eyes that lack one kind of cone.

Matrices for linear RGB at full severity from Machado, Oliveira and Fernandes, "A Physiologically-
based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009.
"""

import math
from collections.abc import Iterable

from rich.segment import Segment
from textual.color import Color

Matrix = tuple[tuple[float, float, float], ...]

EYES: dict[str, Matrix] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
#: CIE 1976 distance from which two colours side by side are told apart at a glance.
APART = 20.0


def seen(color: Color, eyes: Matrix) -> Color:
    """The colour that the eyes see in the place of `color`."""
    red, green, blue = (_linear(part / 255) for part in (color.r, color.g, color.b))
    parts = [a * red + b * green + c * blue for a, b, c in eyes]
    r, g, b = (round(255 * _gamma(max(0.0, min(1.0, part)))) for part in parts)
    return Color(r, g, b)


def distance(one: Color, other: Color) -> float:
    """CIE 1976 distance in L*a*b*, D65."""
    return math.dist(_lab(one), _lab(other))


def picture(rows: Iterable[Iterable[Segment]], eyes: Matrix) -> str:
    """A picture as those eyes see it: each run of text behind its colour where that changes."""
    lines = []
    for row in rows:
        line, last = "", ""
        for segment in row:
            style = segment.style
            ink = ""
            if style is not None and style.color is not None and segment.text.strip():
                ink = seen(Color.from_rich_color(style.color), eyes).hex.lower()
            if ink and ink != last:
                line += f"⟨{ink}⟩"
                last = ink
            line += segment.text
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)


def _lab(color: Color) -> tuple[float, float, float]:
    red, green, blue = (_linear(part / 255) for part in (color.r, color.g, color.b))
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (_cube_root(part) for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _cube_root(part: float) -> float:
    return float(part ** (1 / 3)) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
