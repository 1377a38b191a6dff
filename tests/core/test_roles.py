"""Roles: columns are recognised by their names, and seats stay at the import however many numbers they are."""

import pytest

import nrr_core as nrr
from nrr_core.errors import SelectionError
from nrr_core.roles import LABELS, ROLES, named, quantity, role


class Data:
    def __init__(self, *dimensions):
        self.dimensions = dimensions


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        ("seats", "seats"), ("Seat Count", "seats"), ("Quantity", "seats"), ("licenses", "seats"), ("SKU", "product"), ("addOn", "add_on"),
        ("Plan Tier", "plan"), ("edition", "plan"), ("CSM", "owner"), ("Account-Owner", "owner"), ("Sales Rep", "sales_rep"),
        ("Lead source", "channel"), ("ICP fit", "fit"), ("churn_reason", "reason"), ("Cancellation Reason (account)", "reason"),
    ],
)  # fmt: skip
def test_a_column_is_recognised_by_its_name(column, wanted):
    assert role(Data("something", column), wanted) == column


def test_the_better_name_wins_and_the_first_of_equals():
    assert role(Data("units", "seats"), "seats") == "seats"
    assert named(["Owner", "owner"], "owner") == "Owner"


def test_no_column_has_the_role():
    assert role(Data("region", "seatsmanship"), "seats") is None
    assert not quantity("plan")


def test_an_unknown_role_is_refused_with_the_nearest():
    with pytest.raises(SelectionError, match="seats"):
        role(Data(), "seat")


def test_every_role_has_a_label_and_no_name_has_two_roles():
    assert set(LABELS) == set(ROLES)
    names = [name for known in ROLES.values() for name in known]
    assert len(set(names)) == len(names)


def many(column, tmp_path):
    path = tmp_path / "revenue.csv"
    rows = [f"a{k},2025-01,{100 + k},{k + 1}" for k in range(300)]
    path.write_text(f"account_id,month,mrr_usd,{column}\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return nrr.read(path)


def test_seats_are_kept_however_many_numbers_there_are(tmp_path):
    assert many("seats", tmp_path).dimensions == ("seats",)


def test_another_measure_is_left_out_with_its_reason(tmp_path):
    data = many("logins", tmp_path)
    assert data.dimensions == ()
    assert data.report["ignored"] == [["logins", "it holds 300 different numbers: a measure, not a segment"]]
