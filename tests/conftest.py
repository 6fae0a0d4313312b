"""Settings of all tests: laws are about results, not about how fast this machine was just then."""

from hypothesis import settings

settings.register_profile("jc", deadline=None)
settings.load_profile("jc")
