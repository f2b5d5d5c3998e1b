"""Data in: files, frames and the embedded sample become a :class:`~qresearch.market.market.Market`."""
