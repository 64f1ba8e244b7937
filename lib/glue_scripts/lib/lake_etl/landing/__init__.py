"""Decides what a landed file starts: which table and partition it belongs to and what it waits for."""
