"""What happens to one account, month by month.

Causes come before effects: an account first disengages (its usage falls, tickets rise), and two to five months later it
leaves, shrinks, gets a discount or recovers. A growing account uses the product more before it buys seats.
"""

from dataclasses import dataclass, field

from . import story
from .accounts import Account
from .draws import Draws


@dataclass(frozen=True)
class Paid:
    """One paying month."""

    month: int
    plan: str
    seats: int
    price: int  # cents per seat
    owner: str
    strain: int  # month of disengagement, 0 when none
    eager: bool  # uses more than usual, will buy seats soon
    healing: bool  # just recovered

    @property
    def mrr(self) -> int:
        """MRR in cents: seats times price."""
        return self.seats * self.price


@dataclass(frozen=True)
class Reprice:
    """A new price per seat on the same plan."""

    month: int
    old: int
    new: int
    uplift: int  # percent of the list-price rise; 0 for a discount


@dataclass(frozen=True)
class Trouble:
    """A disengagement: from `since`, decided at `until`."""

    since: int
    until: int
    leaves: bool
    cause: str


@dataclass
class Life:
    """One account from its first paying month to the end of the files.

    Attributes
    ----------
    paid, reprices
        Paying months and changes of price, in order.
    exits
        (month without MRR, cause) for each time the account left.
    champions
        (month joined, month left or None) of each champion.
    """

    account: Account
    draws: Draws
    paid: list[Paid] = field(default_factory=list)
    reprices: list[Reprice] = field(default_factory=list)
    exits: list[tuple[int, str]] = field(default_factory=list)
    champions: list[tuple[int, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take up the contract as signed."""
        account = self.account
        self.plan, self.seats, self.owner = account.plan, account.seats, account.book
        self.price = self.list_price(account.signed)
        self.term_start, self.lead = account.signed, self.draws.weighted(story.LEADS)
        self.trouble: Trouble | None = None
        self.grow_at = self.healed_at = -99
        self.champions.append((account.signed, None))
        self.back_at: int | None = None  # set while away; beyond the last month when for good

    def run(self) -> "Life":
        """Live through all months."""
        self.warm_up()
        for month in range(self.account.first, story.MONTHS):
            self.hand_over(month)
            if self.back_at is None:
                self.decide(month)
            elif month == self.back_at:
                self.come_back(month)
            if self.back_at is None:
                self.change(month)
                self.worry(month)
                self.paid.append(self.snapshot(month))
        return self

    def warm_up(self) -> None:
        """Let the older accounts enter the first month with what was already going on."""
        for month in range(max(self.account.signed, -5), 0):
            self.worry(month)
            if self.trouble and self.trouble.until <= 0:
                self.trouble = None

    def snapshot(self, month: int) -> Paid:
        """The account at the end of a month."""
        new = self.account.signed > 0 and month == self.account.signed
        unassigned = new and self.draws.chance(story.UNASSIGNED_FIRST_MONTH)
        strain = month - self.trouble.since + 1 if self.trouble else 0
        return Paid(
            month=month,
            plan=self.plan,
            seats=self.seats,
            price=self.price,
            owner="" if unassigned else self.owner,
            strain=strain,
            eager=0 < self.grow_at - month <= 2,
            healing=month - self.healed_at < 2,
        )

    # Contract -------------------------------------------------------------------------------------------------------

    def list_price(self, month: int) -> int:
        """The price per seat of the plan in a month, after the account's discount, in cents."""
        uplift = story.RISE_PERCENT if month >= story.NEW_LIST_FROM else 0
        return story.LIST_PRICE[self.plan] * (100 + uplift) * (100 - self.account.discount) // 10000

    def renewal_after(self, month: int) -> int:
        """The first renewal later than `month`."""
        passed = (month - self.term_start) // self.account.term
        return self.term_start + (passed + 1) * self.account.term

    def reprice(self, month: int, new: int, *, uplift: int) -> None:
        """Charge a new price per seat on the same plan."""
        self.reprices.append(Reprice(month, self.price, new, uplift))
        self.price = new

    def hand_over(self, month: int) -> None:
        """Follow the book when it changes hands."""
        for when, giver, taker in story.HANDOVERS:
            if month >= when and self.owner == giver:
                self.owner = taker

    # Leaving and coming back ----------------------------------------------------------------------------------------

    def decide(self, month: int) -> None:
        """End a disengagement that is due, or leave without warning."""
        if self.trouble and month >= self.trouble.until:
            trouble, self.trouble = self.trouble, None
            if trouble.leaves:
                self.leave(month, trouble.cause)
            else:
                self.recover(month)
        elif month > self.account.first and self.draws.chance(story.SUDDEN[self.account.size]):
            self.leave(month, "sudden")

    def leave(self, month: int, cause: str) -> None:
        """Stop paying, a few for some months only."""
        self.exits.append((month, cause))
        self.trouble, self.grow_at = None, -99
        returns = cause != "sudden" and self.draws.chance(story.RETURN[self.account.size])
        self.back_at = month + self.draws.whole(2, 8) if returns else story.MONTHS

    def come_back(self, month: int) -> None:
        """Sign again at today's list price with fewer seats."""
        self.back_at, self.term_start = None, month
        self.seats = max(5, self.seats * self.draws.whole(60, 95) // 100)
        self.price = self.list_price(month)

    def recover(self, month: int) -> None:
        """Stay after all: with fewer seats, with a discount, or unchanged."""
        self.healed_at = month
        outcome = self.draws.uniform()
        if outcome < 0.5:
            self.seats = max(3, self.seats * self.draws.whole(74, 90) // 100)
        elif outcome < 0.75:
            self.reprice(month, self.price * self.draws.whole(85, 92) // 100, uplift=0)

    # Growing, shrinking, paying more --------------------------------------------------------------------------------

    def change(self, month: int) -> None:
        """Move seats, plan and price."""
        if month == story.RISE:
            self.take_rise(month)
        size, failing = self.account.size, self.owner == story.FAILING
        if month == self.grow_at:
            self.seats += max(1, self.seats * self.draws.whole(*story.GROW_PERCENT[size]) // 100)
            self.upgrade(month)
        elif self.draws.chance(story.SHRINK[size] * (3 if failing else 1)) and month > self.account.first:
            self.seats = max(3, self.seats * self.draws.whole(78, 92) // 100)
        appetite = story.GROW[size] * (0.4 + 1.1 * self.account.depth) * (story.FAILING_GROWTH if failing else 1)
        if not self.trouble and self.grow_at <= month and self.draws.chance(appetite):
            self.grow_at = month + 2

    def upgrade(self, month: int) -> None:
        """Move to the next plan when the account has outgrown its own, but not in the month of the price rise."""
        limit = story.UPGRADE_ABOVE.get(self.plan)
        if limit and self.seats > limit and month != story.RISE and self.draws.chance(story.UPGRADE * 6):
            self.plan = story.PLANS[story.PLANS.index(self.plan) + 1]
            self.price = max(self.list_price(month), self.price)

    def take_rise(self, month: int) -> None:
        """Pay the new list price, unless signed on it, protected by a multi-year contract or just won back."""
        account = self.account
        if self.term_start >= story.NEW_LIST_FROM or account.term > 12 or self.healed_at == month:
            return
        capped = account.term == 12 and self.draws.chance({story.SMB: 0.2, story.MID: 0.4}.get(account.size, 0.8))
        percent = story.RISE_CAPPED if capped else story.RISE_PERCENT
        self.reprice(month, (self.price * (100 + percent) + 50) // 100, uplift=story.RISE_PERCENT)

    # Disengaging ----------------------------------------------------------------------------------------------------

    def worry(self, month: int) -> None:
        """Lose the champion or begin to disengage."""
        if self.draws.chance(story.CHAMPION_LEAVES):
            self.lose_champion(month)
        if self.trouble or month == self.account.signed:
            return
        if self.shocked(month):
            lead = self.draws.whole(2, 4)
            self.disengage(month, month + lead, "price")
            return
        due = self.due(month)
        if due is not None and self.draws.chance(min(0.9, self.base_risk() * self.risk_factor(month))):
            self.disengage(month, due, self.cause(month))
        if self.account.term > 1 and due is not None:
            self.lead = self.draws.weighted(story.LEADS)

    def due(self, month: int) -> int | None:
        """The month a disengagement that begins now would be decided in; None when nothing is up for decision."""
        if self.account.term == 1:
            return month + self.draws.weighted(story.LEADS)
        renewal = self.renewal_after(month)
        return renewal if month == renewal - self.lead else None

    def base_risk(self) -> float:
        """The risk of disengaging at a moment when it can happen."""
        size = self.account.size
        return story.MONTHLY_RISK[size] if self.account.term == 1 else story.RENEWAL_RISK[size]

    def risk_factor(self, month: int) -> float:
        """What multiplies the risk: shallow use, a failing book, weak partner onboarding, a lost champion, the rise."""
        factor = 1.85 - 1.55 * self.account.depth
        if self.owner == story.FAILING:
            factor *= story.FAILING_RISK
        if self.account.late_partner:
            factor *= story.LATE_PARTNER_RISK
        if self.champion_lost(month):
            factor *= story.CHAMPION_RISK
        if self.account.size == story.SMB and self.account.term > 1 and story.RISE <= month <= story.RISE + 3:
            factor *= story.RISE_RENEWAL
        return factor

    def lose_champion(self, month: int) -> None:
        """The champion leaves the customer, unless there is none; most are replaced some months later."""
        joined, left = self.champions[-1]
        if left is not None or joined >= month:
            return
        self.champions[-1] = (joined, month)
        successor = month + self.draws.whole(1, 4)
        if self.draws.chance(0.7) and successor < story.MONTHS:
            self.champions.append((successor, None))

    def champion_lost(self, month: int) -> bool:
        """Whether a champion left in the last six months."""
        return any(left is not None and 0 <= month - left < 6 for _, left in self.champions[-2:])

    def shocked(self, month: int) -> bool:
        """Whether the price rise makes a small customer on monthly terms look around."""
        account = self.account
        exposed = account.size == story.SMB and account.term == 1 and self.term_start < story.NEW_LIST_FROM
        if not exposed or month not in (story.RISE, story.RISE + 1):
            return False
        return self.draws.chance(story.RISE_SHOCK.get(account.channel, story.RISE_SHOCK["other"]))

    def disengage(self, month: int, until: int, cause: str) -> None:
        """Begin to disengage; the champion often goes too."""
        self.trouble = Trouble(month, until, self.draws.chance(story.LEAVES), cause)
        self.grow_at = -99
        if not self.champion_lost(month) and self.draws.chance(0.2):
            self.lose_champion(month)

    def cause(self, month: int) -> str:
        """Why the account disengages, in the words of the reason codes."""
        if self.champion_lost(month) and self.draws.chance(0.7):
            return "champion"
        if self.owner == story.FAILING and self.draws.chance(0.65):
            return "service"
        if self.account.size == story.SMB and story.RISE <= month <= story.RISE + 3 and self.draws.chance(0.5):
            return "price"
        if self.account.depth < 0.4 and self.draws.chance(0.7):
            return "adoption"
        return self.draws.weighted({"feature": 0.3, "competitor": 0.3, "budget": 0.25, "price": 0.15})
