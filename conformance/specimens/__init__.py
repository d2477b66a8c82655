"""Generators with several faults at once, as they are found in the wild."""
