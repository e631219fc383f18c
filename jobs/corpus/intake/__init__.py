"""Delivered bytes become rows: formats, encodings, archives, pages, dates, split files.

Every fault of a row is a reason; knows nothing of repair and of duplicates.
"""
