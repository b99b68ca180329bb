"""Benchmarks: one command per figure, each against the stock way in the same run. They print; nothing passes or fails."""
