"""Reserved rights: what becomes of documents whose pages opt out of mining or training."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# A statement about images reserves nothing of a text.
_OF_IMAGES = r"(^|; )[^;]*: noimageai"


def are_reserved(rights: pa.Array) -> pa.Array:
    """Return whether the opt-outs of each document are about its text; false for null.

    Args:
        rights: as `intake.opt_outs.joined` returns them.

    Law: row-wise.
    """
    of_text = pc.replace_substring_regex(rights, _OF_IMAGES, "")
    return pc.fill_null(pc.not_equal(of_text, ""), pa.scalar(value=False))
