"""Facts become duplicates to drop, in tasks that exchange through storage.

Reads facts and writes drops; text is read only where exact similarity is asked for.
"""
