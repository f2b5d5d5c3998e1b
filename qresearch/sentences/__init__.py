"""One catalogue, in English and Chinese, of all that is said to a person, and one class to look it up.

Read :mod:`~.words` first, then the tables, by theme: :mod:`~.codes`, :mod:`~.reasons`, :mod:`~.explaining`,
:mod:`~.sessions`, :mod:`~.panels` and :mod:`~.studies`; a key stands once. The session, the dialects, the views and
what stands above them import it, and it imports nothing but :mod:`qresearch.domain` and :mod:`qresearch.errors`;
exceptions are not in it, they stand in English where they are raised.
"""

from qresearch.sentences.words import CATALOGUE, ENGLISH, Message, Said, Words

__all__ = ["CATALOGUE", "ENGLISH", "Message", "Said", "Words"]
