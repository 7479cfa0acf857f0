"""Jobs of sweeps may name the package of these tests as a plugin."""

import os

# Set while tests are collected: the fork server keeps the environment of the first sweep of a session.
os.environ.setdefault("TUNESMITH_PLUGINS", "tests.sweeps")
