# SPDX-License-Identifier: GPL-2.0-or-later
"""Trunks that are reached by a name: DNS -> directory, and what stays of it
when the DNS does not answer."""
import os
import re
import time

import pytest

from harness.dns import A, AAAA, NameServer
from harness.wait import wait_until

NAME = "psap.example.com"
TWO = "two.example.com"


@pytest.fixture
def dns():
    with NameServer() as server:
        yield server


@pytest.fixture
def named(e911d, postgres, dns):
    """psap-north has a name instead of its address; not started yet."""
    ask(e911d, dns)
    name_it(postgres)
    return e911d


def ask(e911d, dns):
    e911d.settings.update({"dns_servers": dns.address, "dns_interval_s": 1,
                           "dns_timeout_ms": 600})


def name_it(postgres, trunk="psap-north", name=NAME):
    postgres.execute("UPDATE e911.trunk SET host = NULL, host_name = %s"
                     " WHERE name = %s", name, trunk)


def contact(postgres, position, host=None, name=None, port=5062,
            trunk="psap-north"):
    postgres.execute(
        "INSERT INTO e911.trunk_contact (trunk_id, position, host, host_name,"
        " port, transport) SELECT trunk_id, %s, %s, %s, %s, 'tcp'"
        " FROM e911.trunk WHERE name = %s", position, host, name, port, trunk)


def destinations(lines, trunk="psap-north"):
    """What the path sees, in its order: ["udp:5060 192.0.2.1", ...]."""
    line = next(line for line in lines if line.startswith("trunk ")
                and f"name='{trunk}'" in line)
    transport, = re.findall(r" transport=(\w+)", line)
    port, = re.findall(r" port=(\d+)", line)
    found = [("contact=" + transport + ":" + port, host) for host in
             re.findall(r" transport=\w+ host='([^']*)'", line)]
    found += re.findall(r" (contact=\w+:\d+) host='([^']*)'", line)
    return [f"{way[8:]} {host}" for way, host in found]


def hosts(lines, trunk="psap-north"):
    return [one.split()[1] for one in destinations(lines, trunk)]


def wait_hosts(e911d, *wanted, trunk="psap-north", timeout=30):
    return e911d.wait_lines(lambda lines: hosts(lines, trunk) == list(wanted),
                            f"{trunk} is reached at {wanted}", timeout)


def asked_again(dns, name=NAME, kind=A, times=2):
    """The resolver has asked, and asked once more: the first is dealt with."""
    before = dns.times_asked(name, kind)
    wait_until(lambda: dns.times_asked(name, kind) >= before + times,
               f"{name} is asked for again", 30)


def problems(postgres):
    return [row["problem"] for row in postgres.query(
        "SELECT problem FROM e911.unprovisioned WHERE starts_with(problem, 'its name')"
        " ORDER BY 1")]


