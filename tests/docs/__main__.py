"""Writes every generated part of the documentation: python3 build.py docs."""

from tests.docs import data_dictionary, roles, settings_tables

if __name__ == "__main__":
    settings_tables.write_all()
    roles.write_all()
    data_dictionary.write()
