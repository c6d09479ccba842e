"""The cache: one SQLite file that the poller fills and every picture is taken from.

- `reader`: the only door out; `Store.snapshot(at)` is the picture as of any moment.
- `writer`: the only door in; a batch, its cursor and its poll are one transaction.
- `schema`: what both sides know about the file; `migrations`: its tables; `files`: the file itself.

Facts are kept as they came, so the order in which they arrive never shows in a picture. Everything
else in the file is derived from them inside the transaction that stored them.
"""
