"""The REST API of this room: Data Fair's routes, names and status codes."""
