"""Logs as streams: files of gigabytes with their rotated parts, the journal, what arrives; merged.

Everything below ``reader`` is blocking and runs on a thread; nothing loads a file whole.
"""
