"""Data contracts of workflows: exports, imports and comparisons in the Open Data Contract Standard."""
