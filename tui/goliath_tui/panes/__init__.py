"""Each pane draws one measure of a snapshot. Never touches the network or the database."""
