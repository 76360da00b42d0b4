"""What pyproject.toml cannot say: the manual page is made from the command line's own words when a wheel is built."""

import sys
from pathlib import Path

from build_manpages import build_manpages, get_build_py_cmd, get_install_cmd
from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.install import install

sys.path.insert(0, str(Path(__file__).parent))  # the page is made by importing the parser, from here

setup(
    cmdclass={
        "build_manpages": build_manpages,
        "build_py": get_build_py_cmd(build_py),
        "install": get_install_cmd(install),
    }
)
