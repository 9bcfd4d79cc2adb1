# SPDX-License-Identifier: GPL-2.0-or-later
"""The golden ALI files (test/unit/golden), by a reader that shares nothing with
the program that wrote them."""
import os
import re
import unicodedata

import pytest

import ali_reader

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))

FLOOR_3 = {
    "house_number": "100       ", "house_number_suffix": "    ",
    "prefix_directional": "N ", "community_name": "ASHGROVE".ljust(32),
    "state": "WA", "customer_name": "LARKSPUR INSURANCE".ljust(32),
    "class_of_service": "4", "type_of_service": "0",
    "extract_date": "112126", "company_id": "LARKS", "esn": "",
}


def golden(layout):
    with open(os.path.join(TOP, "test", "unit", "golden",
                           f"ali-{layout}.txt"), "rb") as f:
        return ali_reader.read(layout, f.read())


@pytest.mark.parametrize("layout", ali_reader.LAYOUTS)
def test_what_all_layouts_have_stands_where_it_is_published(layout):
    header, records, trailer = golden(layout)
    assert header["header_indicator"].rstrip() == "UHL"
    assert trailer["trailer_indicator"].rstrip() == "UTL"
    for line in (header, trailer):
        assert line["extract_date"] == "112126"
        assert line["company_name"] == "LARKSPUR INSURANCE".ljust(50)
    assert [r["function_code"] for r in records] == ["I", "C", "D"]
    for name, value in FLOOR_3.items():
        if value:
            assert records[0][name] == value, name
        else:
            assert not records[0][name].strip(), name


@pytest.mark.parametrize("layout", ["nena-2.1", "nena-2.0", "intrado"])
def test_the_512_characters(layout):
    header, records, trailer = golden(layout)
    first, second, _ = records
    assert header["cycle_counter"] == "    42"
    assert trailer["record_count"] == "        3"
    assert header["end_of_record"] == trailer["end_of_record"] == "*"
    assert first["npa"] + first["calling_number"] == "2065550114"
    assert first["street_name"] == "MILL".ljust(60)
    assert first["street_suffix"] == "ST  "
    assert first["post_directional"] == "  "
    assert first["location"] == \
        "BLDG A FL 3 STE 300 RM 312 EAST WING".ljust(60)
    assert first["main_npa"] + first["main_number"] == "2065550100"
    assert first["order_number"] == "7".ljust(10)
    assert first["zip_code"] + first["zip_4"] == "980001234"
    assert first["customer_code"] == "999"
    assert first["end_of_record"] == "*"
    assert second["house_number"] == "12".ljust(10)
    assert second["house_number_suffix"] == "1/2 "
    assert second["street_name"] == "RUE DE LEGLISE".ljust(60)
    assert second["post_directional"] == "W "
    assert second["community_name"] == "LEVIS".ljust(32)
    assert second["customer_name"] == "SOCIETE D'ASSURANCES DU SAINT-LA"
    assert second["zip_code"] + second["zip_4"] == " " * 9
    for name in ("reserved", "alt", "dbms_reserved", "general_use", "cell_id",
                 "sector_id", "tar_code", "comments", "exchange", "source_id"):
        assert not first[name].strip(), name


def test_version_2_1_has_the_long_date_and_the_point():
    header, records, trailer = golden("nena-2.1")
    for line in (header, records[0], trailer):
        assert line["expanded_extract_date"] == "20261121"
    assert records[0]["nena_reserved"] == " " * 86
    assert records[0]["x_coordinate"] == "-122.3321"
    assert records[0]["y_coordinate"] == "47.606200"


def test_version_2_0_has_no_long_date():
    header, records, trailer = golden("nena-2.0")
    for line in (header, records[0], trailer):
        assert line["expanded_extract_date"] == " " * 8
        assert not line.get("nena_reserved", "").strip()


def test_intrado_takes_the_century_and_no_point():
    header, records, _ = golden("intrado")
    assert records[0]["expanded_extract_date"] == " " * 8
    assert records[0]["nena_reserved"] == "   20" + " " * 81
    assert records[0]["x_coordinate"] == records[0]["y_coordinate"] == " " * 9
    assert header["expanded_extract_date"] == "20261121"


def test_the_240_characters():
    header, records, trailer = golden("bellsouth-240")
    assert header["cycle_counter"] == "000042"
    assert trailer["record_count"] == "000000003"
    assert not (header["rest"] + trailer["rest"]).strip()
    first, second, _ = records
    assert first["number"] == "2065550114"
    assert first["street"] == "MILL ST".ljust(40)
    assert second["street"] == "RUE DE LEGLISE W".ljust(40)
    assert first["location"] == "BLDG A FL 3 STE 300 "
    assert first["main_number"] == "2065550100"
    assert first["order_number"] == "7".ljust(7)
    assert first["end_of_record"] == " "
    assert not "".join(first[f"filler_{i}"] for i in range(1, 5)).strip()


def test_letters_lose_their_accents_as_unicode_decomposes_them():
    with open(os.path.join(TOP, "sidecar", "ali", "fold.def")) as f:
        rows = re.findall(r'^ALI_FOLD\(0x([0-9a-f]+), "(.*)"\)$', f.read(),
                          re.M)
    codes = [int(code, 16) for code, _ in rows]
    assert codes == sorted(set(codes)) and codes[0] >= 0x80
    for code, form in ((chr(int(c, 16)), f) for c, f in rows):
        assert re.fullmatch(r"[ -`{-~]{0,4}", form.replace('\\"', '"'))
        bare = "".join(c for c in unicodedata.normalize("NFKD", code)
                       if not unicodedata.combining(c))
        if re.fullmatch("[A-Za-z]+", bare):
            assert form == bare.upper(), hex(ord(code))
    latin = {c for c in range(0xc0, 0x180)} - {0xd7, 0xf7}
    latin -= set(codes)
    assert not latin, [chr(c) for c in latin]
