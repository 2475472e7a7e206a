"""Who: exchanges to actors, by sessions the application itself confirmed.

One mechanism for every scheme: **candidate → confirmation → binding**. A login
request gives a candidate name (``schemes``); the application's own answer
confirms it by a predicate the rule set states (``confirmation``); then the
session key valid after that answer is bound to the name (``sessions``).
"""
