"""Writes every generated part of the documentation: python3 build.py docs."""

from tests.docs import dashboards, data_dictionary, engine_figures, metrics_tables, roles, settings_tables

if __name__ == "__main__":
    settings_tables.write_all()
    roles.write_all()
    data_dictionary.write()
    metrics_tables.write_all()
    dashboards.write_all()
    engine_figures.write()
