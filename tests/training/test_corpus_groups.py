"""What is held out must be unseen: no family, repository, source or near-duplicate on both sides."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tamis.errors import TamisError
from tamis.training import corpus
