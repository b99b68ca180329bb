"""What a number cannot say, account by account: a base that is not positive, a customer without a past, too few to compare."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import KamError
from kamlib.scores.frame import Scores

REASONS = {
    "base_not_positive": ("warning", "growth is n/a: the revenue it would be measured against is not above 0"),
    "new": ("info", "growth reads new: there was no revenue in the twelve months before"),
}


def doubts(scores: Scores, *, fewest_compared: int) -> list[KamError]:
    """List the numbers that a reader may look for in vain, each account with its reason.

    Parameters
    ----------
    scores : Scores
    fewest_compared : int
        Number of accounts from which they are compared (policy ``percentile.minimum_values``, F9).

    Returns
    -------
    list of KamError
        KAM-C03, severity warning or info: nothing has to be mended, every account is rendered. By account id.
    """
    accounts = scores.values["account"]
    found = [_few(len(accounts), fewest_compared)] if len(accounts) < fewest_compared else []
    credit_only = accounts.index[(accounts["revenue_amount"] < 0).fillna(False)]
    found += [_doubt(key, "warning", "revenue is below 0: shares and ranks are n/a, the class is inactive") for key in credit_only]
    notes: pd.Series = accounts["growth_rate_note"]
    found += [_doubt(key, *REASONS[note]) for key, note in notes[notes.isin(list(REASONS))].items() if key not in credit_only]
    return sorted(found, key=lambda doubt: doubt.record or "")


def _doubt(account_id: str, severity: str, why: str) -> KamError:
    return KamError("KAM-C03", why, severity=severity, record=account_id, value=account_id)


def _few(count: int, fewest: int) -> KamError:
    return KamError("KAM-C03", f"scores that compare accounts are n/a (n<{fewest}): there are {count}", severity="warning")
