"""Maps source columns to the columns of a table, and cleans their names."""
