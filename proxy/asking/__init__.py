"""The question service: who asks is known, says why, and that is on disk first.

``model`` is what travels, ``answering`` turns a question into statements and their
answer (commands without a service use it as well), ``asked`` is the inquiry that is
recorded of it, ``people`` says who may ask, ``server`` serves over aiohttp, ``client``
is what commands talk through.

Order of one question, the point of all of it: the person is authenticated; the
question is checked; the inquiry is committed to a journal of the service's own
(``InquiryRecorded``); the store is asked; the answer goes out. A crash anywhere after
the commit leaves an inquiry without an answer, never the other way round. When the
journal cannot take it there is no answer.
"""
