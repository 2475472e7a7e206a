"""How well the detections find what was planted: ``make detections-report``.

A month of a simulated organisation, and the four weeks before it to compare with, go
straight into the tables of a real embedded store; then the detections are run as they
are delivered. What is modelled stands in ``organisation`` and ``office``, what is
planted in ``planting``. An organisation in a model is kinder than a real one: the
figures compare versions of the detections, they promise nothing to anybody.
"""
