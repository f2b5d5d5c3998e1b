"""The arrays: trading days, bars, corporate actions and the dated rules of a venue. numpy, no pandas."""
