"""Tests of workflows: cases as files, their runs, and the comparison of what was expected with what was found."""
