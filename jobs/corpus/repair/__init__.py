"""Damaged text is repaired: detectors say which repairs a text may need, `normalization` runs them.

Row-wise and idempotent; knows nothing of deliveries and of duplicates.
"""
