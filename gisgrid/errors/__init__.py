"""The one tree of errors.

An error has a stable `code`, a `sentence` (what, where and what to do, with `%(name)s` places),
and the facts as fields. It knows nothing of HTTP, exit codes or languages: `web` and `cli`
translate the sentence and map the code. A new error needs a row in docs/errors.md and in
`web/problems.py` (tests hold both).
"""

from gisgrid.errors.base import GisgridError
from gisgrid.errors.figures import (
    BadDate,
    FrameError,
    UnknownArea,
    UnknownHousehold,
    UnknownWord,
)
from gisgrid.errors.files import (
    ChildFailed,
    ColumnMissing,
    CrsMismatch,
    CrsUnknown,
    DateFormatAmbiguous,
    EncodingUnknown,
    FileEmpty,
    FileInUse,
    FileIsStore,
    FileNotWhatItSays,
    FileTooBig,
    FileUnreadable,
    FileUnwritable,
    FormatUnknown,
    GridsOverlap,
    LayerChoice,
    PlanUnclean,
    RowsRefused,
    UploadGone,
)
from gisgrid.errors.people import (
    LinkSpent,
    NotAllowed,
    OtherSite,
    PersonExists,
    SignInNeeded,
    SignInRefused,
    TooManyTries,
    UnknownPerson,
    WeakPassword,
)
from gisgrid.errors.rollup import CountyUnclear, RollupChanged, RollupMissing
from gisgrid.errors.setup import (
    AddressOpen,
    AssetUnknown,
    DemoOnly,
    ExtraMissing,
    PortTaken,
    SettingBad,
    SettingUnknown,
)
from gisgrid.errors.store import (
    PlanTooEarly,
    StoreBusy,
    StoreExists,
    StoreFailed,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreNewer,
    VisitDiffers,
)

__all__ = [
    "AddressOpen",
    "AssetUnknown",
    "BadDate",
    "ChildFailed",
    "ColumnMissing",
    "CountyUnclear",
    "CrsMismatch",
    "CrsUnknown",
    "DateFormatAmbiguous",
    "DemoOnly",
    "EncodingUnknown",
    "ExtraMissing",
    "FileEmpty",
    "FileInUse",
    "FileIsStore",
    "FileNotWhatItSays",
    "FileTooBig",
    "FileUnreadable",
    "FileUnwritable",
    "FormatUnknown",
    "FrameError",
    "GisgridError",
    "GridsOverlap",
    "LayerChoice",
    "LinkSpent",
    "NotAllowed",
    "OtherSite",
    "PersonExists",
    "PlanTooEarly",
    "PlanUnclean",
    "PortTaken",
    "RollupChanged",
    "RollupMissing",
    "RowsRefused",
    "SettingBad",
    "SettingUnknown",
    "SignInNeeded",
    "SignInRefused",
    "StoreBusy",
    "StoreExists",
    "StoreFailed",
    "StoreForeign",
    "StoreFull",
    "StoreMissing",
    "StoreNewer",
    "TooManyTries",
    "UnknownArea",
    "UnknownHousehold",
    "UnknownPerson",
    "UnknownWord",
    "UploadGone",
    "VisitDiffers",
    "WeakPassword",
]

# A traceback names an error by the place that people import it from.
for _name in __all__:
    globals()[_name].__module__ = __name__
