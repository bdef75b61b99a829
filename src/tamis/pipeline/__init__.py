"""The way of the data: source → media file → media → observations → matches → stacks → queue."""

from __future__ import annotations
