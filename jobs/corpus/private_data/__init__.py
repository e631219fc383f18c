"""Private data in texts: where identity numbers, telephones, addresses and secrets stand.

Knows texts and what identifies a person; nothing of deliveries, repair and duplicates.
"""
