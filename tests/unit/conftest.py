"""How long Hypothesis looks: quickly by default, at length with `make unit PROFILE=nightly`. No test has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=5_000, deadline=None)
settings.load_profile("quick")
