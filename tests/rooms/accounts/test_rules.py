"""How long somebody waits, when a session ends, what a device is called: decided without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.accounts import rules
from kvitto.accounts.types import Ended, Scope
from tests.cast import NOW

BOTH_FACES = pytest.mark.parametrize("limits", [rules.MEMBER_LIMITS, rules.STAFF_LIMITS])


def waits(scope, *failures):
    return [int(rules.wait_after(count, scope).total_seconds()) for count in failures]


def test_four_tries_are_free_and_then_each_wait_doubles_up_to_a_quarter_of_an_hour():
    assert waits(Scope.BOTH, 0, 1, 4, 5, 6, 7, 8) == [0, 0, 0, 5, 10, 20, 40]
    assert waits(Scope.BOTH, 12, 13, 10**6) == [640, 900, 900]


def test_a_name_alone_or_a_network_alone_has_more_tries_and_shorter_waits():
    assert waits(Scope.NAME, 50, 51, 52, 53, 54, 10**6) == [0, 5, 10, 20, 30, 30]
    assert waits(Scope.NETWORK, 100, 101, 104, 105, 10**6) == [0, 5, 40, 60, 60]


@given(st.integers(0, 10**9), st.sampled_from(Scope))
def test_one_failure_more_never_shortens_a_wait(failures, scope):
    assert rules.wait_after(failures, scope) <= rules.wait_after(failures + 1, scope)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2::1", "20010db800010002"),
        ("2001:db8:1:3::1", "20010db800010003"),
        ("fe80::1%eth0", "fe80000000000000"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_a_network_is_an_ipv4_address_or_half_an_ipv6_one(address, network):
    assert rules.network_of(address) == network


@BOTH_FACES
def test_a_session_ends_unused_or_when_it_has_lasted_as_long_as_any_may(limits):
    assert rules.ends_at(NOW, NOW, limits) == NOW + limits.idle
    late = NOW + limits.whole - timedelta(minutes=1)
    assert rules.ends_at(NOW, late, limits) == NOW + limits.whole


@BOTH_FACES
def test_why_a_session_has_ended_is_known_from_its_end(limits):
    assert rules.why_ended(NOW, rules.ends_at(NOW, NOW, limits), limits) is Ended.IDLE
    assert rules.why_ended(NOW, NOW + limits.whole, limits) is Ended.LONG


def test_staff_have_the_shorter_limits():
    assert rules.STAFF_LIMITS.idle < rules.MEMBER_LIMITS.idle
    assert rules.STAFF_LIMITS.whole < rules.MEMBER_LIMITS.whole


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/129.0 Safari/537.36 Edg/129.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/129.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0 Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("curl/8.0", ""),
        ("Windows thing", " on Windows"),
        ("", ""),
        ("x" * 10_000 + "\U0001f600", ""),
    ],
)
def test_a_device_is_said_in_coarse_words(user_agent, device):
    assert rules.device_of(user_agent) == device
    assert len(rules.device_of(user_agent)) <= 40
