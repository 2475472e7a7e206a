"""Boards and alerts as code over the store's views and the declared metrics.

``python -m dashboards`` writes what Grafana is provisioned with, and nothing else:

    dashboards/provisioning/   data sources, folders of boards, alerts (YAML)
    dashboards/everyday/       boards anyone who runs the sidecar may see
    dashboards/inquiry/        boards with names and subjects, kept apart

The same program writes the same bytes; a test holds the files to that. Boards read
views of the store that begin with ``board_``, never a table; those of ``everyday/``
none that begins with ``board_private``.
"""
