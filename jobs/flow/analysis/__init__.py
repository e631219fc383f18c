"""Looking before building: what rules would filter, and training of the quality model.

Reads deliveries and tables, publishes nothing.
"""
