"""Near duplicates: signatures, bands, components, and the decision loop in rank order.

Works on hashes and signatures; knows nothing of deliveries and of repair.
"""
