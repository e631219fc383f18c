"""Signals of a text, the quality model among them, and the rules that filter by them.

Row-wise measurements only: nothing here changes a text.
"""
