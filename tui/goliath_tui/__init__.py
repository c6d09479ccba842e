"""goliath-tui: mission control for a backend migration in flight."""

__version__ = "0.1.0"
