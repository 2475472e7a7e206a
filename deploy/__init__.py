"""What brings a sidecar to a host: examples, the demonstration, the pins."""
