"""What the store says about one client, as a page or a table for people.

``client`` asks and gives a value; ``page`` (HTML) and ``table`` (CSV) show it to
one of two audiences: the citizen, who learns dates, purposes and categories and not
which employees they were (CJEU C-579/21), and an investigator, who learns all of
it with what it rests on. Both say which parts of the period are not established:
an answer without them is half an answer.
"""
