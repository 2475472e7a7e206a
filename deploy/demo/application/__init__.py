"""Vesta: an invented client system of 2005, believable on the wire.

Framesets and HTML 4 tables in ISO-8859-1, a form login with JSESSIONID that
answers a wrong password with 200, pages in every framing HTTP/1.1 had, fifty
thousand synthetic clients made from a seed. It keeps a *truth*: for every
response that showed records, to which advisor (by its own session), when,
which clients, as what. Only the scoring reads it.

``clients`` and ``staff`` are the made-up people, ``pages`` renders, ``messages``
is HTTP as bytes, ``sessions`` and ``truth`` are the state, ``vesta`` decides,
``server`` listens.
"""
