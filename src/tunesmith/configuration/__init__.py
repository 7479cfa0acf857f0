"""From the YAML files of conf/ and the command line to one resolved config; imports no torch."""

from typing import Any

Config = dict[str, Any]
