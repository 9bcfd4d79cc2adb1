# SPDX-License-Identifier: GPL-2.0-or-later
"""ALI files read by a table of their own.

Written from the published field lists and not from sidecar/ali/layout.def: it
is there to find mistakes in that.  A field is (start, end), from 1.
"""

NENA_DATA = {
    "function_code": (1, 1), "npa": (2, 4), "calling_number": (5, 11),
    "house_number": (12, 21), "house_number_suffix": (22, 25),
    "prefix_directional": (26, 27), "street_name": (28, 87),
    "street_suffix": (88, 91), "post_directional": (92, 93),
    "community_name": (94, 125), "state": (126, 127), "location": (128, 187),
    "customer_name": (188, 219), "class_of_service": (220, 220),
    "type_of_service": (221, 221), "exchange": (222, 225), "esn": (226, 230),
    "main_npa": (231, 233), "main_number": (234, 240),
    "order_number": (241, 250), "extract_date": (251, 256),
    "county_id": (257, 260), "company_id": (261, 265),
    "source_id": (266, 266), "zip_code": (267, 271), "zip_4": (272, 275),
    "general_use": (276, 286), "customer_code": (287, 289),
    "comments": (290, 319), "x_coordinate": (320, 328),
    "y_coordinate": (329, 337), "z_coordinate": (338, 342),
    "cell_id": (343, 348), "sector_id": (349, 349), "tar_code": (350, 355),
    "reserved": (356, 376), "alt": (377, 386),
    "expanded_extract_date": (387, 394), "nena_reserved": (395, 480),
    "dbms_reserved": (481, 511), "end_of_record": (512, 512),
}
NENA_HEADER = {
    "header_indicator": (1, 5), "extract_date": (6, 11),
    "company_name": (12, 61), "cycle_counter": (62, 67),
    "county_id": (68, 71), "state": (72, 73), "general_use": (74, 93),
    "release_number": (94, 96), "format_version": (97, 97),
    "expanded_extract_date": (98, 105), "reserved": (106, 511),
    "end_of_record": (512, 512),
}
NENA_TRAILER = {
    "trailer_indicator": (1, 5), "extract_date": (6, 11),
    "company_name": (12, 61), "record_count": (62, 70),
    "expanded_extract_date": (71, 78), "reserved": (79, 511),
    "end_of_record": (512, 512),
}
BELLSOUTH_DATA = {
    "function_code": (1, 1), "number": (2, 11), "house_number": (12, 21),
    "house_number_suffix": (22, 25), "prefix_directional": (26, 27),
    "street": (28, 67), "filler_1": (68, 73), "community_name": (74, 105),
    "state": (106, 107), "location": (108, 127),
    "customer_name": (128, 159), "class_of_service": (160, 160),
    "type_of_service": (161, 161), "exchange": (162, 165),
    "esn": (166, 168), "filler_2": (169, 170), "main_number": (171, 180),
    "order_number": (181, 187), "filler_3": (188, 190),
    "extract_date": (191, 196), "msag_customer_id": (197, 200),
    "company_id": (201, 205), "filler_4": (206, 239),
    "end_of_record": (240, 240),
}
BELLSOUTH_HEADER = {
    "header_indicator": (1, 3), "filler_1": (4, 5), "extract_date": (6, 11),
    "company_name": (12, 61), "cycle_counter": (62, 67), "rest": (68, 240),
}
BELLSOUTH_TRAILER = {
    "trailer_indicator": (1, 3), "filler_1": (4, 5), "extract_date": (6, 11),
    "company_name": (12, 61), "record_count": (62, 70), "rest": (71, 240),
}

LAYOUTS = {
    "nena-2.1": (512, b"\r\n", NENA_HEADER, NENA_DATA, NENA_TRAILER),
    "nena-2.0": (512, b"\r\n", NENA_HEADER, NENA_DATA, NENA_TRAILER),
    "intrado": (512, b"\r\n", NENA_HEADER, NENA_DATA, NENA_TRAILER),
    "bellsouth-240": (240, b"\n", BELLSOUTH_HEADER, BELLSOUTH_DATA,
                      BELLSOUTH_TRAILER),
}


def _cut(line, table):
    return {name: line[start - 1:end].decode("ascii")
            for name, (start, end) in table.items()}


def read(layout, content):
    """Header, records and trailer, each a dict of fields with their padding."""
    length, line_end, header, data, trailer = LAYOUTS[layout]
    for table in (header, data, trailer):
        covered = sorted(table.values())
        assert covered[0][0] == 1 and covered[-1][1] == length
        assert all(a[1] + 1 == b[0] for a, b in zip(covered, covered[1:]))
    assert content.endswith(line_end)
    lines = content[:-len(line_end)].split(line_end)
    assert all(len(line) == length for line in lines)
    return (_cut(lines[0], header), [_cut(line, data) for line in lines[1:-1]],
            _cut(lines[-1], trailer))
