"""What the store refuses or cannot do."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class StoreMissing(GisgridError):
    code = "store_missing"
    sentence = "There is no store at %(url)s; make one with `gisgrid init` or `gisgrid demo`."


class StoreExists(GisgridError):
    code = "store_exists"
    sentence = "There is already a store at %(url)s; choose another place, or remove it first."


class StoreLeftOver(GisgridError):
    """SQLite would play it into the new store, by its name alone."""

    code = "store_left_over"
    sentence = (
        "%(path)s is left over from a store that is no longer there, and may hold its newest "
        "entries; move it to another folder first. Nothing was made."
    )


class RestoreOver(GisgridError):
    code = "restore_over"
    sentence = (
        "There is already a store at %(url)s; give --replace to put the backup in its place, and "
        "the store that is there now is kept beside it."
    )


class NoAccounts(GisgridError):
    """A file has no accounts that could be let in."""

    code = "no_accounts"
    sentence = (
        "The store at %(url)s is a file and has no accounts of its own: who may open it may serve "
        "it. Name a store on PostGIS with --store."
    )


class StoreForeign(GisgridError):
    code = "store_foreign"
    sentence = "%(url)s is not a gisgrid store (%(problem)s); name another file or import from it."


class StoreBusy(GisgridError):
    code = "store_busy"
    sentence = (
        "The store is busy with another change; nothing was changed, try again in a moment. If it "
        "lasts, a program such as QGIS has the file in edit mode: end that first."
    )


class StoreFull(GisgridError):
    code = "store_full"
    sentence = "The disk of the store is full or read-only; nothing was changed, make room first."


class StoreNewer(GisgridError):
    code = "store_newer"
    sentence = "The store at %(url)s was written by a newer gisgrid (%(found)s); update gisgrid."


class StoreFailed(GisgridError):
    """The disk, the file or the database server itself does not do its work."""

    code = "store_failed"
    sentence = (
        "The store at %(url)s does not answer as it should (%(problem)s); look after its disk or "
        "server, or bring back a backup."
    )


class StoreAway(GisgridError):
    """The database server cannot be reached, or the line to it broke."""

    code = "store_away"
    sentence = (
        "The database at %(url)s does not answer (%(problem)s); what was not confirmed is whole or "
        "not there, so send it again. Start the server or look at the line: gisgrid goes on by "
        "itself as soon as it answers."
    )


class TextUnstorable(GisgridError):
    """PostgreSQL keeps no NUL in a text, and compares with none; no file a lone surrogate."""

    code = "text_unstorable"
    sentence = (
        "A text holds the character NUL or half a character, which no name or code has; "
        "take it out."
    )


class StoreDenied(GisgridError):
    """The database does not let the account in, or do what it asks."""

    code = "store_denied"
    sentence = (
        "The database at %(url)s refuses the account (%(problem)s); look at its name, its password "
        "and its rights, as docs/postgis.md shows."
    )


class StoreLacksLetters(GisgridError):
    """Names have letters that GB 2312 lacks; in SQL_ASCII a letter is so many bytes."""

    code = "store_lacks_letters"
    sentence = (
        "The database at %(url)s cannot keep every letter (%(problem)s); make one with CREATE "
        "DATABASE NAME ENCODING 'UTF8' TEMPLATE template0 and name that. Nothing was changed."
    )


class StoreLacksPostgis(GisgridError):
    code = "store_lacks_postgis"
    sentence = (
        "The database at %(url)s has no PostGIS (%(problem)s); install it on the server and let "
        "a superuser run CREATE EXTENSION postgis in this database. Nothing was made."
    )


class StoreOlder(GisgridError):
    """The account that serves may not change tables: their owner brings them up."""

    code = "store_older"
    sentence = (
        "The store at %(url)s is of an older gisgrid (%(found)s) and this account does not own its "
        "tables; let their owner run `gisgrid --store URL roles APP`. Nothing was changed."
    )


class StoreUndumped(GisgridError):
    """No step of the schema without a way back."""

    code = "store_undumped"
    sentence = (
        "The store at %(url)s is of an older gisgrid, and no copy of it could be made before it is "
        "brought up (%(problem)s): install pg_dump of the server's version, or make a dump of "
        "your own and say `gisgrid --store URL roles APP --dump-made`. Nothing was changed."
    )


class AuditTampered(GisgridError):
    """What `gisgrid audit verify` says; fact faults: [{problem, seq}]."""

    code = "audit_tampered"
    sentence = (
        "The account of use is not as it was written: %(problem)s at row %(seq)s, %(count)s faults "
        "in all; compare it with a backup and look for who may write to the store."
    )


class StoreInUse(GisgridError):
    code = "store_in_use"
    sentence = (
        "The store at %(url)s is open in another program; stop `gisgrid serve` and close QGIS, "
        "then try again. Nothing was changed."
    )


class BackupBad(GisgridError):
    code = "backup_bad"
    sentence = "%(file)s cannot be used as a backup: %(problem)s. Take another one."


class ErasedListBad(GisgridError):
    """Left out in silence, people would come back who asked to be erased."""

    code = "erased_list_bad"
    sentence = (
        "The list of erased households %(file)s is damaged at line %(line)s; mend that line, or "
        "take a copy of the list in its place. A store that is whole writes its list anew where "
        "there is none."
    )


class BackupElsewhere(GisgridError):
    """A database is backed up by its server's tools, which also know its accounts and archives."""

    code = "backup_elsewhere"
    sentence = (
        "The store at %(url)s is a database: save it with `pg_dump --format=custom` and bring it "
        "back with `pg_restore`, then run `gisgrid person-data replay`."
    )


class VisitDiffers(GisgridError):
    """Visits are only ever added: what was reported once is not changed afterwards."""

    code = "visit_differs"
    sentence = (
        "There is a visit “%(id)s” with other content already, and visits are never changed; "
        "give this one an id of its own."
    )


class PlanTooEarly(GisgridError):
    code = "plan_too_early"
    sentence = (
        "The last plan is in force from %(latest)s; one that starts on %(valid_from)s would "
        "rewrite history, so choose that day or a later one."
    )


class StoreDiffers(GisgridError):
    code = "store_differs"
    sentence = (
        "The copy of %(table)s did not come out the same (%(rows)s rows, %(copied)s copied); "
        "do not use it. Try again, and report it if it happens twice."
    )
