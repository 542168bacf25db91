"""What somebody reads, or hears, before they decide: the effect first. The same words on the web, at a service point, by phone.

A statement keeps which text it was. Whoever changes a text raises `VERSION`; a test holds them together.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from kvitto.assortment.types import Names, named
from kvitto.choices.rules import NO, YES
from kvitto.choices.types import Shown, Topic
from kvitto.kernel.collation import sort_key
from kvitto.stores.types import Level

VERSION = 3


@dataclass(frozen=True, slots=True)
class Text:
    """A topic: its name, what it is about, and what each value on its scale means for the person.

    Of the categories that are never recorded, a value is about one of them: NO keeps it out, YES lets it in again.
    """

    name: Promise
    about: Promise
    effects: dict[int, Promise]
    acts: dict[int, Promise]  # what the button for a value says


TEXTS: dict[Topic, Text] = {
    Topic.PURCHASE_USE: Text(
        _("Use of purchases for communication and marketing"),
        _("Whether what you have bought may decide what we write to you about."),
        {
            NO: _(
                "Nothing that you have bought decides what we send or show you. Letters and offers to everybody may still come. "
                "Your Bonus, member prices, offers and receipts stay exactly as they are."
            ),
            YES: _("What you have bought may decide what we write to you about: no meat, no offers of meat."),
        },
        {NO: _("Forbid it"), YES: _("Allow it")},
    ),
    Topic.RECORDING_LEVEL: Text(
        _("How much of a receipt is recorded"),
        _(
            "It holds from your next receipt on. What is recorded already stays until its two years are over, unless you have it "
            "removed."
        ),
        {
            Level.TOTAL: _(
                "Only store, day and total. Of what you buy from then on you see no products, nor what they cost last time. Your "
                "Bonus stays exactly as it is."
            ),
            Level.GROUP: _("Sums by product group, never which product. Your Bonus stays exactly as it is."),
            Level.PRODUCT: _("Every product, where the chain records them: you see each line of your receipts."),
        },
        {
            Level.TOTAL: _("Record totals only"),
            Level.GROUP: _("Record product groups"),
            Level.PRODUCT: _("Record every product"),
        },
    ),
    Topic.NOT_RECORDED: Text(
        _("Categories that are never recorded"),
        _(
            "It holds from your next receipt on. What is recorded already stays until its two years are over, unless you have it "
            "removed."
        ),
        {
            NO: _(
                "Nothing of this category is recorded: what it costs becomes part of one sum without a name, together with goods "
                "of which no category is known. So that nothing can be worked out, tax and payment are not recorded either. "
                "Store, day, total and all other goods stay, and so does your Bonus, exactly as it is."
            ),
            YES: _("What you buy of this category from then on is recorded again, as everything else."),
        },
        {NO: _("Never record it"), YES: _("Record it again")},
    ),
    Topic.RECEIPT_ARCHIVE: Text(
        _("Receipt archive"),
        _("Whether receipts of which you have less recorded are kept whole, for your eyes alone."),
        {
            NO: _(
                "Of your receipts nothing is kept but what is recorded. What is in the archive is deleted at once, and nobody can "
                "open it again. Your Bonus stays exactly as it is."
            ),
            YES: _(
                "From your next receipt on, those of which you have less recorded than the chain records are kept whole in an "
                "archive, under keys of its own. Only you see it: it is used for no statistics, no marketing and no Bonus, and "
                "nobody who works here can open it. Each receipt is deleted after two years. Where a chain records totals only, "
                "and of categories that you keep out, there is nothing in it."
            ),
        },
        {NO: _("Turn it off and delete it"), YES: _("Turn it on")},
    ),
    Topic.WARRANTY_RECEIPTS: Text(
        _("Warranty receipts"),
        _("Whether what a claim needs is kept of what you buy with a guarantee."),
        {
            NO: _(
                "No warranty receipts are kept, and those that are there are deleted at once. Your receipts and your Bonus stay "
                "exactly as they are, and so does every guarantee."
            ),
            YES: _(
                "Of what you buy with a guarantee, what a claim needs is kept until the guarantee ends: seller, day, number, the "
                "goods with their serial number, and the terms. You are reminded before it ends. Only you see it, and you can "
                "delete each at any time."
            ),
        },
        {NO: _("Turn them off and delete them"), YES: _("Turn them on")},
    ),
    Topic.PERSONAL_SERVICES: Text(
        _("Services made from your purchases"),
        _("Whether your own pages may count and suggest from what you have bought, such as shopping lists."),
        {
            NO: _("Nothing is suggested to you from your purchases. Your receipts stay, and so does your Bonus."),
            YES: _("Your own pages may suggest what you usually buy. Nobody but you sees it."),
        },
        {NO: _("Turn it off"), YES: _("Turn it on")},
    ),
    Topic.GROUP_STATISTICS: Text(
        _("Statistics about groups"),
        _("Whether your purchases count when we look at how groups of households buy. No person is ever seen in them."),
        {
            NO: _("Your purchases are left out of new statistics. Nothing else changes, nor does your Bonus."),
            YES: _("Your purchases count among those of many households, without your name."),
        },
        {NO: _("Leave mine out"), YES: _("Count mine")},
    ),
}
_CHANNELS = {
    Topic.EMAIL: _("E-mail"),
    Topic.TEXT_MESSAGE: _("Text messages"),
    Topic.PUSH: _("Notifications on the phone"),
    Topic.POST: _("Letters and the magazine"),
    Topic.PHONE: _("Calls"),
}
TEXTS |= {
    topic: Text(
        name,
        _("Marketing in this way. What you have asked for yourself, such as a code or a receipt, comes all the same."),
        {NO: _("No marketing comes to you in this way."), YES: _("Marketing may come to you in this way.")},
        {NO: _("No, thank you"), YES: _("Yes, please")},
    )
    for topic, name in _CHANNELS.items()
}
WISH_NAMES: dict[Topic, Promise] = {
    Topic.DIET: _("What you eat"),
    Topic.SUBJECTS: _("What you like to read about"),
    Topic.MEDIUM: _("Digital or on paper"),
    Topic.FREQUENCY: _("How often"),
}
WISHES_ABOUT = _(
    "Wishes are what you tell us, so no purchase is looked at for them. They help to send less, and what fits: also when you have "
    "forbidden the use of your purchases."
)
NONE_KEPT_OUT = _("every category is recorded")
WISHES: dict[str, Promise] = {
    "vegetarian": _("vegetarian"),
    "vegan": _("vegan"),
    "gluten_free": _("gluten-free"),
    "lactose_free": _("lactose-free"),
    "no_pork": _("no pork"),
    "no_alcohol": _("no alcohol"),
    "food": _("food"),
    "home": _("home"),
    "garden": _("garden"),
    "clothes": _("clothes"),
    "car": _("car and fuel"),
    "travel": _("travel and restaurants"),
    "new_products": _("new products"),
    "digital": _("digital"),
    "paper": _("on paper"),
    "weekly": _("every week"),
    "monthly": _("once a month"),
    "seldom": _("seldom"),
}


def name_of(topic: Topic) -> Promise:
    """What a topic is called."""
    return TEXTS[topic].name if topic in TEXTS else WISH_NAMES[topic]


def category(code: str, names: Mapping[str, Names], language: str) -> str:
    """What a category is called; the code itself where it has no name."""
    return named(names.get(code, {}), language) or code


def offered(held: Collection[str], names: Mapping[str, Names], language: str) -> list[tuple[str, str, int, Promise]]:
    """The categories in the order of their names: code, name, and what can be decided about each: its value and its button."""
    acts = TEXTS[Topic.NOT_RECORDED].acts
    values = {code: YES if code in held else NO for code in names}
    found = [(code, category(code, names, language), value, acts[value]) for code, value in values.items()]
    return sorted(found, key=lambda each: sort_key(each[1]))


def shown(topic: Topic, value: int | None, language: str) -> Shown:
    """The text as somebody has it before them: its digest covers name, subject and effect in the language."""
    with override(language):
        text = TEXTS.get(topic)
        parts = [str(text.name), str(text.about), str(text.effects[value])] if text and value is not None else []
        parts = parts or [str(WISH_NAMES.get(topic, "")), str(WISHES_ABOUT)]
    return Shown(VERSION, language, hashlib.sha256("\n".join(parts).encode()).hexdigest())
