"""URLs that somebody wrote into a settings file."""

from __future__ import annotations

from urllib.parse import urlsplit

from backend.clouds_yaml import Spot


def check_url(spot: Spot, url: str, *, host_alone: str = "") -> None:
    """Refuse what is no http:// or https:// URL, or has credentials in it.

    With ``host_alone``, an example of one, it may have no path either. Raises ``SettingsError``.
    """
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise spot.wrong(f"{url!r} is no URL: {error}") from error
    if host_alone and (not is_url or parts.path or parts.query):
        words = f"{url!r} is no http:// or https:// URL of a host"
        raise spot.wrong(words, f"as in {host_alone}")
    if not is_url:
        raise spot.wrong(f"{url!r} is no http:// or https:// URL")
    if parts.username or parts.password:
        raise spot.wrong("has credentials in a URL", "they belong in keys of their own")
