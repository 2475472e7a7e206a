"""The demo: a stand-in legacy application, the advisors who use it, the score.

``application`` is what an employment office's system of 2005 looks like on the
wire; it writes down for itself what it showed to whom. ``advisors`` use it as
browsers do. ``scoring`` compares what the sidecar stored with what the
application wrote down. ``rules.yaml`` is the rule set of the application.
Nothing here reads anything from the sidecar but its answers.
"""
