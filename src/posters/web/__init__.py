"""Talking to web sites: politely, within limits, and only to those a source names."""
