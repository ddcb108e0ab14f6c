"""Commands around the project that are no part of it: the services of its tests, the checks of its words."""
