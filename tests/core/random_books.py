"""Random ledgers with attributes that change over time, and their lines for the oracle."""

from oracle import month

START = month("2023-01")
MONTHS = 30
PLANS, OWNERS = ("Basic", "Pro", "Max", ""), ("Ann", "Ben", "Cy", "")


def lines(chance, accounts):
    """Lines (account, from, until, amount, attributes), one at a time per account; some accounts leave and come back."""
    made = []
    for number in range(accounts):
        at, amount = START + chance.randrange(12), chance.choice([1, 3, 10_001, 250_000, 1_234_567])
        plan, owner, seats = chance.choice(PLANS), chance.choice(OWNERS), str(chance.randrange(1, 9))
        while at < START + MONTHS:
            until = at + chance.randrange(1, 12)
            made.append((f"A{number:03d}", at, until, amount, (plan, owner, seats)))
            at = until + (chance.randrange(1, 5) if chance.random() < 0.15 else 0)
            amount = max(1, amount * chance.choice([1, 1, 2, 3]) // chance.choice([1, 1, 2]) + chance.randrange(3))
            if chance.random() < 0.3:
                plan = chance.choice(PLANS)
            if chance.random() < 0.3:
                owner = chance.choice(OWNERS)
            if chance.random() < 0.5:
                seats = chance.choice(["1", "2", "7", "12", "", "many"])
            if chance.random() < 0.15:
                break
    return made


DIMENSIONS = ("plan", "owner", "seats")
