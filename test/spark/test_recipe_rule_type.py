"""The recipe for a rule type works to the letter: a copy of the repository that follows it has the new rule type."""
from __future__ import annotations

import sys

from recipes import follow


def test_the_recipe_for_a_rule_type_works_in_a_copy(tmp_path, spark_environment):
    # The recipe names the environment of a checkout; the one that runs this test stands in for it.
    (tmp_path / '.venv').symlink_to(sys.prefix)
    follow('A rule type', tmp_path)
