"""Widgets of ready lines; each shows any kind."""
