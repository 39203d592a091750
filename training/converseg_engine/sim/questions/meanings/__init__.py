"""What can be asked about a place: one file a family and subject, one ``Meaning`` a question."""
