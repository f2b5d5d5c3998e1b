"""How a colour is turned round on a dark page, and how far apart two colours are."""

from __future__ import annotations

import numpy as np

TURN = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
"""A hue turned by half a circle, as the standard of filter effects has it."""
INVERT = 0.92
Colour = tuple[float, ...]


def turned(colour: Colour) -> Colour:
    """What the style sheet makes of a colour (parts of 1) on a dark page; a browser test holds it against a screen."""
    found = INVERT + np.array(colour[:3]) * (1 - 2 * INVERT)
    return tuple(np.clip(TURN @ found, 0, 1).tolist())


def contrast(one: Colour, other: Colour) -> float:
    """How far apart two colours are in the sense of WCAG 2."""

    def light(colour: Colour) -> float:
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour[:3]]
        return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)
