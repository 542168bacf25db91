"""Who acts: every write and every opening names one."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of actor an audit entry can name."""

    SYSTEM = "system"  # a job of the co-op's own
    OPERATOR = "operator"  # a person at the machine's command line
    TILL = "till"  # a till key
    MEMBER = "member"  # a signed-in member, for themselves
    STAFF = "staff"  # a signed-in handler
    VISITOR = "visitor"  # somebody who is not signed in, whoever it is


@dataclass(frozen=True, slots=True)
class Actor:
    """A kind and an id within the kind. The id is never a name."""

    kind: ActorKind
    id: str


SYSTEM = Actor(ActorKind.SYSTEM, "system")
OPERATOR = Actor(ActorKind.OPERATOR, "cli")
VISITOR = Actor(ActorKind.VISITOR, "visitor")
