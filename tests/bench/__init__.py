"""Benchmarks: figures are printed and written to build/, never asserted."""
