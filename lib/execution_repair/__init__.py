"""Puts records right that no execution keeps up any more."""
