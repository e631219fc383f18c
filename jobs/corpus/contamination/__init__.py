"""Evaluation sets stay out: benchmark items, their index, the search in texts, what follows.

Works on texts and items; knows nothing of deliveries, repair and duplicates.
"""
