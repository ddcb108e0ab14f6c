"""The files of datasets: their upload, where they are stored, their conversion to Parquet, their download.

Services, tasks, views and the API import it.
It never checks who may do what, and records no event but through a signal.
"""
