"""What a life leaves behind in the other systems: usage, tickets, contacts, reasons for leaving."""

from collections.abc import Iterator
from datetime import date, timedelta

from . import names, story
from .accounts import Account
from .draws import Draws
from .life import Life, Paid

Row = tuple[object, ...]

REASONS = {
    "price": "Price",
    "champion": "Champion left",
    "service": "Service",
    "adoption": "Low adoption",
    "feature": "Missing feature",
    "competitor": "Competitor",
    "budget": "Budget cut",
    "sudden": "Company closed or acquired",
}
DETAILS = {
    "price": ("New price not accepted", "Asked for a discount and got none", "Too expensive for the seats in use"),
    "champion": ("New lead brought another tool", "Nobody owned the product any more"),
    "service": ("No review since the new contact took over", "Calls not returned", "Renewal talk came too late"),
    "adoption": ("Never rolled out beyond the first team", "Onboarding not finished", "Few people logged in"),
    "feature": ("Needed single sign-on on this plan", "Export too limited", "Missing an integration"),
    "competitor": ("Moved to a suite bought by the group", "Better offer elsewhere"),
    "budget": ("All tools cut by a third", "Project stopped"),
    "sudden": ("Acquired; the buyer has its own tools", "Business closed"),
}
CSAT_BLANK = 0.5
QUIET_MONTH = 0.02  # holidays, audits: a dip that means nothing


def usage(life: Life, draws: Draws) -> Iterator[Row]:
    """One row per paying month: active users, seats, features used, core actions."""
    depth = life.account.depth
    for paid in life.paid:
        age = paid.month - life.account.signed
        ramp = (0.45, 0.72, 0.9)[age] if 0 <= age < 3 else 1.0
        quiet = 0.7 if draws.chance(QUIET_MONTH) else 1.0
        level = ramp * mood(paid) * quiet * draws.uniform(0.95, 1.05)
        active = min(paid.seats, max(1, int(paid.seats * (0.5 + 0.36 * depth) * level + 0.5)))
        features = min(story.FEATURES, max(1, int((3 + 7.5 * depth) * ramp * mood(paid) ** 0.5 + draws.uniform())))
        actions = int(active * (5 + 11 * depth) * mood(paid) * quiet * draws.uniform(0.9, 1.1))
        yield life.account.id, story.month_label(paid.month), active, paid.seats, features, actions


def mood(paid: Paid) -> float:
    """What multiplies usage: below 1 while disengaged, above 1 before seats are bought."""
    if paid.strain:
        return story.USAGE_FALL[min(paid.strain, len(story.USAGE_FALL) - 1)]
    if paid.healing:
        return 0.8
    return 1.13 if paid.eager else 1.0


def tickets(life: Life, draws: Draws) -> Iterator[Row]:
    """Support tickets: more, more urgent and worse rated while an account is disengaged."""
    for paid in life.paid:
        rate = 0.1 + paid.seats / 1500 + (0.08 if paid.month in (story.RISE, story.RISE + 1) else 0.0)
        for _ in range(draws.count(rate * (3.5 if paid.strain else 1.0))):
            yield ticket(life.account, paid, draws)


def ticket(account: Account, paid: Paid, draws: Draws) -> Row:
    """One ticket; without a closing date when still open at the end of the files."""
    strained = paid.strain > 0
    weights = {"low": 0.3, "normal": 0.5, "high": 0.15, "urgent": 0.05}
    priority = draws.weighted({**weights, "high": 0.3, "urgent": 0.15} if strained else weights)
    earliest = account.day if paid.month == account.signed else 1
    opened = date(story.FIRST_YEAR + paid.month // 12, paid.month % 12 + 1, draws.whole(earliest, 28))
    closed = opened + timedelta(days=draws.whole(0, 6) + (draws.whole(0, 12) if strained else 0))
    still_open = closed.year >= story.FIRST_YEAR + story.MONTHS // 12
    score = draws.weighted({1: 0.2, 2: 0.25, 3: 0.3, 4: 0.2, 5: 0.05} if strained else {2: 0.06, 3: 0.2, 4: 0.42, 5: 0.32})
    rated = not still_open and not draws.chance(CSAT_BLANK)
    closing = "" if still_open else closed.isoformat()
    return account.id, opened.isoformat(), closing, priority, score if rated else ""


def contacts(life: Life, draws: Draws) -> Iterator[Row]:
    """People at the customer. Most champions who left are replaced some months later."""
    account = life.account
    signed = story.day_label(account.signed, account.day)
    for place, (joined, left) in enumerate(life.champions):
        since = story.day_label(joined, draws.whole(1, 28)) if place else signed
        until = "" if left is None else story.day_label(left, draws.whole(1, 28))
        yield account.id, names.person(draws), "champion", since, until
    if account.size != story.SMB or draws.chance(0.25):
        yield account.id, names.person(draws), "sponsor", signed, ""
    yield account.id, names.person(draws), "admin", signed, ""
    for _ in range(draws.whole(0, 1) + story.SIZES.index(account.size)):
        month = min(story.MONTHS - 1, account.signed + draws.whole(0, 6))
        yield account.id, names.person(draws), "user", max(signed, story.day_label(month, draws.whole(1, 28))), ""


def reasons(life: Life, draws: Draws) -> Iterator[Row]:
    """Why the account left, once for each exit; some were never coded."""
    for month, cause in life.exits:
        coded = not draws.chance(0.09)
        detail = draws.one_of(DETAILS[cause]) if coded and draws.chance(0.8) else ""
        yield life.account.id, story.month_label(month), REASONS[cause] if coded else "", detail


def attributes(life: Life, draws: Draws) -> Row:
    """The account as the customer system shows it at the end of the files."""
    account = life.account
    shown = {field: "" if draws.chance(share) else str(getattr(account, field)) for field, share in story.BLANK.items()}
    lost = life.back_at is not None
    renewal = life.exits[-1][0] if lost else life.renewal_after(story.MONTHS - 1)
    return (
        account.id,
        account.name,
        account.size,
        *shown.values(),
        story.day_label(account.signed, account.day),
        account.term,
        story.day_label(renewal, account.day),
    )
