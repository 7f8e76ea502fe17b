"""Posters and years: the library behind the stages and `predict.py`.

Arrows run downward only: stages and `predict.py` import this library, it imports neither.
"""
