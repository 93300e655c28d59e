"""Tests mirror the rooms of ``backend`` and ``stx_tui``."""
