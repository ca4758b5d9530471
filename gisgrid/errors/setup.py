"""Setting gisgrid up and starting it."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class SettingUnknown(GisgridError):
    code = "setting_unknown"
    sentence = "There is no setting “%(name)s”; the known ones are: %(known)s."


class SettingBad(GisgridError):
    code = "setting_bad"
    sentence = "The setting %(name)s cannot be %(value)s: %(problem)s."


class AssetUnknown(GisgridError):
    """A map element asks for a file that is not vendored, or writes into the page's head."""

    code = "asset_unknown"
    sentence = "The map asks for %(url)s, which is not shipped; vendor it or leave it out."


class PortTaken(GisgridError):
    code = "port_taken"
    sentence = "Port %(port)s is in use by another program; choose another with --port (or PORT)."


class PortBlocked(GisgridError):
    code = "port_blocked"
    sentence = "Browsers refuse to open port %(port)s; choose another with --port (or PORT)."


class AddressOpen(GisgridError):
    code = "address_open"
    sentence = (
        "Listening on %(host)s lets other machines in without encryption; put a proxy with TLS in "
        "front and say --behind-proxy, or listen on 127.0.0.1."
    )


class StoreOpenToOthers(GisgridError):
    code = "store_open_to_others"
    sentence = (
        "Others on this machine can read or change %(path)s, which holds what people told you; "
        "say %(cure)s and start again."
    )


class StoreOverNetwork(GisgridError):
    code = "store_over_network"
    sentence = (
        "The store at %(url)s lies on a network file system (%(kind)s), whose locks do not keep "
        "two writers apart; move it to a disk of this machine, or use a PostGIS database."
    )


class StateUnwritable(GisgridError):
    """What has to outlive a database cannot be kept outside it."""

    code = "state_unwritable"
    sentence = (
        "The folder %(folder)s takes no file (%(problem)s), so what has to outlive the database "
        "cannot be kept; name another one with the setting state_folder. Nothing was changed."
    )


class DemoOnly(GisgridError):
    code = "demo_only"
    sentence = "The store at %(url)s is not a demo; name another place with --store."


class ExtraMissing(GisgridError):
    code = "extra_missing"
    sentence = (
        "This needs %(what)s, which is not installed; "
        "add it with: pip install “gisgrid[%(extra)s]”."
    )
