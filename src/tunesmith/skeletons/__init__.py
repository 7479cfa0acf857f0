"""What `tunesmith new` writes: a working class, its YAML and its test for each kind, each with a name to be replaced.

The files are code of this package, so they are linted, type-checked and tested with it.
"""
