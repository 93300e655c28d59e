"""The far end of the line: its size, speed, glyphs, and the least bytes that make it right.

For a theme's author. In monochrome only `bold`, `underline` and `reverse` arrive; `dim`, `italic`,
`blink` and every colour are dropped, so nothing may be told by a colour alone. Dark ink on a light
ground arrives as reverse video (white on blue does not), but a theme for monochrome should say
`text-style: reverse` and leave all colours at `ansi_default`. Blanks at the end of a row are free
only without reverse or underline. With 16 colours and more, a ground that fills the rows to their
end is nearly free; changing grounds inside a row are not.
"""

from __future__ import annotations

from typing import Any, Optional

from stx_tui.terminal.driver import FarDriver, driver_class
from stx_tui.terminal.profile import Options, Profile, detect

__all__ = [
    "FarDriver",
    "Options",
    "Profile",
    "detect",
    "driver_class",
    "far",
    "interval_s",
    "key_room",
    "repaint",
    "status",
]


def far(app: Any) -> Optional[FarDriver]:
    """The app's driver if it is ours; None in tests and screenshots, which have none."""
    driver = getattr(app, "_driver", None)
    return driver if isinstance(driver, FarDriver) else None


def repaint(app: Any) -> None:
    """Paint the far screen anew (Ctrl-L), whatever it shows."""
    driver = far(app)
    if driver is not None:
        driver.repaint()


def interval_s(app: Any, wished_s: float) -> float:
    """Seconds between two refreshes of the screen: as wished, or as the line can carry."""
    driver = far(app)
    return driver.interval_s(wished_s) if driver is not None else wished_s


def key_room(app: Any) -> Optional[int]:
    """Bytes that a key's answer may have on a slow line; None where that is no matter."""
    driver = far(app)
    return driver.key_room if driver is not None else None


def status(app: Any) -> str:
    """What the status line says of the line: "9600 bd, full screen 1.9 s", or nothing."""
    driver = far(app)
    return driver.status() if driver is not None else ""
