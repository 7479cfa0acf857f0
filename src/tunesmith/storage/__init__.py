"""Files on disk: written atomically, locked, and verified when they are read again."""
