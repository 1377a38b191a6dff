"""Invented names of companies and people."""

from .draws import Draws


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


HEADS = words(
    "Amber Bex Birk Bracken Bram Brind Calder Carrow Cinder Corv Dapple Dorn Drum Elder Ember Fallow "
    "Ferris Garn Gild Grael Hallow Hazel Hesper Ivor Jorun Kestrel Larch Loxton Maren Marl Merrow Mistel "
    "Nettle Norvel Oaken Orrin Pell Pinder Quarrel Quill Rook Rowan Sable Sedge Selk Skel Sorrel Stell Tamar Tarn "
    "Thistle Umber Ulver Vanner Vesper Wick Wren Yarrow Yew Zephyr"
)
TAILS = words(
    "bank bourne brook bury by combe croft dale den fall fell field ford gate grove ham hollow holt hurst land "
    "ley mere moor more mouth ridge rick shaw stead stow thorpe ton vale ward water well wick wold worth"
)
ABROAD = {
    "EMEA": words("Bergström Dürrwald Grünhof Hällevik Kvistad Lindqvarn Montclairé Østerby Rösslau Villandre Zábřes"),
    "APAC": words("Akizora Banyara Haruvale Kaimori Koromiya Lantara Marrawee Sunhae Tanakura Wirrabee Yulong-Hai"),
    "LATAM": words("Altavega Caminhoa Cordavia Itaporã Maravista Peñaluz Quebrasol Río-Verano Sertânia Valmira"),
}
TRADES = {
    "Software": ("Systems", "Labs", "Software", "Data", "Cloudworks", "Interactive", "Robotics"),
    "Financial services": ("Capital", "Insurance", "Payments", "Credit Union", "Wealth", "Leasing"),
    "Healthcare": ("Health", "Clinics", "Diagnostics", "Dental Group", "Care Homes", "Medical Supply"),
    "Manufacturing": ("Industries", "Metalworks", "Plastics", "Tooling", "Packaging", "Precision Parts"),
    "Retail": ("Outfitters", "Foods", "Home & Garden", "Markets", "Footwear", "Books"),
    "Logistics": ("Freight", "Logistics", "Cold Chain", "Couriers", "Shipping", "Warehousing"),
    "Education": ("Academy", "Learning", "Schools Trust", "College", "Tutoring"),
    "Professional services": ("Partners", "Consulting", "Law Group", "Architects", "Accounting", "Surveyors"),
}
FORMS = {
    "North America": ("Inc.", "LLC", "Corp."),
    "EMEA": ("GmbH", "Ltd", "AB", "B.V.", "SAS"),
    "APAC": ("Pty Ltd", "Pte. Ltd.", "K.K."),
    "LATAM": ("S.A.", "Ltda.", "S.A.S."),
}
FIRST = words(
    "Ada Aisha Alan Amara Andre Anita Ben Bianca Carlos Chloe Dara Dev Elif Emil Erik Farah Felix Fiona Gabriel Gita "
    "Hugo Ines Ivan Jana Joel Kaito Karin Kofi Laura Leo Lucia Malik Marta Milan Nadia Nils Noor Olga Owen Paula Pavel "
    "Quinn Rosa Ruben Sami Sara Sofia Tariq Tess Uma Viktor Wanda Yara Yusuf Zoe"
)
LAST = words(
    "Abara Almeida Anders Bakker Banerjee Bauer Castro Chen Costa Cruz Dahl Diaz Eriksen Farrow Ferrari Fujii Garcia "
    "Gomez Hale Hassan Ibarra Ito Jansen Kaur Keller Khan Kim Kovac Larsen Lopez Mbeki Meyer Mori Moss Nair Ndiaye "
    "Novak Okoro Ortiz Park Patel Petrov Reyes Rossi Ruiz Sato Silva Singh Sousa Tran Vega Wagner Walsh Weber Wong Zhou"
)


def company(draws: Draws, *, industry: str, region: str) -> str:
    """An invented company name that suits its industry and region."""
    foreign = ABROAD.get(region)
    if foreign and draws.chance(0.3):
        root = draws.one_of(foreign)
    else:
        head, tail = draws.one_of(HEADS), draws.one_of(TAILS)
        root = head if head.lower() == tail else head + tail
        if draws.chance(0.12):
            root = f"{root} & {draws.one_of(HEADS)}"
    name = f"{root} {draws.one_of(TRADES[industry])}"
    return f"{name} {draws.one_of(FORMS[region])}" if draws.chance(0.3) else name


def person(draws: Draws) -> str:
    """An invented name of a person."""
    return f"{draws.one_of(FIRST)} {draws.one_of(LAST)}"
