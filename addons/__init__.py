"""What touches mitmproxy: sockets, TLS and the layers of a wire."""
