"""A result as JUnit XML, which CI servers show: one file for each student, a test case for each check.

The form is junit-10.xsd (jenkinsci/xunit-plugin, src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd, read
at commit 031e285e), which pytest follows, too. There is no time in it: a view has none.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from grader.renderers import Exported
from grader.renderers.items import Item, items_of
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.result import points_text
from grader.results.standing import Standing
from grader.results.view import View

DESCRIPTION = "JUnit XML for CI servers: a file for each student"
STATES = {"passed": "", "error": "error", "skipped": "skipped", "pending": "skipped"}  # all others are failures


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """<student>/<lab>/junit.xml."""
    for standing in standings:
        view = standing.view()
        yield f"{standing.graded.student}/{view.lab}/junit.xml", _document(view, list(items_of(view, words)))


def _document(view: View, items: list[Item]) -> bytes:
    states = [STATES.get(item.outcome, "failure") for item in items]
    counts = {
        "tests": str(len(items)),
        "failures": str(states.count("failure")),
        "errors": str(states.count("error")),
    }
    root = ET.Element("testsuites", {"name": view.lab, **counts})
    suite = ET.SubElement(
        root, "testsuite", {"name": f"{view.lab} {view.student}", **counts, "skipped": str(states.count("skipped"))}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("score", view.score), ("max_score", view.max_score)):
        ET.SubElement(properties, "property", {"name": name, "value": points_text(value)})
    for item, state in zip(items, states, strict=True):
        case = ET.SubElement(suite, "testcase", {"name": item.name, "classname": f"{view.lab}.{item.task}"})
        if state:
            first = item.text.partition("\n")[0] or item.outcome
            kind = {"type": item.outcome} if state == "failure" else {}
            ET.SubElement(case, state, {**kind, "message": first}).text = item.text
        ET.SubElement(case, "system-out").text = item.points_said
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
