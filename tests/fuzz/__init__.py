"""Mutated deliveries of every format, read by the real intake: none may be more than refused."""
