"""The model test of attribution: offices, applications and wires, with the truth.

``styles`` is how each kind of application speaks, ``office`` who sits where and
does what, ``delivery`` how wires and recorders bring it to the pipeline, and
``python -m tests.model`` runs it over seeds. Everything follows from the seed.
"""
