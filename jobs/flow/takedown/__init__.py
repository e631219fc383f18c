"""Takedowns: what a request selects, the corrected release, restored duplicates, erased objects.

On top of build and releases; nothing below may import it.
"""
