"""What can be done to datasets, visualisations, catalogues and publications: create, change, share, publish, delete.

Views, the API, tasks and the demo import it; each function opens its own transaction and sends a signal.
It never sees a request, and never checks who may do what.
"""
