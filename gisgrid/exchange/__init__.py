"""The only place that knows files: what comes in, what goes out, in which coordinates and words.

Foreign files other than plain text are parsed in a child process (`process`, `child`), never here:
GDAL can be made to crash, to read other files and to call the network, and the SQLite libraries
inside fiona and pyogrio would drop the locks of an open store.
"""
