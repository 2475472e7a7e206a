"""Mutated traffic against everything that reads it: ``make fuzz``.

Seeds are the shapes of the cookbook and of recorded framing; ``mutating`` breaks
them, ``framing`` and ``bodies`` say what must hold whatever comes, ``run`` counts.
An input is made from (seed, number) alone, so a finding can be played again with
``python -m tests.fuzz --seed S --only TARGET --again NUMBER``.
"""
