"""The invented company behind the sample files: its story, its accounts, their lives and the traces they leave."""
