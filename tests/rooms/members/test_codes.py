"""Codes that let a person set up their sign-in: by letter or from a service point, once, and only for their person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from kvitto.accounts.actions import UsernameError, create_account
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR, VISITOR
from kvitto.kernel.db import opened
from kvitto.members import actions, queries, rules
from kvitto.members.actions import CodeOverError, LinkedError
from kvitto.members.models import Card, Code, Person
from kvitto.members.types import CodeChannel
from tests.cast import AINO_CARD, CHEN_CARD, NOW
from tests.dump import places_of_text

PASSWORD = "kvittot i fickan"
DAY = timedelta(days=1)


def issue(person_id, channel=CodeChannel.LETTER, now=NOW):
    with opened():
        return actions.issue_code(person_id=person_id, channel=channel, by=OPERATOR, now=now)


def find(code, card=AINO_CARD, now=NOW):
    return queries.find_code(card=card, code=rules.read_code(code), now=now)


def use(code_id, username="aino", password=PASSWORD, now=NOW):
    with opened():
        return actions.use_code(code_id=code_id, username=username, password=password, by=VISITOR, now=now)


@given(st.text(rules.ALPHABET, min_size=8, max_size=8))
def test_a_code_is_read_as_it_is_written(code):
    assert rules.read_code(rules.written(code)) == code
    assert rules.read_code(f" {rules.written(code).lower().replace('-', ' – ')} ") == code


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_code_or_none(text):
    code = rules.read_code(text)
    assert code is None or (len(code) == 8 and set(code) <= set(rules.ALPHABET))


def test_letters_that_look_like_digits_are_those_digits():
    assert rules.read_code("o0il-1OIL") == "00111011"
    assert rules.read_code("UUUU-UUUU") is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("9246 0000 0000 0017", AINO_CARD),
        ("9246-0000-0000-0017", AINO_CARD),
        ("1234567", None),
        ("٣" * 16, None),
        ("", None),
    ],
)
def test_a_card_number_is_read_with_gaps(typed, number):
    assert rules.read_card(typed) == number


def test_a_code_leads_its_holder_in_and_nobody_else(cast):
    code = issue(cast.aino)
    assert find(code) is not None
    assert find(code, CHEN_CARD) is None
    assert find(code, "99999999") is None
    assert find("0000-0000") is None


@pytest.mark.parametrize(("channel", "holds"), [("letter", 30 * DAY), ("service_point", DAY)])
def test_a_code_holds_as_long_as_its_way_takes(cast, channel, holds):
    code = issue(cast.aino, CodeChannel(channel))
    found = find(code, now=NOW + holds - timedelta(seconds=1))
    assert found is not None
    assert find(code, now=NOW + holds) is None
    with pytest.raises(CodeOverError):
        use(found, now=NOW + holds)


def test_a_newer_code_ends_the_older_of_the_same_person(cast):
    first, of_chen, second = issue(cast.aino), issue(cast.chen), issue(cast.aino)
    assert find(first) is None
    assert find(second) is not None
    assert find(of_chen, CHEN_CARD) is not None


def test_a_card_that_was_given_up_leads_nowhere(cast):
    code = issue(cast.aino)
    card = Card.objects.get(number=AINO_CARD)
    card.period = (card.period.lower, NOW)
    card.save()
    assert find(code) is None


def test_a_code_makes_an_account_for_its_person_once(cast):
    found = find(issue(cast.aino))
    assert queries.open_code(found, now=NOW).username is None
    account_id = use(found)
    assert queries.person_of_account(account_id) == cast.aino
    assert Account.objects.get().check_password(PASSWORD)
    assert queries.open_code(found, now=NOW) is None
    with pytest.raises(CodeOverError):
        use(found, username="again")
    assert Account.objects.count() == 1


def test_a_code_gives_an_account_a_new_password_and_keeps_its_name(cast):
    use(find(issue(cast.aino)))
    found = find(issue(cast.aino))
    assert queries.open_code(found, now=NOW).username == "aino"
    use(found, username="other", password="ny lapp i fickan")
    assert Account.objects.get().username == "aino"
    assert Account.objects.get().check_password("ny lapp i fickan")


def test_a_taken_name_leaves_the_code_usable(cast):
    with opened():
        create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    found = find(issue(cast.aino))
    with pytest.raises(UsernameError):
        use(found)
    assert use(found, username="aino.a")


def test_a_closed_account_is_not_opened_by_a_code(cast):
    use(find(issue(cast.aino)))
    found = find(code := issue(cast.aino))
    Account.objects.update(is_active=False)
    assert find(code) is None
    with pytest.raises(CodeOverError):
        use(found)


def test_an_account_is_linked_to_one_person(cast):
    with opened():
        account_id = create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        other = create_account(username="chen", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        actions.link_account(person_id=cast.aino, account_id=account_id, by=OPERATOR, now=NOW)
    for person_id, account in ((cast.chen, account_id), (cast.aino, other)):
        with opened(), pytest.raises(LinkedError):
            actions.link_account(person_id=person_id, account_id=account, by=OPERATOR, now=NOW)
    assert Person.objects.get(pk=cast.aino).account_id == account_id


def test_making_and_using_a_code_leaves_traces_of_whose_it_was(cast):
    use(find(issue(cast.aino)))
    entries = Entry.objects.filter(subject=queries.audit_id(cast.aino)).order_by("pk")
    assert list(entries.values_list("action", "actor_kind", "purpose")) == [
        ("members.issue_code", "operator", "letter"),
        ("members.link_account", "visitor", ""),
        ("members.use_code", "visitor", ""),
    ]


def test_retention_deletes_codes_whose_time_is_over(cast):
    issue(cast.aino, CodeChannel.SERVICE_POINT)
    issue(cast.chen, CodeChannel.LETTER)
    with opened():
        assert actions.forget_codes(now=NOW + 2 * DAY) == 1
    assert Code.objects.get().person_id == cast.chen


def test_a_code_that_is_used_twice_at_once_works_once(committed_cast):
    found = find(issue(committed_cast.aino))
    together = Barrier(4)

    def one(number):
        together.wait()
        try:
            return use(found, username=f"aino{number}")
        except CodeOverError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        made = [account for account in pool.map(one, range(4)) if account]

    assert made == list(Account.objects.values_list("pk", flat=True))
    assert len(made) == 1


def test_no_code_and_no_password_is_stored_in_the_clear(committed_cast):
    code = issue(committed_cast.aino)
    use(find(code))
    for text in (code, rules.read_code(code), PASSWORD):
        assert places_of_text(text) == set()
