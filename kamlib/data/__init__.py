"""Files in, tables out: the schema, the engagement file, the readers, the past as it was known."""
