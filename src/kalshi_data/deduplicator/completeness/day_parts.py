"""In how many parts of equal length a day's minutes are summed up."""

CELLS = 96
