"""Pure functions over the vocabulary: share, completion, burndown, histograms, differences, health.

Every docstring gives the formula. Nothing here reads a clock, a file or a setting, so the same
input gives the same figure live, in the past and in a report. `None` is unknown and stays unknown:
a figure without data is never zero.
"""
