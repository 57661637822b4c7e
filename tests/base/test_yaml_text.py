"""YAML gives plain values and nothing else."""

import pytest
import yaml

from sextant.base.yaml_text import parse_yaml


def test_plain_values_are_read():
    assert parse_yaml("a: [1, 2.5, yes, null]\nb: 'São Tomé'") == {"a": [1, 2.5, True, None], "b": "São Tomé"}


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['true']", "a: [1", "a: b: c"])
def test_types_and_broken_texts_are_refused(text):
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)
