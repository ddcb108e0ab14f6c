"""The verbs on datasets, visualisations, catalogues and their publications.

Views, API, tasks and the demo call them. Each opens its own transaction and tells of what it did by a signal.
None knows of a request.
"""
