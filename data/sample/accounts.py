"""The customers on the day they sign."""

from dataclasses import dataclass

from . import names, story
from .draws import Draws


@dataclass(frozen=True)
class Account:
    """One customer as signed.

    Attributes
    ----------
    number
        1 for the oldest account.
    signed
        Month of signing, counted from 2023-01; negative before.
    day
        Day of the month of signing and of every renewal, 1 to 28.
    term
        Contract term in months.
    discount
        Percent off the list price.
    depth
        How deeply the product was taken up during onboarding, 0 to 1. Not in any file: usage shows it.
    """

    number: int
    name: str
    size: str
    region: str
    industry: str
    channel: str
    use_case: str
    signed: int
    day: int
    term: int
    plan: str
    seats: int
    discount: int
    depth: float
    book: str

    @property
    def id(self) -> str:
        """The account id used in every file."""
        return f"A{self.number:04d}"

    @property
    def first(self) -> int:
        """The first month in the files in which the account pays."""
        return max(self.signed, 0)

    @property
    def late_partner(self) -> bool:
        """Whether a partner brought the account in after partners took over onboarding."""
        return self.channel == "Partner" and self.signed >= story.LATE_PARTNER_FROM


def signing_months() -> list[int]:
    """The signing month of every account, oldest first."""
    later = [month for month in range(1, story.MONTHS) for _ in range(story.ARRIVALS[month % 3])]
    draws = Draws(story.SEED, 0)
    before = sorted(-draws.whole(0, 47) for _ in range(story.ACCOUNTS - len(later)))
    return before + later


def depth_of(draws: Draws, *, channel: str, signed: int) -> float:
    """How deeply an account takes the product up, 0 to 1."""
    depth = draws.uniform(0.1, 1.0)
    if channel == "Partner" and signed >= story.LATE_PARTNER_FROM:
        return depth * story.LATE_PARTNER_DEPTH
    return depth


def sign(number: int, signed: int, taken: set[str]) -> Account:
    """One new account; its name is added to `taken`."""
    draws = Draws(story.SEED, number, 1)
    size = draws.weighted(story.SIZE_AT_START if signed < 1 else story.SIZE_LATER)
    region, industry = draws.weighted(story.REGIONS), draws.weighted(story.INDUSTRIES)
    name = names.company(draws, industry=industry, region=region)
    while name in taken:
        name = names.company(draws, industry=industry, region=region)
    taken.add(name)
    channel = draws.weighted(story.CHANNELS[size])
    low, high = story.SEATS[size]
    return Account(
        number=number,
        name=name,
        size=size,
        region=region,
        industry=industry,
        channel=channel,
        use_case=draws.weighted(story.USE_CASES),
        signed=signed,
        day=draws.whole(1, 28),
        term=draws.weighted(story.TERMS[size]),
        plan=draws.weighted(story.PLAN_OF_SIZE[size]),
        seats=low + int((high - low) * draws.uniform() * draws.uniform(0.3, 1.0)),
        discount=draws.whole(0, 4) * 5 if size != story.SMB else draws.whole(0, 2) * 5,
        depth=depth_of(draws, channel=channel, signed=signed),
        book=draws.one_of(story.BOOKS[size]),
    )


def population() -> list[Account]:
    """Every account there ever was, oldest first."""
    taken: set[str] = set()
    return [sign(number, signed, taken) for number, signed in enumerate(signing_months(), start=1)]
