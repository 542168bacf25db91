"""What one person says and buys, in any order; and what then holds, told without a word of the program's.

A script is a list of steps, a minute apart. Whoever plays it tells a `Book` what was done at each, and asks it what must be: what
may be used, how much of a receipt is recorded, what of it, and what the Bonus counts.
"""

import random
from dataclasses import dataclass, field

LEVEL = "recording_level"
PRODUCT, GROUP, TOTAL = 3, 2, 1
ALLOWED_AT_FIRST = {  # what holds for whoever says nothing
    "purchase_use": 1,
    "personal_services": 1,
    "group_statistics": 1,
    "email": 0,
    "text_message": 0,
    "push": 0,
    "post": 1,
    "phone": 1,
}
CATEGORIES = ("alcohol", "health")
OFTEN = {LEVEL: 6, "alcohol": 4, "health": 3, "purchase_use": 6} | dict.fromkeys(list(ALLOWED_AT_FIRST)[1:], 1)
STORES = {"101": PRODUCT, "201": GROUP, "900": TOTAL}  # what each chain records


@dataclass(frozen=True)
class Product:
    """What tills and the assortment know of it; `group` is the group that receipts at group level name."""

    code: str
    cents: int
    group: str = ""  # known to nobody
    own: str = ""  # the category of the product itself, and not of its group
    earns: bool = False


MILK = Product("6408430000135", 215, "dairy", earns=True)
PEARS = Product("6408430000210", 340, "fruit", earns=True)
CIDER = Product("6408430000227", 455, "fruit", own="alcohol", earns=True)
BEER = Product("6413600000013", 199, "drinks")
PILLS = Product("6408430000234", 1290, "wellness", earns=True)
TEA = Product("6408430000241", 620, "wellness", earns=True)
STRANGE = Product("6408430000258", 777)
PRODUCTS = {each.code: each for each in (MILK, PEARS, CIDER, BEER, PILLS, TEA, STRANGE)}
OF_CATEGORY = {"alcohol": {CIDER, BEER}, "health": {PILLS}}
WITH_CATEGORY = {"alcohol": {"fruit", "drinks"}, "health": {"wellness"}}  # groups that hold any of it


@dataclass(frozen=True)
class Say:
    """The person, or staff for them, decides about a topic or a category: 0 keeps a category out, 1 lets it in again."""

    about: str
    value: int
    own: bool


@dataclass(frozen=True)
class Confirm:
    """The person says yes to something staff wrote down, signed in or by a letter's code: the nth statement that was made."""

    nth: int
    letter: bool


@dataclass(frozen=True)
class Buy:
    """A receipt comes in; it ended in a minute of the script, before the script (-1), or in a minute by a fast clock."""

    store: str
    minute: int
    codes: tuple[str, ...]


Step = Say | Confirm | Buy


@dataclass(frozen=True)
class Script:
    """One interleaving."""

    minor: bool
    steps: tuple[Step, ...]


def script(seed: str) -> Script:
    """One at random; the same for the same seed. It keeps to few topics and changes its mind, so that orders matter."""
    dice = random.Random(seed)  # noqa: S311  a script, no secret
    abouts = dice.choices(list(OFTEN), list(OFTEN.values()), k=dice.choice((1, 1, 2)))
    last: dict[str, int] = {}
    steps: list[Step] = []
    for minute in range(dice.randint(3, 9)):
        kind = dice.choices("sbc", (5, 4, 2))[0]
        if kind == "s":
            about = dice.choice(abouts)
            values = (PRODUCT, GROUP, TOTAL) if about == LEVEL else (0, 1)
            last[about] = dice.choice([value for value in values if value != last.get(about)])
            steps.append(Say(about, last[about], dice.random() < 0.5))
        elif kind == "c":
            steps.append(Confirm(dice.randint(0, 3), dice.random() < 0.3))
        else:
            codes = tuple(dice.choices(list(PRODUCTS), k=dice.randint(1, 5)))
            steps.append(Buy(dice.choices(list(STORES), (5, 2, 1))[0], dice.randint(-1, minute + 1), codes))
    return Script(dice.random() < 0.2, tuple(steps))


