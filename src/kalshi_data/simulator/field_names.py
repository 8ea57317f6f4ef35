"""The value of --without on a command line: names of fields."""

from typing import Any

import click

from kalshi_data.simulator.feed.field_sets import FieldSet, check_names


class FieldNames(click.ParamType[FieldSet]):
    """Names of fields that messages may lack, with commas between them."""

    name = "FIELD[,FIELD...]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> FieldSet:
        """Return the names as a set; refuse an unknown one with the list of all."""
        if not isinstance(value, str):
            return value
        try:
            return check_names(each.strip() for each in value.split(",") if each.strip())
        except ValueError as error:
            self.fail(str(error), param, ctx)


FIELD_NAMES = FieldNames()
