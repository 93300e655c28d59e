"""The console: knows kinds and areas in general and none by name."""
