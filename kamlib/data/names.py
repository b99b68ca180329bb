"""File names from account ids."""

from __future__ import annotations

import hashlib
import re
import unicodedata

SLUG_LENGTH = 40


def file_stem(account_id: str) -> str:
    """Name an account's files: readable, portable, unique after case folding, never a path.

    Parameters
    ----------
    account_id : str
        Any text.

    Returns
    -------
    str
        ``acct_``, the id's ASCII letters and digits, ``_`` and twelve digits of its hash.

    Examples
    --------
    >>> file_stem("../../etc/x")
    'acct_etc-x_56da1a2ef2df'
    """
    ascii_text = unicodedata.normalize("NFKD", account_id).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(account_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return "_".join(part for part in ("acct", slug, digest) if part)
