"""The command line: the verbs of `operations`, one command each.

Imports inside commands are late on purpose: `gisgrid --help` answers in a third of a second.
"""

from __future__ import annotations

import click

from gisgrid import __version__
from gisgrid.cli.audit import audit
from gisgrid.cli.check import check
from gisgrid.cli.context import CliContext, RefusingGroup, store_option
from gisgrid.cli.figures import cases, coverage, gaps
from gisgrid.cli.files import export, import_
from gisgrid.cli.keeping import backup, restore, status
from gisgrid.cli.moving import copy, roles
from gisgrid.cli.people import user
from gisgrid.cli.person_data import person_data
from gisgrid.cli.plan_files import plan
from gisgrid.cli.programme import programme
from gisgrid.cli.retention import retention
from gisgrid.cli.rollup import rollup
from gisgrid.cli.serving import demo, init, serve

__all__ = ["main"]


@click.group(cls=RefusingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gisgrid")
@store_option
@click.option(
    "--config",
    metavar="FILE",
    envvar="GISGRID_CONFIG",
    help="Settings in TOML (or GISGRID_CONFIG); see docs/settings.md.",
)
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Maps of visit gaps and open cases for small household grids."""
    context.ensure_object(CliContext).config = config


for command in (
    backup,
    restore,
    status,
    person_data,
    retention,
    demo,
    init,
    serve,
    import_,
    export,
    coverage,
    gaps,
    cases,
    plan,
    check,
    programme,
    rollup,
    copy,
    roles,
    user,
    audit,
):
    main.add_command(command)
