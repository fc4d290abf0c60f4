"""The page about the form of result.json: a table for each record of grader/results/result.schema.json."""

import json
import tomllib
from pathlib import Path
from typing import Any

FILE = "grader/results/result.schema.json"
WORDS = {
    "en": {
        "title": "The form of result.json",
        "says": f"Made from [`{FILE}`](../{FILE}), the JSON Schema. [Results](results.md) says what the fields are.",
        "head": "| field | type | default | meaning |",
        "required": "required",
        "one of": "one of",
        "list of": "list of",
        "object of": "object, values:",
    },
    "zh": {
        "title": "result.json 的格式",
        "says": f"本页由 JSON Schema [`{FILE}`](../{FILE}) 生成。各字段的用途见[结果](results.md)。",
        "head": "| 字段 | 类型 | 默认值 | 含义 |",
        "required": "必填",
        "one of": "取值之一：",
        "list of": "列表，元素为",
        "object of": "对象，值为",
    },
}


def meanings(language: str) -> dict[str, str]:
    """What the fields mean in another language, by record and field ("Result.lab"); the record's own by its name."""
    file = Path(__file__).parent / f"schema.{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def fields(schema: dict[str, Any]) -> dict[str, str]:
    """The schema's own meaning of every record and every field that has one."""
    found = {}
    for record, form in schema["$defs"].items():
        found[record] = form["description"]
        for field, value in form["properties"].items():
            if "description" in value:
                found[f"{record}.{field}"] = value["description"]
    return found


def page(root: Path, language: str) -> str:
    """The page as Markdown."""
    schema = json.loads((root / FILE).read_text(encoding="utf-8"))
    words, said = WORDS[language], fields(schema) | meanings(language)
    lines = [f"# {words['title']}", "", words["says"], ""]
    for record, form in schema["$defs"].items():
        lines += [f"## {record}", "", said[record], "", words["head"], "| --- | --- | --- | --- |"]
        for field, value in form["properties"].items():
            default = words["required"] if field in form.get("required", ()) else _code(value.get("default", ""))
            lines.append(f"| `{field}` | {_type(value, words)} | {default} | {said.get(f'{record}.{field}', '')} |")
        lines.append("")
    return "\n".join(lines)


def _type(form: dict[str, Any], words: dict[str, str]) -> str:
    match form:
        case {"enum": [only]}:
            return _code(only)
        case {"enum": several}:
            return f"{words['one of']} {', '.join(map(_code, several))}"
        case {"$ref": str(name)}:
            record = name.rpartition("/")[2]
            return f"[{record}](#{record.lower()})"
        case {"anyOf": several}:
            return " / ".join(_type(each, words) for each in several)
        case {"type": "array", "items": items}:
            return f"{words['list of']} {_type(items, words)}"
        case {"type": "object", "additionalProperties": values}:
            return f"{words['object of']} {_type(values, words)}"
    return str(form["type"])


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"
