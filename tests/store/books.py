"""A small book of revenue, and a look into a folder."""

REVENUE = """account_id,month,mrr_usd,plan,owner
A,2025-01,100,Pro,Ann
A,2025-02,150,Pro,Ann
B,2025-01,100,Basic,Bob
B,2025-02,60,Basic,Bob
C,2025-01,50,Basic,Ann
C,2025-02,50,Basic,Bob
"""


def folder_of(path):
    return sorted(one.name for one in path.iterdir())
