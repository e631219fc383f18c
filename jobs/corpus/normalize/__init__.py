"""Delivered rows become documents and their facts, by way of intake, repair, removal, signals.

The one room that composes them; what only one of them needs stays there.
"""
