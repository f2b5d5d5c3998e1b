"""One catalogue, in English and Chinese, of all that is said to a person, and one class to look it up.

Read ``catalogue.csv`` (a row: theme, key, English, Chinese; the words in braces are the facts of the case), then
:mod:`~.words`. The session, the dialects, the views and what stands above them import it, and it imports nothing but
:mod:`qresearch.domain` and :mod:`qresearch.errors`. Exceptions are not in it: they stand in English where they are
raised.
"""

from qresearch.sentences.words import CATALOGUE, ENGLISH, LANGUAGES, Message, Said, Words

__all__ = ["CATALOGUE", "ENGLISH", "LANGUAGES", "Message", "Said", "Words"]
