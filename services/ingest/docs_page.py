"""The OpenAPI document as a page for people.

The pages that come with the framework load scripts of foreign hosts; this one loads
nothing at all.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def page_of(document: Mapping[str, Any]) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["examples"] = _examples_of
    environment.filters["answer"] = _answer_of
    return environment.get_template("docs.html").render(document)


def _examples_of(content: Mapping[str, Any]) -> Sequence[str]:
    if "example" in content:
        return [_text_of(content["example"])]
    return [_text_of(one["value"]) for one in content.get("examples", {}).values()]


def _answer_of(response: Mapping[str, Any]) -> Sequence[str]:
    return _examples_of(response.get("content", {}).get("application/json", {}))


def _text_of(example: object) -> str:
    if isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)
