"""The tap stream in a file: captured from a running recorder, and replayed.

``taking`` subscribes to the recorder and writes the file: redacted by default, raw only
where that was asked for. ``envelope`` is the file, ``redacting`` takes out what was
said, ``replaying`` gives the frames to the recorder's own assembly. What a capture
keeps and who may open it: docs/captures.md.
"""
