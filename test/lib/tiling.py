#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A made-up country of PSAP areas, as GeoJSON, one feature a line.

    tiling.py [--columns N] [--rows N] [--cities N] [--detail N] [--seed N]
    tiling.py --town > sql/demo-areas.geojson

Counties tile the whole of it without a gap: neighbours have the very same
points on their border.  Cities lie in counties: some overlap theirs, some fill
a hole of it, some are of two parts.  The same arguments give the same bytes.
The default is of the size of the USA: about 5,000 areas, 800,000 points.
--columns 640 --rows 480 --cities 19000 --detail 4 is 64 times as many areas.

--town: the areas of the demo town's two PSAPs, a river between, and an old
harbor south of it that the northern one serves.
"""
import argparse
import json
import math
import random

WEST, EAST, SOUTH, NORTH = -125.0, -65.0, 24.0, 50.0
DIGITS = 5  # of coordinates, as of what counties publish


class Country:
    def __init__(self, columns, rows, cities, detail, seed,
                 bounds=(WEST, EAST, SOUTH, NORTH)):
        self.columns, self.rows = columns, rows
        self.cities, self.detail = cities, detail
        self.random = random.Random(seed)
        self.west, east, self.south, north = bounds
        self.width = (east - self.west) / columns
        self.height = (north - self.south) / rows
        self.nodes = {}
        for row in range(rows + 1):
            for column in range(columns + 1):
                self.nodes[column, row] = self._node(column, row)
        self.edges = {}

    def _node(self, column, row):
        x = self.west + column * self.width
        y = self.south + row * self.height
        if 0 < column < self.columns:
            x += self.random.uniform(-0.2, 0.2) * self.width
        if 0 < row < self.rows:
            y += self.random.uniform(-0.2, 0.2) * self.height
        return x, y

    def _border(self, one, two):
        """Points from one node to another; the same for both neighbours."""
        if one > two:
            return self._border(two, one)[::-1]
        if (one, two) not in self.edges:
            points = [self.nodes[one], self.nodes[two]]
            for level in range(self.detail):
                points = self._rougher(points, 0.08 * 0.7 ** level)
            self.edges[one, two] = points
        return self.edges[one, two]

    def _rougher(self, points, much):
        finer = points[:1]
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            aside = self.random.uniform(-much, much)
            finer += [((x1 + x2) / 2 - (y2 - y1) * aside,
                       (y1 + y2) / 2 + (x2 - x1) * aside), (x2, y2)]
        return finer

    def county(self, column, row):
        corners = [(column, row), (column + 1, row), (column + 1, row + 1),
                   (column, row + 1)]
        ring = []
        for one, two in zip(corners, corners[1:] + corners[:1]):
            ring += self._border(one, two)[:-1]
        return closed(ring)

    def town(self, column, row, part):
        """A star around a point in the middle of a county."""
        corners = [self.nodes[column + c, row + r] for c in (0, 1)
                   for r in (0, 1)]
        x = sum(c[0] for c in corners) / 4 + part * 0.2 * self.width
        y = sum(c[1] for c in corners) / 4
        count = 4 << max(0, self.detail - 2)
        ring = []
        for i in range(count):
            angle = 2 * math.pi * i / count
            radius = self.random.uniform(0.04, 0.07)
            ring.append((x + math.cos(angle) * radius * self.width,
                         y + math.sin(angle) * radius * self.height))
        return closed(ring)

    def areas(self):
        """(name, list of polygons), counties first."""
        places = [(c, r) for r in range(self.rows)
                  for c in range(self.columns)]
        with_city = set(self.random.sample(
            range(len(places)), min(self.cities, len(places))))
        cities = []
        for number, (column, row) in enumerate(places):
            rings = [self.county(column, row)]
            if number in with_city:
                parts = [self.town(column, row, 0)]
                if number % 3 == 0:
                    parts.append(self.town(column, row, 1))
                if number % 2 == 0:
                    rings += [part[::-1] for part in parts]
                cities.append((f"City {number + 1}",
                               [[part] for part in parts]))
            yield f"County {number + 1}", [rings]
        yield from cities


def closed(ring):
    ring = [(round(x, DIGITS), round(y, DIGITS)) for x, y in ring]
    ring = [p for p, q in zip(ring, ring[1:] + ring[:1]) if p != q]
    return ring + ring[:1]


def features(columns=64, rows=48, cities=1900, detail=6, seed=911):
    """GeoJSON features, numbered from 1 in the property psap_id."""
    country = Country(columns, rows, cities, detail, seed)
    for number, (name, polygons) in enumerate(country.areas(), 1):
        yield {"type": "Feature",
               "properties": {"psap_id": number, "name": name},
               "geometry": {"type": "MultiPolygon",
                            "coordinates": polygons}}


def town():
    """Areas of the demo town's PSAPs, as a collection."""
    country = Country(1, 2, 0, 5, 911, (-122.6, -122.4, 47.4, 47.6))
    areas = [("Ashgrove South", "South of the river", 100,
              country.county(0, 0)),
             ("Ashgrove North", "North of the river", 100,
              country.county(0, 1)),
             ("Ashgrove North", "Old harbor", 50, country.town(0, 0, 0))]
    return [{"type": "Feature",
             "properties": {"psap": psap, "area": area, "priority": priority,
                            "source": "test/lib/tiling.py"},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for psap, area, priority, ring in areas]


def print_collection(some):
    lines = ",\n".join(json.dumps(f, separators=(",", ":")) for f in some)
    print('{"type":"FeatureCollection","features":[\n' + lines + "\n]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("columns", 64), ("rows", 48), ("cities", 1900),
                        ("detail", 6), ("seed", 911)):
        parser.add_argument(f"--{name}", type=int, default=value,
                            help="default %(default)s")
    parser.add_argument("--town", action="store_true",
                        help="the demo town's areas, as a collection")
    options = vars(parser.parse_args())
    if options.pop("town"):
        print_collection(town())
        return
    for feature in features(**options):
        print(json.dumps(feature, separators=(",", ":")))


if __name__ == "__main__":
    main()
