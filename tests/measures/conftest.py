"""Properties of pure functions: no clock decides whether they hold."""

from hypothesis import settings

settings.register_profile("measures", deadline=None)
settings.load_profile("measures")
