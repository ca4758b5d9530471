"""What every command shares: settings, the workspace, formats and refusals."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gisgrid.errors import GisgridError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

Command = TypeVar("Command", bound="Callable[..., Any]")


@dataclass
class CliContext:
    """One run of the command line: what was asked for before the command's own options.

    overrides: settings given on the command line (`store`, `port` …), stronger than the
    configuration file and the environment.
    """

    config: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    _settings: Settings | None = None
    _workspace: Workspace | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this run, read once. Raises SettingUnknown, SettingBad."""
        if self._settings is None:
            from gisgrid import settings

            path = Path(self.config) if self.config else None
            environ = {
                name: value for name, value in os.environ.items() if name != "GISGRID_CONFIG"
            }
            self._settings = settings.load(path, environ, **self.overrides)
        return self._settings

    def workspace(self) -> Workspace:
        """The store of this run, opened once and closed when the command ends."""
        if self._workspace is None:
            from gisgrid.operations.workspace import Workspace

            self._workspace = Workspace.open(self.settings)
            click.get_current_context().call_on_close(self.close)
            kept = self._workspace.store.kept_before
            if kept is not None:
                click.echo(
                    "The store was brought up to this gisgrid; as it was, it is kept as "
                    f"{printable(str(kept))}.",
                    err=True,
                )
        return self._workspace

    def close(self) -> None:
        """Let go of the store; also safe when none was opened."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


pass_cli = click.make_pass_decorator(CliContext)


def override(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Callback of an option that is a setting: it wins over the file and the environment."""
    if value is not None and parameter.name is not None:
        context.ensure_object(CliContext).overrides[parameter.name] = value
    return value


def store_option(command: Command) -> Command:
    """`--store URL`, before the command or after it."""
    return click.option(
        "--store",
        metavar="URL",
        expose_value=False,
        callback=override,
        help="GeoPackage path or postgresql:// URL (or GISGRID_STORE).",
    )(command)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """`--format`, by default a table."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats or ("table", "csv", "json")),
        default="table",
        show_default=True,
        help="How to print the result.",
    )


class Day(click.ParamType["date"]):
    """A date written year-month-day; a wrong one is a refusal (exit code 1) with the cure."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """`value` as a date. Raises BadDate."""
        del param, ctx
        from gisgrid.operations.days import parse_day

        return parse_day(str(value))


class RefusingGroup(click.Group):
    """A group that turns a refusal into its sentence on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except GisgridError as err:
            self.refused(err)
            ctx.exit(1)

    def refused(self, err: GisgridError) -> None:
        """Say why."""
        click.echo(f"gisgrid: {printable(str(err))}", err=True)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options before the command."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except GisgridError as err:
            click.echo(f"gisgrid: {printable(str(err))}", err=True)
            sys.exit(1)


def printable(text: str) -> str:
    """`text` without control characters: what comes from data cannot steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
