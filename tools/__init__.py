"""Small programs of the checkout: what `make` runs besides other people's tools."""
