"""The processes of one run: who they are, how they are started, and how they exchange values."""
