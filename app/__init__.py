"""Stockline keeps stock true between the systems of powersport retail."""
