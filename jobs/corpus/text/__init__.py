"""Text as bytes: kernels and their cache, UTF-8, Arrow buffers, alphabets, the canonical form.

Knows neither deliveries nor documents; nothing that decides about a row may enter.
"""
