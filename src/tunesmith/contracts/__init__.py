"""What classes of each kind must have (`protocols.py`), and how a class of a plugin is held to it before it trains."""
