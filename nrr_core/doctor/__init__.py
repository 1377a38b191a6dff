"""The doctor: checks a deployment and says what is wrong and what to do, one line a check."""

from collections.abc import Iterator

from nrr_core.doctor import database, serving, sign_in, site, storage
from nrr_core.doctor.finding import Finding, ok
from nrr_core.errors import StoreError
from nrr_core.settings import Settings
from nrr_core.store.catalogue import Catalogue

__all__ = ["Finding", "examine", "examine_site"]


def examine(settings: Settings, *, deep: bool = False) -> Iterator[Finding]:
    """Every check that can be made where the app runs; nothing is changed, and nothing migrated."""
    yield from serving.texts(settings)
    found = storage.folder(settings)
    yield found
    if found.state == "ok":
        yield storage.private(settings)
        yield storage.room(settings)
        yield storage.durable(settings)
        yield from _stored(settings, deep=deep)
    yield from sign_in.complete(settings)
    if settings.sign_in:
        yield from sign_in.provider(settings)
    yield serving.address(settings)
    yield serving.uploads(settings)
    yield serving.memory(settings)


def _stored(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    catalogue = Catalogue(settings.database_url)
    try:
        yield storage.local_disk(settings, catalogue)
        found = database.answers(catalogue)
        yield found
        if found.state == "fail":
            return
        found = database.schema(catalogue)
        yield found
        yield database.keeps(catalogue)
        if found.state == "ok":
            yield storage.files_whole(settings, catalogue, deep=deep)
    except StoreError as error:
        yield Finding("database", "fail", str(error))
    finally:
        catalogue.close()


def examine_site(settings: Settings, url: str) -> Iterator[Finding]:
    """Every check that can be made from outside, at the address people use."""
    url = url.rstrip("/")
    yield site.encrypted(url)
    found, answer = site.reachable(url)
    yield found
    if answer is None:
        return
    yield site.headers(answer)
    yield site.cookies(answer)
    yield site.redirect(url)
    yield site.websocket(url)
    yield site.body_size(url, settings.upload_mb)
    yield site.ready(url)
    yield site.metrics_hidden(url)
    yield ok("replicas", "one needs nothing; several need Postgres, shared files, one cookie secret, and sticky sessions in the proxy")
