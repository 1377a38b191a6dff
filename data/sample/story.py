"""The numbers of the story: who the customers are, what they pay, and what goes wrong when.

Months are counted from 0 (2023-01) to 35 (2025-12); money is in whole cents.
"""

SEED = 20230117
FIRST_YEAR = 2023
MONTHS = 36
ACCOUNTS = 2000
ARRIVALS = (26, 28, 33)  # new accounts in the first, second and third month of a quarter

SMB, MID, ENTERPRISE = SIZES = ("SMB", "Mid-Market", "Enterprise")
SIZE_AT_START = {SMB: 0.58, MID: 0.31, ENTERPRISE: 0.11}
SIZE_LATER = {SMB: 0.66, MID: 0.265, ENTERPRISE: 0.075}
REGIONS = {"North America": 0.48, "EMEA": 0.29, "APAC": 0.14, "LATAM": 0.09}
USE_CASES = {"Reporting": 0.3, "Forecasting": 0.22, "Compliance": 0.18, "Collaboration": 0.17, "Automation": 0.13}
INDUSTRIES = {
    "Software": 0.2,
    "Financial services": 0.15,
    "Healthcare": 0.14,
    "Manufacturing": 0.13,
    "Retail": 0.12,
    "Logistics": 0.1,
    "Education": 0.07,
    "Professional services": 0.09,
}
CHANNELS = {
    SMB: {"Self-serve": 0.4, "Direct": 0.22, "Partner": 0.19, "Marketplace": 0.1, "Referral": 0.09},
    MID: {"Direct": 0.43, "Partner": 0.28, "Referral": 0.13, "Marketplace": 0.1, "Self-serve": 0.06},
    ENTERPRISE: {"Direct": 0.6, "Partner": 0.26, "Referral": 0.09, "Marketplace": 0.05},
}
TERMS = {
    SMB: {1: 0.58, 12: 0.42},
    MID: {12: 0.78, 24: 0.12, 1: 0.1},
    ENTERPRISE: {12: 0.58, 24: 0.25, 36: 0.17},
}
BLANK = {"region": 0.003, "industry": 0.012, "channel": 0.004, "use_case": 0.015}

PLANS = ("Starter", "Growth", "Scale", "Enterprise")
LIST_PRICE = {"Starter": 3200, "Growth": 4200, "Scale": 5400, "Enterprise": 6800}  # cents per seat and month
PLAN_OF_SIZE = {
    SMB: {"Starter": 0.57, "Growth": 0.43},
    MID: {"Growth": 0.6, "Scale": 0.4},
    ENTERPRISE: {"Scale": 0.3, "Enterprise": 0.7},
}
SEATS = {SMB: (14, 125), MID: (45, 185), ENTERPRISE: (130, 460)}
UPGRADE_ABOVE = {"Starter": 80, "Growth": 160, "Scale": 380}  # seats from which the next plan pays

# Books: who looks after whom, and when a whole book changes hands (month, from, to).
BOOKS = {
    SMB: ("Lena Fischer", "Omar Haddad", "Grace Okafor"),
    MID: ("Ingrid Solano", "Tomas Vrba", "Hannah Brooks", "Rafael Duarte"),
    ENTERPRISE: ("Naomi Clarke", "Victor Lindqvist", "Mei Tanaka"),
}
FAILING = "Marcus Thiel"
HANDOVERS = ((9, "Omar Haddad", "Julia Novak"), (18, "Ingrid Solano", FAILING))
UNASSIGNED_FIRST_MONTH = 0.06

# Leaving. Disengagement begins two to four months before an exit; three quarters of the disengaged leave.
LEADS = {2: 0.35, 3: 0.4, 4: 0.25}
LEAVES = 0.75
MONTHLY_RISK = {SMB: 0.0215, MID: 0.012, ENTERPRISE: 0.006}  # disengagement a month, on monthly terms
RENEWAL_RISK = {SMB: 0.24, MID: 0.085, ENTERPRISE: 0.065}  # disengagement before a renewal
SUDDEN = {SMB: 0.0016, MID: 0.0008, ENTERPRISE: 0.0003}  # acquired, closed down: no warning
RETURN = {SMB: 0.09, MID: 0.06, ENTERPRISE: 0.05}  # share of leavers who come back after a gap

# Growing and shrinking.
GROW = {SMB: 0.065, MID: 0.094, ENTERPRISE: 0.195}
GROW_PERCENT = {SMB: (5, 16), MID: (5, 16), ENTERPRISE: (5, 17)}
SHRINK = {SMB: 0.006, MID: 0.005, ENTERPRISE: 0.006}
UPGRADE = 0.04

# The list-price rise.
RISE = 24  # 2025-01
RISE_PERCENT = 8
RISE_CAPPED = 4  # what annual customers with a cap pay
NEW_LIST_FROM = 21  # accounts signed since are on the new list already
RISE_SHOCK = {"Self-serve": 0.12, "other": 0.06}  # SMB on monthly terms, each of two months
RISE_RENEWAL = 1.8  # SMB renewals decided in the four months after

# What multiplies the risk of leaving.
FAILING_RISK = 2.7
FAILING_GROWTH = 0.25
LATE_PARTNER_FROM = 18  # 2024-07
LATE_PARTNER_RISK = 2.2
LATE_PARTNER_DEPTH = 0.6
CHAMPION_LEAVES = 0.011
CHAMPION_RISK = 2.6

FEATURES = 12
USAGE_FALL = (1.0, 0.84, 0.66, 0.5, 0.38)  # by month of disengagement


def month_label(month: int) -> str:
    """`YYYY-MM` of a month counted from 2023-01.

    Examples
    --------
    >>> month_label(24)
    '2025-01'
    """
    return f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}"


def day_label(month: int, day: int) -> str:
    """`YYYY-MM-DD` of a day of a month counted from 2023-01; months before are negative.

    Examples
    --------
    >>> day_label(-1, 5)
    '2022-12-05'
    """
    return f"{month_label(month)}-{day:02d}"
