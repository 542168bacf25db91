"""What templates know beyond their view, where it takes several rooms to tell."""

from django.http import HttpRequest

from kvitto.demo import chooser


def demo(_request: HttpRequest) -> dict[str, object]:
    """`demo_door`: whether the demo's page is there. Asked of the register only where a template asks."""
    return {"demo_door": chooser.is_open}
