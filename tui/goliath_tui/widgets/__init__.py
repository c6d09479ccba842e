"""What panes are drawn with: lines, frames, tables, bars, charts. Knows no domain."""
