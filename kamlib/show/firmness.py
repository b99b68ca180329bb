"""How firm the classes of one account are: what would change if a cut or a weight of the policy moved."""

from __future__ import annotations

from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.agreement import class_name, cut_name
from kamlib.show.portfolio.blocks import lead, word


def sensitivity(account) -> None:
    """Publish each move of a cut or a weight that would change a class of the account; one line where there is none.

    Parameters
    ----------
    account : Pack
        Its pack may carry ``sensitivity``: ``path classification change from to is_by_coverage`` (`packs.portfolio.moves_by_account`).
    """
    found = account.data.get("sensitivity") or []
    rate = f"{account.policy['sensitivity.change_rate']['value']:.0%}"
    if not found:
        return blocks.section(account, "how_firm", [lead(word(account, "how_firm_yes", rate=rate))])
    keys = {"path": "cut", "change": "if_moved", "from": "cut_value", "to": "would_be"}
    columns = [(key, word(account, name), "text") for key, name in keys.items()]
    rows = [[cut_name(account, entry["path"]), _change(account, entry["change"]), *_classes(account, entry)] for entry in found]
    opening = lead(word(account, "how_firm_no", count=len(found), rate=rate))
    return blocks.section(account, "how_firm", [opening, blocks.table(account, columns, rows)])


def _change(account, change: float) -> str:
    return word(account, "higher" if change > 0 else "lower", rate=f"{abs(change):.0%}")


def _classes(account, entry: dict) -> list[str]:
    before, after = (class_name(account, entry["classification"], entry[side]) for side in ("from", "to"))
    least = f"{account.policy['coverage.minimum_share']['value']:.0%}"
    return [before, word(account, "would_be_by_coverage", name=after, least=least) if entry["is_by_coverage"] else after]
