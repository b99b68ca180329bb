"""The account pack: one account's rows, scores and benchmarks, and nothing of anybody else."""

from kamlib.data.names import file_stem
from kamlib.packs.build import PackBuilder, canonical
from kamlib.packs.named import require_account
from kamlib.packs.opened import open_pack
from kamlib.packs.pack import Pack, Score

__all__ = ["Pack", "PackBuilder", "Score", "canonical", "file_stem", "open_pack", "require_account"]
