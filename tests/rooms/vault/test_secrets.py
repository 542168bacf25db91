"""Small secrets of accounts: each opens for its account and its purpose, and nowhere else."""

import pytest

from kvitto.vault.actions import TamperedError, open_secret, seal_secret


@pytest.fixture
def blob(db):
    return seal_secret(account_id=7, purpose="app", plaintext=b"the seed")


def test_a_secret_opens_again(blob):
    assert open_secret(account_id=7, purpose="app", blob=blob) == b"the seed"
    assert b"the seed" not in blob


def test_one_secret_is_never_sealed_the_same_way_twice(blob):
    assert seal_secret(account_id=7, purpose="app", plaintext=b"the seed") != blob


@pytest.mark.parametrize(("account_id", "purpose"), [(8, "app"), (7, "passkey"), (7, "ap"), (7, "")])
def test_it_opens_for_no_other_account_and_no_other_purpose(blob, account_id, purpose):
    with pytest.raises(TamperedError, match="does not belong to this account") as refused:
        open_secret(account_id=account_id, purpose=purpose, blob=blob)
    assert "seed" not in str(refused.value)


def test_a_changed_byte_anywhere_is_noticed(blob):
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(TamperedError):
            open_secret(account_id=7, purpose="app", blob=bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 5, 13, 28])
def test_what_is_too_short_is_refused(blob, length):
    with pytest.raises(TamperedError):
        open_secret(account_id=7, purpose="app", blob=blob[:length])
