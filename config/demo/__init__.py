"""Demo content: an organisation with its people, real open data, charts, a catalogue and webhooks to the inbox.

The files are of the "Code officiel géographique" (INSEE) as published by Etalab (MIT licence), 2026 edition.
"""
