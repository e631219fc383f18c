"""Sources: which sites documents may come from, and of which span of time.

Knows addresses and dates; nothing of how text is read, repaired and compared.
"""
