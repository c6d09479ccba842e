"""The wall in a browser: who may come in, the page, and the process behind each viewer.

The screens know nothing of it; nothing here draws. Needs the extra `web`.
"""