def test_a_name_becomes_its_addresses_in_one_order(named, dns):
    dns.names[NAME] = ["2001:db8::2", "192.0.2.9", "2001:db8::1",
                       "192.0.2.10"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9", "192.0.2.10", "2001:db8::1", "2001:db8::2")
    dns.names[NAME].reverse()
    asked_again(dns)
    assert named.log_text().count(f"'{NAME}' is") == 1
    assert hosts(named.lines()) == ["192.0.2.9", "192.0.2.10", "2001:db8::1",
                                    "2001:db8::2"]
    status, lines = named.dump("--check")
    assert status == 0, lines


def test_only_usable_addresses_and_four_of_them(named, dns):
    dns.names[NAME] = ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::",
                       "fe80::1", "ff02::1", "::ffff:192.0.2.1",
                       "192.0.2.5", "192.0.2.4", "192.0.2.3", "192.0.2.2",
                       "192.0.2.1"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")


def test_a_changed_answer_is_published(named, dns):
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    generation = named.generation()
    dns.names[NAME] = ["192.0.2.10", "192.0.2.11"]
    wait_hosts(named, "192.0.2.10", "192.0.2.11")
    assert named.generation() == generation


@pytest.mark.parametrize("mood", ["silent", "fails", "refuses", "confused",
                                  "gone"])
def test_addresses_stay_when_the_dns_fails(named, dns, postgres, mood):
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    if mood == "gone":
        del dns.names[NAME]  # an answer, and no sound one for a PSAP
    else:
        dns.mood = mood
    named.wait_log(f"'{NAME}' does not resolve")
    asked_again(dns)
    assert hosts(named.lines()) == ["192.0.2.9"]
    assert named.log_text().count(f"'{NAME}' does not resolve") == 1
    wait_until(lambda: problems(postgres), "PostgreSQL is told", 30)
    assert re.match(f"its name {NAME} does not resolve on node gw1 since",
                    problems(postgres)[0])

    dns.mood = "well"
    dns.names[NAME] = ["192.0.2.9"]
    named.wait_log(f"'{NAME}' resolves again")
    wait_until(lambda: not problems(postgres), "PostgreSQL is told", 30)


def test_addresses_outlive_a_restart_without_dns(named, dns, postgres):
    dns.names[NAME] = ["192.0.2.9", "192.0.2.10"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9", "192.0.2.10")
    assert named.stop()[0] == 0
    dns.mood = "silent"
    named.start_and_wait()
    named.wait_log(f"'{NAME}' does not resolve")
    assert hosts(named.lines()) == ["192.0.2.9", "192.0.2.10"]

    # ... and a directory that is built anew without it.
    postgres.execute("UPDATE e911.trunk SET port = 5099"
                     " WHERE name = 'psap-north'")
    postgres.execute("SELECT e911.directory_rebuild()")
    wait_until(lambda: named.generation() != "gen-000001",
               "the directory is built anew", 30)
    named.wait_lines(lambda lines: destinations(lines) == [
        "udp:5099 192.0.2.9", "udp:5099 192.0.2.10"], "the port is new")


def test_addresses_outlive_a_kill_and_the_loss_of_the_directory(named, dns):
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    named.kill()
    dns.mood = "silent"
    os.unlink(named.current)
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")


def test_a_damaged_file_of_names_costs_no_address(named, dns):
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    named.kill()
    dns.mood = "silent"
    with open(os.path.join(named.state, "names"), "wb") as file:
        file.write(b"\0\xff" * 100 + b"\nx y z\n" + b"a" * 300)
    named.start_and_wait()
    named.wait_log("make no sense, skipped")
    named.wait_log(f"'{NAME}' was never resolved")
    asked_again(dns)
    assert hosts(named.lines()) == ["192.0.2.9"]


def test_a_name_that_was_never_resolved_is_told_once(named, dns, postgres):
    named.start_and_wait()
    named.wait_log(f"'{NAME}' was never resolved")
    assert hosts(named.lines()) == []
    wait_until(lambda: problems(postgres) == [
        f"its name {NAME} was never resolved on node gw1: no such name"],
        "PostgreSQL is told", 30)
    asked_again(dns)
    assert named.log_text().count("was never resolved") == 1
    dns.names[NAME] = ["192.0.2.9"]
    wait_hosts(named, "192.0.2.9")
    wait_until(lambda: not problems(postgres), "PostgreSQL is told", 30)


def test_the_publisher_never_waits_for_the_dns(named, dns, postgres):
    """The first build, and a change, with a name server that is silent and
    an answer that may take half a minute."""
    named.settings["dns_timeout_ms"] = 30000
    dns.mood = "silent"
    began = time.monotonic()
    named.start_and_wait()
    postgres.execute("UPDATE e911.trunk SET port = 5098"
                     " WHERE name = 'psap-south'")
    named.wait_lines(lambda lines: any("port=5098" in line for line in lines),
                     "the change is published")
    wait_until(lambda: dns.asked, "the name is asked for", 30)
    assert named.stop()[0] == 0  # nor does the end
    assert time.monotonic() - began < 20


def test_contacts_may_have_names_in_their_place(named, dns, postgres):
    dns.names[NAME] = ["192.0.2.1", "192.0.2.2"]
    dns.names[TWO] = ["192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"]
    contact(postgres, 1, name=TWO.upper())
    contact(postgres, 2, host="192.0.2.7")
    contact(postgres, 3, name="unknown.example.com")
    contact(postgres, 4, host="192.0.2.8", port=5063)
    named.start_and_wait()
    port = postgres.value("SELECT port FROM e911.trunk"
                          " WHERE name = 'psap-north'")
    wait_hosts(named, *(f"192.0.2.{n}" for n in range(1, 9)))
    assert destinations(named.lines()) == [
        f"udp:{port} 192.0.2.1", f"udp:{port} 192.0.2.2",
        "tcp:5062 192.0.2.3", "tcp:5062 192.0.2.4", "tcp:5062 192.0.2.5",
        "tcp:5062 192.0.2.6", "tcp:5062 192.0.2.7", "tcp:5063 192.0.2.8"]

    # One more: each destination keeps a place, the names' last ones go.
    dns.names["unknown.example.com"] = ["192.0.2.9"]
    wait_hosts(named, *(f"192.0.2.{n}" for n in (1, 2, 3, 4, 5, 7, 9, 8)))


def test_the_other_family_stays_when_only_it_fails(named, dns):
    dns.names[NAME] = ["192.0.2.9", "2001:db8::9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9", "2001:db8::9")
    dns.silent_types.add(AAAA)
    dns.names[NAME] = ["192.0.2.10"]
    wait_hosts(named, "192.0.2.10", "2001:db8::9")
    dns.silent_types.clear()
    wait_hosts(named, "192.0.2.10")


def test_names_change_without_postgresql(named, dns, postgres):
    named.settings["postgres_connect_timeout_ms"] = 500
    named.settings["postgres_retry_max_ms"] = 200
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    postgres.stop()
    named.wait_log("no PostgreSQL")
    dns.names[NAME] = ["192.0.2.10"]
    wait_hosts(named, "192.0.2.10")
    assert named.stop()[0] == 0
    dns.names[NAME] = ["192.0.2.11"]
    named.start()
    wait_hosts(named, "192.0.2.11")


def test_a_name_that_is_taken_away_is_asked_for_no_more(named, dns, postgres):
    dns.names[NAME] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.name_resolution WHERE addresses <> '{}'"),
        "PostgreSQL is told", 30)
    postgres.execute("UPDATE e911.trunk SET host = '192.0.2.20',"
                     " host_name = NULL WHERE name = 'psap-north'")
    wait_hosts(named, "192.0.2.20")
    assert "configured=" not in "".join(named.lines("trunk "))
    wait_until(lambda: not postgres.value(
        "SELECT count(*) FROM e911.name_resolution"), "PostgreSQL is told", 30)
    name_it(postgres, "psap-south", TWO)
    asked_again(dns, TWO)
    count = dns.times_asked(NAME)
    asked_again(dns, TWO)
    assert dns.times_asked(NAME) == count

    # What it was is still known when it comes back.
    dns.mood = "silent"
    name_it(postgres)
    wait_hosts(named, "192.0.2.9")


def test_an_alias_is_followed(named, dns):
    dns.names[NAME] = "lb.example.net"
    dns.names["lb.example.net"] = "lb-1.example.net"
    dns.names["lb-1.example.net"] = ["192.0.2.9"]
    named.start_and_wait()
    wait_hosts(named, "192.0.2.9")
    dns.names["lb.example.net"] = "gone.example.net"
    named.wait_log(f"'{NAME}' does not resolve")
    assert hosts(named.lines()) == ["192.0.2.9"]


def test_the_second_server_is_asked_when_the_first_is_silent(named, dns):
    with NameServer() as other:
        named.settings["dns_servers"] = other.address + "," + dns.address
        other.mood = "silent"
        dns.names[NAME] = ["192.0.2.9"]
        named.start_and_wait()
        wait_hosts(named, "192.0.2.9")
        assert other.asked and "never resolved" not in named.log_text()


def test_etc_hosts_is_looked_into_first(e911d, dns, postgres):
    ask(e911d, dns)
    name_it(postgres, name="localhost")
    e911d.start_and_wait()
    e911d.wait_lines(lambda lines: "127.0.0.1" in hosts(lines),
                     "localhost is what it always is")


@pytest.mark.parametrize("servers", ["ns.example.com", "192.0.2.53,,x",
                                     "192.0.2.53:port"])
def test_a_bad_list_of_servers_is_refused(e911d, servers):
    e911d.settings["dns_servers"] = servers
    e911d.write_config()
    status, said = e911d.run("--check-config")
    assert status == 2 and "dns_servers" in said
