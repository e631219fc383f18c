"""Heliu (合流): text of several partners in, one immutable, explained corpus release out.

delivery ─ normalize ─▶ documents + facts     (one streaming pass over the text, bad rows rejected)
facts    ─ dedup ─────▶ drops                 (who is replaced by whom, and how similar they are)
documents, drops ─ merge ─▶ release candidate (shards and one decision per delivered row)
candidate ─ publish ──▶ release               (one conditional write; immutable from then on)

Verbs are modules of this package: `heliu VERB key=value` and `python -m jobs.VERB key=value`.
"""

__version__ = "0.1.0"
