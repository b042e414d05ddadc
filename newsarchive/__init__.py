"""The front door: what people and programs touch. It composes the rooms and decides nothing."""

__version__ = "0.1.0"
