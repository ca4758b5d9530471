import numpy as np
import pytest

from gisgrid.exchange.datum import bd09_from_gcj02, gcj02_from_wgs84, to_wgs84

# Published with eviltransform: Shanghai, Shenzhen, Beijing (lat, lon in WGS 84, then in GCJ-02).
POINTS = np.array(
    [
        (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
        (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
        (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
    ]
)


def test_the_published_points_are_met_to_the_last_digit() -> None:
    lon, lat = gcj02_from_wgs84(POINTS[:, 1], POINTS[:, 0])
    np.testing.assert_allclose(lon, POINTS[:, 3], atol=1e-13)
    np.testing.assert_allclose(lat, POINTS[:, 2], atol=1e-13)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_inverse_agrees_with_the_forward_formula_to_a_hair(datum: str) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73, 135, 20_000), rng.uniform(3, 54, 20_000)
    shifted = gcj02_from_wgs84(lon, lat)
    if datum == "bd09":
        shifted = bd09_from_gcj02(*shifted)
    assert np.abs(shifted[0] - lon).max() > 1e-3
    back = to_wgs84(*shifted, datum)
    assert max(np.abs(back[0] - lon).max(), np.abs(back[1] - lat).max()) <= 1e-8


def test_unknown_positions_stay_unknown_and_wgs84_stays_itself() -> None:
    lon, lat = np.array([np.nan, 105.0]), np.array([np.nan, 35.0])
    assert np.isnan(to_wgs84(lon, lat, "bd09")[0][0])
    assert to_wgs84(lon, lat, "wgs84")[0][1] == 105.0
