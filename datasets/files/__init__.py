"""The files that people upload: taken in, stored, read into Parquet, downloaded.

Services, tasks and edges call them. Nothing here decides who may upload, or records an event but through a signal.
"""
