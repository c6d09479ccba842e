"""Screens put panes together and answer keys."""
