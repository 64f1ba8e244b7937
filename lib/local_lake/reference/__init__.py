"""The reference of transforms and input options: a page to read, and schemas for editors, made from the source."""
