"""The entries of each transform, as dataclasses with checks."""
