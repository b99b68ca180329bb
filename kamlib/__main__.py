"""``python -m kamlib`` is the command ``kam``."""

from __future__ import annotations

from kamlib.cli import main

if __name__ == "__main__":
    main()
