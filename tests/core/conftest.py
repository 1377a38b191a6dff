import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # oracle.py and ledgers.py
