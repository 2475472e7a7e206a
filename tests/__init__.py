"""The tests, mirroring the source; what crosses modules stands apart."""
