-- numbered: the highest number that an account has. Grain: one row. Inputs: positions. Parameters: none.
select max(account) as account
from positions
