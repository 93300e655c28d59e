"""The library below the console: usable from Python without it; never imports textual or rich."""
