"""Boards as code over the store's views; see docs/architecture.md."""
