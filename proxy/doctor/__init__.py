"""``whosaw doctor``: is this host fit to stand in front of an application?

Each check is a function from the config to findings; what it judges is pure
(facts in, findings out), where the facts come from is its edge. A finding says
what was looked at, what is so, and, when that is not well, what to do. A new
check goes into the module of what it looks at and into ``run.CHECKS``.

Nothing is changed: no file is made but one for measuring the disk, which is
removed. The application gets one handshake and one HEAD request.
"""
