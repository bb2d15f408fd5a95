"""The command line."""

from specwhisper.cli.parser import build_parser as build_parser
from specwhisper.cli.parser import main as main