def smaller(whole: Script) -> list[Script]:
    """The script with one step less, in every way; a step that is gone leaves its minute."""
    idle = Confirm(99, letter=False)  # of what was never said
    steps = whole.steps
    shorter = [steps[:-1]] if steps else []
    shorter += [(*steps[:n], idle, *steps[n + 1 :]) for n, step in enumerate(steps) if step != idle]
    return [Script(whole.minor, each) for each in shorter]


@dataclass(frozen=True)
class Recorded:
    """What there is of a receipt; the Bonus counts the same, whatever was said."""

    level: int
    kept: list[tuple[str, int]]  # codes at product level, names of groups at group level ("" is none), each with cents
    paid: bool  # whether tax and tenders are there
    total: int
    bonus: int


@dataclass
class Said:
    """A statement that was written down: what then is allowed of its topic, and whether it waits for a yes."""

    minute: int
    topic: str
    state: int | frozenset[str]
    waits: bool


@dataclass
class Book:
    """What must hold for one person, from what was said to whom and when."""

    minor: bool
    said: list[Said] = field(default_factory=list)

    def says(self, say: Say, minute: int) -> bool:
        """Note a statement; whether it is one that can be made: a minor allows nothing more."""
        before = self.state(topic := "categories" if say.about in CATEGORIES else say.about, minute)
        if isinstance(before, frozenset):
            after = before - {say.about} if say.value else before | {say.about}
            loosens = after < before
        else:
            after, loosens = say.value, say.value > before
        if loosens and self.minor:
            return False
        self.said.append(Said(minute, topic, after, waits=loosens and not say.own))
        return True

    def confirms(self, nth: int, minute: int) -> bool:
        """Note the yes to the nth statement; whether it waits for one, and nothing newer was said about its topic."""
        asked = self.said[nth]
        if not asked.waits or any(each.topic == asked.topic for each in self.said[nth + 1 :]):
            return False
        self.said.append(Said(minute, asked.topic, asked.state, waits=False))
        return True

    def state(self, topic: str, minute: int):
        """What was last decided about a topic by a minute, and did not wait."""
        for each in reversed(self.said):
            if each.topic == topic and not each.waits and each.minute <= minute:
                return each.state
        return frozenset() if topic == "categories" else ALLOWED_AT_FIRST.get(topic, PRODUCT)

    def recorded(self, buy: Buy, minute: int) -> Recorded:
        """What must be recorded of a receipt that comes in at a minute: by what held when it ended, and what holds now."""
        level = min(STORES[buy.store], self.state(LEVEL, buy.minute), self.state(LEVEL, minute))
        out = self.state("categories", buy.minute) | self.state("categories", minute)
        bought = [PRODUCTS[code] for code in buy.codes]
        kept = _products(bought, out) if level == PRODUCT else _groups(bought, out) if level == GROUP else []
        total, earned = sum(each.cents for each in bought), sum(each.cents for each in bought if each.earns)
        return Recorded(level, kept, level > TOTAL and not out, total, earned)


def _products(bought: list[Product], out: frozenset[str]) -> list[tuple[str, int]]:
    barred = set().union(*(OF_CATEGORY[each] for each in out), {STRANGE} if out else ())
    return sorted((each.code, each.cents) for each in bought if each not in barred)


def _groups(bought: list[Product], out: frozenset[str]) -> list[tuple[str, int]]:
    barred = set().union(*(WITH_CATEGORY[each] for each in out), {""} if out else ())
    sums: dict[str, int] = {}
    for each in bought:
        sums[each.group] = sums.get(each.group, 0) + each.cents
    return sorted((group, cents) for group, cents in sums.items() if group not in barred)
