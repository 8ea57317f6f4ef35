"""A progress bar that fits every terminal: what happens, the bar, and how far it is, each on a line of its own."""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn
from rich.text import Text


class NarrowProgress(Progress):
    """Shows the description above the bar, and the field `note` below it, broken between words."""

    def __init__(self, time_column: ProgressColumn, console: Console, *, transient: bool = False) -> None:
        """Prepare to show on a terminal; elsewhere it shows nothing."""
        columns = (BarColumn(bar_width=None), TaskProgressColumn(), time_column)
        super().__init__(*columns, console=console, transient=transient, expand=True, disable=not console.is_terminal)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the lines of each task."""
        for task in self.tasks:
            yield Text(task.description)
            yield self.make_tasks_table([task])
            yield Text(self._note(task))

    @staticmethod
    def _note(task: Task) -> str:
        return str(task.fields.get("note", ""))
