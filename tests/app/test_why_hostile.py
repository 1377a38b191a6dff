"""Names that would act somewhere else stay text in why it moved, drivers and owners; an owner, a reason and seats among them."""

import pytest
from face import clicked, opened
from test_hostile import MARKUP, PAYLOADS, acting, hostile_text


@pytest.fixture(scope="module")
def roles(read):
    """The hostile file with payloads as owners and reasons as well."""
    names = {"![x](http://evil.test/a.png)": "owner", "[a](javascript:alert(1))": "churn_reason", ":red[x]": "channel"}
    first, rest = hostile_text().split("\n", 1)
    for name, plain in names.items():
        first = first.replace(name, plain)
    return read(f"{first}\n{rest}", name="![x](http://evil.test/name.png)")


@pytest.mark.parametrize(
    "query",
    [
        {"show": "Why it moved"}, {"show": "Why it moved", "between": "Two segments"}, {"show": "Why it moved", "mix": "$a$"},
        {"show": "Drivers"}, {"show": "Drivers", "rank": "owner"}, {"show": "Drivers", "rank": "churn_reason", "keeps": "$a$"},
        {"show": "Owners"}, {"show": "Owners", "owner": "$a$"},
    ],
)  # fmt: skip
def test_names_are_text_in_every_section(query, roles):
    assert acting(opened("segments", roles, window="1 month", **query)) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_accounts_behind_a_book_and_a_driver_are_told_as_text(payload, roles):
    assert acting(clicked(opened("segments", roles, window="1 month", show="Owners"), "books", owner=payload)) == []
    ranked = opened("segments", roles, window="1 month", show="Drivers", rank="owner")
    assert acting(clicked(ranked, "losses", driver=payload)) == []


def test_the_overview_s_sentence_is_text(roles):
    app = opened("overview", roles, window="1 month")
    assert acting(app) == []
    assert any("took" in one.value or "added" in one.value for one in app.markdown)
    assert MARKUP.search("![x](http://evil.test)")  # the control: what is looked for is found
