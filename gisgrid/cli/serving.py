"""Make a store, make the demo, serve."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from gisgrid import allocator, collector
from gisgrid.cli.context import CliContext, override, pass_cli, store_option
from gisgrid.errors import AddressOpen, DemoOnly, PortBlocked, PortTaken, StoreMissing

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace

LOOPBACK = ("127.0.0.1", "::1", "localhost")

BLOCKED_PORTS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161),
        *(179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563),
        *(587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061),
        *(6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)
"""Ports that no browser opens. Source: WHATWG, Fetch standard, "port blocking"."""

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="PORT",
    callback=override,
    expose_value=False,
    help="Port to listen on (or PORT); 5000 by default.",
)


@click.command()
@store_option
@pass_cli
def init(cli: CliContext) -> None:
    """Make an empty store."""
    from gisgrid.store import Store

    url = cli.settings.store
    make_folder(url)
    Store.create(url).close()
    told = f"{shown(url)} is ready. Next: gisgrid import areas FILE, gisgrid user add NAME."
    click.echo(told, err=True)


@click.command()
@port_option
@click.option(
    "--host", callback=override, expose_value=False, help="Address; 127.0.0.1 by default."
)
@click.option(
    "--behind-proxy", is_flag=True, help="A proxy with TLS is in front: read its headers."
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    callback=override,
    expose_value=False,
    help="How to write the log; text by default.",
)
@store_option
@pass_cli
def serve(cli: CliContext, *, behind_proxy: bool) -> None:
    """Serve the pages, the tiles and the API."""
    if not behind_proxy:
        refuse_open(cli.settings.host)
    with collector.at_rest():
        from gisgrid.operations import safety

        safety.refuse_unsafe(cli.settings, behind_proxy=behind_proxy)
        app, server = listen(cli, behind_proxy=behind_proxy)
    store = shown(cli.settings.store)
    click.echo(f"gisgrid serves {store} at {address(cli)}; stop with Ctrl+C.", err=True)
    tell_first(cli, app)
    run(server)


def refuse_open(host: str) -> None:
    """Raise AddressOpen where others can reach `host`, with nothing in front that encrypts."""
    if host not in LOOPBACK:
        raise AddressOpen(host=host)


def tell_first(cli: CliContext, app: Any) -> None:
    """Print the code for the first administrator, while nobody has an account."""
    if cli.workspace().store.people():
        return
    code = app.extensions["gisgrid.first"].make()
    click.echo(f"{address(cli)}/first")
    click.echo(
        f"Nobody has an account yet: the first administrator enters {code} there, within 15 "
        "minutes.",
        err=True,
    )


@click.command()
@click.option("--township", metavar="CODE", help="Only this township: a small demo.")
@click.option(
    "--households",
    type=click.IntRange(5_000, 2_000_000),
    metavar="N",
    help="So many instead of the published 141,945, to try a larger store.",
)
@click.option("--no-serve", is_flag=True, help="Build the store and stop.")
@port_option
@store_option
@pass_cli
def demo(cli: CliContext, township: str | None, households: int | None, *, no_serve: bool) -> None:
    """Show an invented county: build the demo store once, then serve it."""
    if not no_serve:
        refuse_open(cli.settings.host)
    if not built(cli):
        build(cli.settings.store, township, households)
    with collector.at_rest():
        workspace = cli.workspace()
    if not workspace.store.programme().demo:
        raise DemoOnly(url=workspace.store.url)
    if no_serve:
        return
    with collector.at_rest():
        from gisgrid.operations import safety

        safety.refuse_unsafe(cli.settings)
    _app, server = listen(cli)
    for role, token in demo_links(workspace):
        click.echo(f"{role:<15} {address(cli)}/enter/{token}")
    click.echo(
        "Each link signs one person in, once, within 24 hours. All people, households and visits "
        "are invented.\nStop with Ctrl+C.",
        err=True,
    )
    run(server)


def built(cli: CliContext) -> bool:
    """Whether there is a store; one of a demo that did not come to its end does not count."""
    try:
        with collector.at_rest():
            store = cli.workspace().store
    except StoreMissing:
        return False
    if not store.programme().demo or store.people():
        return True
    cli.close()
    return False


def make_folder(url: str) -> None:
    """The folder of a store that is a file."""
    if "://" not in url:
        Path(url).parent.mkdir(parents=True, exist_ok=True)


def shown(url: str) -> str:
    """The store's address without the account of a database, whose password may be in it."""
    return url.rpartition("@")[2] if "://" in url else url


def build(url: str, township: str | None, households: int | None = None) -> None:
    """Build the demo store, with a progress bar on a terminal."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from gisgrid import demo as county
    from gisgrid.model import Programme

    today = datetime.now(ZoneInfo(Programme().zone)).date()
    make_folder(url)
    click.echo("Building the demo county (once) …", err=True)
    with Bar() as bar:
        counts = county.build(
            url, township=township, households=households, today=today, progress=bar
        )
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    click.echo(f"{shown(url)}: {told}.", err=True)


class Bar:
    """A progress bar on standard error where that is a terminal, silence elsewhere.

    Called with the share that is done (0 to 1), and whatever word for the step comes with it.
    """

    STEPS = 1000

    def __enter__(self) -> Self:
        import sys

        self._bar: Any = None
        if sys.stderr.isatty():
            self._bar = click.progressbar(length=self.STEPS, file=sys.stderr)
            self._bar.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            if failure[0] is None:
                self(1.0)  # whose last step is short never said that it was there
            self._bar.__exit__(*failure)

    def __call__(self, share: float, _step: str = "") -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(int(share * self.STEPS) - self._bar.pos)


def demo_links(workspace: Workspace) -> list[tuple[str, str]]:
    """One fresh one-time link for the first person of each role."""
    from gisgrid.access import CONSOLE, ROLES
    from gisgrid.operations import people

    found = people.accounts(workspace, CONSOLE)
    links = []
    for role in ROLES:
        name = next((a.name for a in found if a.role == role.value and not a.disabled), None)
        if name is not None:
            lasts = people.DEMO_LINK_LASTS
            links.append((role.value, people.make_link(workspace, CONSOLE, name, lasts=lasts)))
    return links


def address(cli: CliContext) -> str:
    """The server's address as one types it."""
    return f"http://{cli.settings.host}:{cli.settings.port}"


def listen(cli: CliContext, *, behind_proxy: bool = False) -> tuple[Any, Any]:
    """The application, and its server bound to its port: requests wait from here on.

    Raises PortTaken.
    """
    settings = cli.settings
    with collector.at_rest():
        workspace = cli.workspace()
        bound = bind(settings.host, settings.port)
        allocator.share_arena()
        workspace.load_ahead()

        from gisgrid.cli import messages
        from gisgrid.web import wsgi

        app = wsgi.staying(settings, workspace, behind_proxy=behind_proxy)
    server = messages.server_of(
        app,
        sockets=[bound],
        threads=settings.threads,
        ident=None,
        max_request_body_size=(settings.upload_megabytes + 1) * 1024 * 1024,
    )
    app.extensions["gisgrid.crowded"] = server.task_dispatcher.crowded
    return app, server


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises PortTaken, PortBlocked."""
    if port in BLOCKED_PORTS:
        raise PortBlocked(port=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as err:
        raise PortTaken(port=port) from err


def run(server: Any) -> None:
    """Serve until Ctrl+C, or until a service manager says the same with SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run()
    except KeyboardInterrupt:
        click.echo("", err=True)
    finally:
        server.close()
        signal.signal(signal.SIGTERM, before)
