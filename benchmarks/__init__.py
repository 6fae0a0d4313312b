"""Measurements beside the ideal and the peers: `make bench` prints them; they are never part of the tests."""
