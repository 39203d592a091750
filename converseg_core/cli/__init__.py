"""The command ``converseg``: data on stdout, everything else on stderr."""
