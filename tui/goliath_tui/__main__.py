"""`python -m goliath_tui` is the command `goliath-tui`."""

from goliath_tui.cli import main

main()
