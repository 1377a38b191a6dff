"""A revenue file whose lines say all that they can, and its rates."""

REVENUE = """account_id,month,mrr,subscription_id,revenue_type,currency,plan,parent_id
Acme,2025-01,100,sub-7,recurring,USD,Pro,Holding
Acme,2025-02,100,sub-7,recurring,USD,Pro,Holding
Acme,2025-02,40,sub-8,recurring,USD,Pro,Holding
Acme,2025-03,90,sub-8,recurring,USD,Pro,Holding
Acme,2025-03,25,sub-8,usage,USD,Pro,Holding
Beta,2025-01,200,sub-9,recurring,EUR,Basic,Holding
Beta,2025-01,70,sub-9,setup,EUR,Basic,Holding
Beta,2025-03,200,sub-9,recurring,EUR,Basic,Holding
"""
RATES = """currency,month,rate
USD,2025-01,1
USD,2025-03,1
EUR,2025-01,1.1
EUR,2025-02,1.2
EUR,2025-03,1.05
"""
