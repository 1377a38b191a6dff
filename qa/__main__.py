"""`python -m qa [bar …] [--full]`: one JSON line for each bar; ends with 1 where one is missed or its control got through."""

import argparse
import json
import sys

from qa import bars
from qa.bar import judged

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the named bars, or all."""
    parser = argparse.ArgumentParser(prog="python -m qa", description=__doc__)
    parser.add_argument("bar", nargs="*", help=f"some of: {', '.join(bars.names())}; default: all")
    parser.add_argument("--full", action="store_true", help="the long form, with the figures that documents state")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.bar) - set(bars.names()))
    if unknown:
        parser.error(f"there is no bar “{unknown[0]}”. There is: {', '.join(bars.names())}.")
    met = True
    for name in chosen.bar or bars.names():
        result = judged(bars.bar(name), full=chosen.full)
        print(json.dumps({"bar": name, **result.as_dict()}, ensure_ascii=False), flush=True)
        met &= result.met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
