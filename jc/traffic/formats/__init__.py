"""Logs of other tools: how each is recognised, and how its records become canonical ones."""
