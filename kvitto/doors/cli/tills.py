"""`kvitto tills`: the keys with which tills hand in receipts over the network."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from kvitto.doors.cli import base
from kvitto.tills.rules import DAYS, MOST_DAYS, MOST_OVERLAP_DAYS, OVERLAP_DAYS

app = typer.Typer(help="Keys of tills: make, list, replace, take away.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
KeyId = Annotated[int, typer.Argument(metavar="KEY", help="The key's number, as kvitto tills list tells it.")]


@app.command()
def issue(
    label: Annotated[str, typer.Argument(help="What the key is for: it tells keys apart, and holds no name.")],
    store: Annotated[str, typer.Option(help="The code of the store whose receipts it may write.")] = "",
    chain: Annotated[str, typer.Option(help="Or of the chain, for all its stores.")] = "",
    company: Annotated[str, typer.Option(help="Or of the company, for all its stores.")] = "",
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long it holds.")] = DAYS,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="What comes with it is checked, and nothing stored.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a key for the tills of a store, a chain or a company. It is printed once, on stdout, and kept nowhere.

    kvitto tills issue "Harbour, all tills" --store 101
    """
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.stores.types import ScopeKind
    from kvitto.tills import actions

    given = {ScopeKind.STORE: store, ScopeKind.CHAIN: chain, ScopeKind.COMPANY: company}
    named = [(kind, code) for kind, code in given.items() if code]
    if len(named) != 1:
        raise typer.BadParameter("name one of --store, --chain and --company")
    kind, code = named[0]
    with opened():
        key = actions.issue(
            label=label, kind=kind, code=code, days=days, sandbox=sandbox, by=OPERATOR, now=datetime.now(UTC)
        )
    _show(key, as_json=as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List every key that was ever made, the newest first; never a key itself."""
    base.setup()
    from kvitto.tills.queries import listed

    keys = listed(now=datetime.now(UTC))
    if as_json:
        base.print_json({"keys": [asdict(each) for each in keys]})
        return
    for each in keys:
        sandbox = ", sandbox" if each.sandbox else ""
        print(
            f"{each.key_id:5} {each.state:8} until {each.expires_at:%Y-%m-%d}  {each.kind} {each.code}{sandbox}: {each.label}"
        )
    if not keys:
        base.messages.print("no till has a key: kvitto tills issue ... --store CODE", highlight=False)


@app.command()
def rotate(
    key: KeyId,
    overlap_days: Annotated[
        int, typer.Option(min=0, max=MOST_OVERLAP_DAYS, help="How long the old key holds on; 0 ends it now.")
    ] = OVERLAP_DAYS,
    as_json: Json = False,
) -> None:
    """Make a key in the place of another, for the same stores and as long again."""
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.tills import actions

    with opened():
        new = actions.rotate(key_id=key, overlap_days=overlap_days, by=OPERATOR, now=datetime.now(UTC))
    _show(new, as_json=as_json)


@app.command()
def revoke(key: KeyId, as_json: Json = False) -> None:
    """Take a key away: the next request with it is refused."""
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.tills import actions

    with opened():
        actions.revoke(key_id=key, by=OPERATOR, now=datetime.now(UTC))
    if as_json:
        base.print_json({"key": key, "revoked": True})
    else:
        base.messages.print(f"key {key} is over", highlight=False)


def _show(key: Any, *, as_json: bool) -> None:
    if as_json:
        base.print_json({"key": key.key_id, "token": key.token, "expires_at": key.expires_at.isoformat()})
        return
    print(key.token)
    base.messages.print(
        f"key {key.key_id} holds until {key.expires_at:%Y-%m-%d}. It is shown only now: put it where the till reads it",
        highlight=False,
        soft_wrap=True,
    )
