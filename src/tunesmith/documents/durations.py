"""Run times as people read them."""


def duration(seconds: float) -> str:
    """Such as 3 h 5 min, 12 min 3 s or 4.2 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
