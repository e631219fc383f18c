"""Risk keywords: libraries of words by category, and where texts hold them, evaded or not.

Knows texts and words; what hits decide is a matter of rules on signals.
"""
