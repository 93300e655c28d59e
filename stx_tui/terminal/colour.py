"""A colour as asked for, brought down to what the terminal has."""

from __future__ import annotations

from functools import lru_cache

from stx_tui.terminal.cells import DEFAULT, RGB

# The colours of a VGA text screen and of most emulators, near enough to choose by.
_SIXTEEN = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0),
    (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85),
    (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255),
)  # fmt: skip
_STEPS = (0, 95, 135, 175, 215, 255)


def rgb_of(colour: int) -> tuple[int, int, int]:
    """Red, green and blue, 0..255, of a palette number or a full colour."""
    if colour >= RGB:
        return (colour >> 16) & 255, (colour >> 8) & 255, colour & 255
    if colour < 16:
        return _SIXTEEN[colour]
    if colour < 232:
        red, rest = divmod(colour - 16, 36)
        return _STEPS[red], _STEPS[rest // 6], _STEPS[rest % 6]
    grey = 8 + (colour - 232) * 10
    return grey, grey, grey


@lru_cache(maxsize=4096)
def reduced(colour: int, depth: int) -> int:
    """The nearest colour a terminal of `depth` colours has; DEFAULT stays what it is."""
    if colour == DEFAULT or depth >= RGB:
        return colour
    if depth == 0:
        return DEFAULT
    if colour < min(depth, 256):
        return colour
    red, green, blue = rgb_of(colour)
    if depth >= 256:
        return _in_palette(red, green, blue)
    return min(range(min(depth, 16)), key=lambda n: _distance((red, green, blue), _SIXTEEN[n]))


def _in_palette(red: int, green: int, blue: int) -> int:
    cube = 16 + 36 * _step(red) + 6 * _step(green) + _step(blue)
    grey = 232 + max(0, min(23, (red + green + blue - 9) // 30))
    return min((cube, grey), key=lambda n: _distance((red, green, blue), rgb_of(n)))


def _step(value: int) -> int:
    return min(range(6), key=lambda n: abs(_STEPS[n] - value))


def _distance(one: tuple[int, int, int], two: tuple[int, int, int]) -> int:
    """Squared distance, weighted by what the eye sees best."""
    red, green, blue = (a - b for a, b in zip(one, two))
    return 2 * red * red + 4 * green * green + 3 * blue * blue


def is_light(colour: int) -> bool:
    """Whether a ground of this colour is a light one; the terminal's own is taken for dark."""
    if colour == DEFAULT:
        return False
    red, green, blue = rgb_of(colour)
    return 2 * red + 5 * green + blue > 8 * 140


def is_darker(ink: int, ground: int) -> bool:
    """Whether ink is darker than the ground it stands on; the terminal's own ink is light."""
    if ink == DEFAULT:
        return False
    one, two = rgb_of(ink), rgb_of(ground)
    return 2 * one[0] + 5 * one[1] + one[2] < 2 * two[0] + 5 * two[1] + two[2]
