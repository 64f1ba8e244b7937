"""Similarities of numbers, dates and places between 0 and 1, as the `recordlinkage` library defines them."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lake_etl.config.match_field import Field

Numbers = NDArray[np.float64]
Days = NDArray[np.datetime64]
EARTH_RADIUS_KM = 6371


def by_distance(field: Field, distance: Numbers) -> Numbers:
    """Return how similar two values at these distances are, by the field's method.

    At `origin` the similarity is 1, at `scale` beyond the offset one half. A distance that is not a number gives none.
    """
    beyond = np.maximum(np.abs(distance - field.origin) - field.offset, 0) / field.scale
    with np.errstate(over='ignore'):
        if field.measure == 'step':
            return np.where(np.isnan(beyond), np.nan, (beyond == 0).astype(np.float64))
        if field.measure == 'exp':
            return np.asarray(2.0 ** -beyond)
        if field.measure == 'gauss':
            return np.asarray(2.0 ** -(beyond ** 2))
        nearness = 1 - beyond ** 2 / 2 if field.measure == 'squared' else 1 - beyond / 2
    return np.maximum(nearness, 0)


def kilometres(latitude: Numbers, longitude: Numbers, other_latitude: Numbers, other_longitude: Numbers) -> Numbers:
    """Return the great-circle distances between places given in degrees, by the haversine formula."""
    south, north = np.deg2rad(latitude), np.deg2rad(other_latitude)
    half_chord = (np.sin((north - south) / 2) ** 2
                  + np.cos(south) * np.cos(north) * np.sin(np.deg2rad(other_longitude - longitude) / 2) ** 2)
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half_chord, 1))))


def by_date(field: Field, left: Days, right: Days) -> Numbers:
    """Return 1 for equal days, and less where month and day are exchanged or a month is confused with another."""
    year, month, day = _parts(left)
    other_year, other_month, other_day = _parts(right)
    similarity = np.zeros(len(left))
    same_year = year == other_year
    for confused, instead, value in field.swap_months:
        similarity[same_year & (day == other_day) & (month == confused) & (other_month == instead)] = value
    if field.swap_month_day:
        similarity[same_year & (month == other_day) & (day == other_month)] = field.swap_month_day
    similarity[left == right] = 1
    return similarity


def _parts(days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return years, months and days of the month."""
    months = days.astype('datetime64[M]')
    year = days.astype('datetime64[Y]').astype(np.int64)
    month = months.astype(np.int64) - year * 12
    return year, month + 1, (days - months.astype('datetime64[D]')).astype(np.int64) + 1
