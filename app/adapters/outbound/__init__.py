"""The internet, as far as users may have us ask it: addresses that are theirs to choose, and ours to be wary of."""
