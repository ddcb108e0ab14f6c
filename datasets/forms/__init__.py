"""The forms of the pages, one file for each thing that is filled in.

Only views import them. They check what people type, and leave what follows from it to the services.
"""
