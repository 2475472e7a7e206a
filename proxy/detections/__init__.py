"""Detections: behaviour in the store that somebody should look at.

``catalogue`` reads ``sql/*.sql``, each a detection with what it cannot see;
``thresholds`` an organisation's own figures, hours and holidays; ``runner`` asks the
store and writes ``findings``, each once; ``reviews`` appends what people made of
them; ``pushing`` hands them to a SIEM. Detections read views made by migrations and
decide nothing: a finding is a reason to look, with its evidence.
"""
