"""The compiled loops against numpy, and the operator against the filter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.fingerprints import downsample, plain

compiled = pytest.importorskip("tamis.fingerprints.compiled", reason="numba is not installed")


def _luma(height, width, seed):
    return np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)


@given(st.integers(5, 300), st.integers(5, 300), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_filter_is_the_same_to_the_last_bit_compiled_and_plain(height, width, seed):
    luma = _luma(height, width, seed)
    start, end = downsample.reach(width)
    counts = (end - start + 1).astype(np.float32)
    places = (downsample.centres(height), downsample.centres(width))
    window = downsample.window(height)
    np.testing.assert_array_equal(
        compiled.tent(luma, window, counts, *places), plain.tent(luma, window, counts, *places)
    )


@given(st.integers(5, 700), st.integers(1, 90), st.sampled_from([1, 2, 4, 8]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_projection_is_the_same_compiled_and_plain(height, width, scale, eight_bit):
    samples = _luma(-(-height // scale), width, height)
    if eight_bit:
        samples = samples.astype(np.uint8)
    weights = downsample.weights(height, scale)
    np.testing.assert_array_equal(
        compiled.project(samples, *weights), plain.project(samples, *weights)
    )


def test_products_are_the_same_compiled_and_plain():
    left, right = _luma(16, 64, 1), _luma(64, 64, 2)
    np.testing.assert_array_equal(compiled.multiply(left, right), plain.multiply(left, right))


@given(st.integers(5, 900), st.integers(5, 900))
@settings(max_examples=20, deadline=None)
def test_operator_is_the_filter(height, width):
    luma = _luma(height, width, height * width)
    np.testing.assert_allclose(
        downsample.projected(luma, height, width, 1), downsample.exact(luma), atol=0.005
    )


@given(st.integers(64, 3000), st.sampled_from([1, 2, 4, 8]))
@settings(max_examples=25, deadline=None)
def test_weights_of_every_sample_add_up_to_one(size, scale):
    weights, first, last = downsample.weights(size, scale)
    assert weights.shape == (64, -(-size // scale))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    for column in range(weights.shape[1]):
        assert not weights[: first[column], column].any()
        assert not weights[last[column] :, column].any()


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("odd", [0, 3])
def test_operator_on_block_means_comes_close(scale, odd):
    height, width = 256 * scale + odd, 270 * scale + odd
    y, x = np.arange(height)[:, None] / height, np.arange(width) / width
    luma = 120 + 60 * np.sin(40 * x + 7 * y) + 50 * np.cos(90 * x * y) + 10 * (x > y)
    luma = luma.astype(np.float32)
    edge = np.pad(luma, ((0, -height % scale), (0, -width % scale)), mode="edge")
    means = edge.reshape(edge.shape[0] // scale, scale, -1, scale).mean(axis=(1, 3))
    got = downsample.projected(means.astype(np.float32), height, width, scale)
    assert np.abs(got - downsample.exact(luma)).mean() < 0.05


def test_a_straight_slope_survives_reduction():
    slope = np.tile(np.arange(1024, dtype=np.float32) / 4, (1024, 1))
    means = slope.reshape(128, 8, 128, 8).mean(axis=(1, 3))
    got = downsample.projected(means, 1024, 1024, 8)
    # the first and last sample hang over the edge, where no slope can be seen
    np.testing.assert_allclose(got[:, 1:-1], downsample.exact(slope)[:, 1:-1], atol=0.01)


def test_a_64_by_64_picture_is_taken_as_it_is():
    luma = _luma(64, 64, 3)
    np.testing.assert_array_equal(downsample.exact(luma), luma)
    np.testing.assert_array_equal(downsample.projected(luma, 64, 64, 1), luma)
