"""Run times as people read them."""


def duration(seconds: float) -> str:
    """Such as 3 h 5 min, 12 min 3 s or 4.2 s."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def time_left(seconds: float) -> str:
    """A time that is only estimated, in whole units: 2 h 5 min left, 3 min left, 12 s left."""
    whole = max(round(seconds), 0)
    if whole < 100:
        return f"{whole} s left"
    minutes = round(whole / 60)
    return f"{minutes} min left" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min left"
