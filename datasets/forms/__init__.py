"""The forms of the pages: datasets, visualisations, catalogues.

Only views import them. They validate what people type.
They save nothing: views pass their data to the services.
"""
