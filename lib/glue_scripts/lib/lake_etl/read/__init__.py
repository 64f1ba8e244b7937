"""Reads collected files of every input format into frames with types that hold from file to file."""
