"""python -m backend.simulator: a pretend cloud on a port of this machine."""

import argparse
import sys

from backend.simulator.serve import add_arguments, serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m backend.simulator", description=__doc__)
    add_arguments(parser)
    sys.exit(serve(parser.parse_args()))
