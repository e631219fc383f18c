"""Mutations: small faults put into the code one at a time, each of which a test has to notice."""
