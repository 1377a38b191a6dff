"""What lasts: uploads, dataset versions, documents, links, people and the audit log, with rights on everything."""

from nrr_core.store.access import FIRST_WORKSPACE, Actor, Membership
from nrr_core.store.audit import ACTIONS
from nrr_core.store.claims import session_key
from nrr_core.store.closing import Closed, Closing
from nrr_core.store.datasets import Draft
from nrr_core.store.documents import KINDS, Document
from nrr_core.store.links import Link
from nrr_core.store.named import actor_of_environment, find, open_named
from nrr_core.store.publishing import publish_file
from nrr_core.store.sessions import SignedOut
from nrr_core.store.store import Store, open_store
from nrr_core.store.versions import Held, Raw

__all__ = [
    "ACTIONS",
    "FIRST_WORKSPACE",
    "KINDS",
    "Actor",
    "Closed",
    "Closing",
    "Document",
    "Draft",
    "Held",
    "Link",
    "Membership",
    "Raw",
    "SignedOut",
    "Store",
    "actor_of_environment",
    "find",
    "open_named",
    "open_store",
    "publish_file",
    "session_key",
]
