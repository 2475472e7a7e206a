"""Bytes of one connection in, exchanges out. Pure.

``framing`` finds where HTTP/1 messages begin and end, ``pairing`` puts a
response to its request, ``body`` undoes transfer and content codings within
bounds, ``model`` holds the values. Nothing here raises on traffic: what cannot
be read without guessing makes the rest of the connection *opaque*.
"""
