"""Makes the reference of transforms and input options from the source: a page, and schemas for editors."""
