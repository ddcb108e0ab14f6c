"""The pages of datasets, visualisations, catalogues and publications.

`urls` imports it. Each view finds its rows within the account, calls a service for changes, and renders a template.
It changes no row itself.
"""
