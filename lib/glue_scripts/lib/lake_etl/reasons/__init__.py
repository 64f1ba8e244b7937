"""Why something failed, in words of our own: no text of Spark or a library, and no value of a row."""
