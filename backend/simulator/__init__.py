"""A pretend StarlingX cloud with states that move: for trying out, training, tests, screenshots."""

from backend.simulator.cloud import Cloud
from backend.simulator.serve import add_arguments, serve
from backend.simulator.simulator import Simulator

__all__ = ["Cloud", "Simulator", "add_arguments", "serve"]
