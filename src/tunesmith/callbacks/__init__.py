"""Lightning callbacks.

A target of the group `callbacks` takes (folder, monitor, mode) and its settings.
"""
