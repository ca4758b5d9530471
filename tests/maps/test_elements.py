import pytest
from jinja2 import Template

from gisgrid.maps.elements import safe_text

HOSTILE = [
    "{{ 7*7 }}",
    "{% set x = 1 %}",
    "{# gone #}",
    "${window.x=1}",
    "`+(window.x=1)+`",
    "\\`",
    "</script><script>x=1</script>",
    "<img src=x onerror=x=1>",
    '" onload="x=1',
    "'",
    "&lt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_as_template_script_and_html(text):
    safe = safe_text(text)
    assert Template(safe).render() == safe
    assert set(safe).isdisjoint("<>\"'`$\\{}%*=+")


def test_letters_of_every_script_stay_readable():
    assert safe_text("会宁县 Huining, 1 (a/b)") == "会宁县 Huining, 1 (a/b)"
