"""Accounts: who?"""

from pages.ui import directory, shell

view = shell.open_page("Accounts")
account = directory.chosen_account()
if account:
    directory.account_page(view, account)
else:
    directory.listing(view)
