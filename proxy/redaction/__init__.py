"""Messages without what they say about anybody, byte for byte as long as before.

``standin`` replaces words and numbers by others of the same shape, under a key that
lives as long as one capture; ``values``, ``markup`` and ``json_text`` know where in a
format such words stand; ``heads`` and ``message`` walk a message as it was on the wire.
What is kept, what is not, and what no longer works on a redacted capture stands in
docs/captures.md.

Invariants: output and input have the same length; the same input under the same key
gives the same output; nothing raises on what the traffic holds.

Pure.
"""
