# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl import and export: which PSAPs serve counties, states, postal codes."""

COVERAGE = ("state,county,zip,psap,priority\n"
            "WA,Alder,,Ashgrove North,\n"
            "WA,Alder,,Ashgrove South,200\n"
            ",,98000,Ashgrove South,\n"
            ",,a1a,Ashgrove North,\n"
            "OR,,,National Relay,\n")


def take(ctl, kind, text, *options):
    return ctl.takes(kind, text, *options, organization=None)


def refuses(ctl, kind, text, *problems, options=()):
    ctl.refuses(kind, text, *problems, organization=None, options=options)


def test_counties_states_and_postal_codes(ctl, postgres):
    assert take(ctl, "coverage", COVERAGE) == \
        "coverage: 5 rows; 5 added, 0 changed, 0 removed"
    assert [tuple(r.values()) for r in postgres.query(
        "SELECT c.country, c.state, c.county, c.postal_code, p.name,"
        "       c.priority FROM e911.psap_coverage c JOIN e911.psap p"
        " USING (psap_id) ORDER BY c.coverage_id")] == [
            ("US", "WA", "Alder", None, "Ashgrove North", 100),
            ("US", "WA", "Alder", None, "Ashgrove South", 200),
            ("US", None, None, "98000", "Ashgrove South", 100),
            ("CA", None, None, "A1A", "Ashgrove North", 100),
            ("US", "OR", None, None, "National Relay", 100)]
    assert take(ctl, "coverage", COVERAGE) == \
        "coverage: 5 rows; 0 added, 0 changed, 0 removed"
    status, out, _ = ctl.take(
        "coverage", COVERAGE.replace(",200", ",50").replace(
            "OR,,,National Relay,\n", ""), "--replace", "--confirm",
        organization=None)
    assert status == 0 and out.splitlines() == [
        "- OR  National Relay",
        "~ line 3: Alder WA  Ashgrove South, priority 200 -> 50",
        "coverage: 4 rows; 0 added, 1 changed, 1 removed"]


def test_coverage_that_is_wrong(ctl):
    refuses(ctl, "coverage", "country,state,county,zip,psap\n"
            ",WA,Alder,98000,Ashgrove North\n"
            ",,Alder,,Ashgrove North\n"
            ",,,98000-1234,Ashgrove North\n"
            ",,,9800,\n"
            ",WA,,,Nowhere\n"
            ",OR,,,Ashgrove North\n"
            ",OR,,,Ashgrove North\n",
            "2: column 4 (postal_area): a row is a county or a postal code",
            "3: column 2 (state): the row has neither a state nor a postal "
            "code",
            "4: column 2 (state): the row has neither a state nor a postal "
            "code",
            "4: column 4 (postal_area): '98000-1234' is a ZIP+4: say its ZIP "
            "code",
            "5: column 2 (state): the row has neither a state nor a postal "
            "code",
            "5: column 4 (postal_area): '9800' is no ZIP code: did a "
            "spreadsheet take its first 0 away?",
            "5: column 5 (psap): the row has no psap",
            "6: column 5 (psap): there is no PSAP \"Nowhere\"",
            "8: column 5 (psap): OR of PSAP \"Ashgrove North\" is also in "
            "line 7")
    refuses(ctl, "coverage", "country,zip,psap\nUS,A1A 1A1,Ashgrove North\n",
            "2: psap coverage postal code fits the country")


def test_what_was_exported_changes_nothing(ctl):
    take(ctl, "coverage", COVERAGE)
    status, out, _ = ctl.run("export", "coverage")
    assert status == 0 and len(out.splitlines()) == 6
    assert take(ctl, "coverage", out, "--replace") == \
        "coverage: 5 rows; 0 added, 0 changed, 0 removed"
