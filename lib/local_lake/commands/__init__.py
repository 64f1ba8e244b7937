"""Holds the verbs of the command line, one module each, with a function `run(folders, options)`."""
