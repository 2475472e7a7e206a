"""Selectors: where in an exchange a text stands. One module per kind."""
