"""Bytes: where releases and work tables live, and how partners' delivery files are read."""
