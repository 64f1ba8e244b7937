"""Every template passes cdk-nag, cfn-lint and CDK's own checks; each exception is written down with its reason."""
from __future__ import annotations

from collections import Counter

import pytest
from nag import NagWithSuppressions
from stack_templates import varied_configuration
from suppressions import SUPPRESSIONS

# Rules of cfn-lint that are left out, and why.
NOT_LINTED = {
    'W3005': 'CDK writes dependencies that references imply; they do no harm.',
    'E3703': 'It reports the advice to prefer Fn::Sub, for an action that only names a bucket, as an error.',
}


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


def test_cfn_lint_accepts_every_template(lake_on_aws):
    from cfnlint.config import ConfigMixIn
    from cfnlint.core import get_rules
    from cfnlint.runner import run_template_by_data
    rules = get_rules([], list(NOT_LINTED), ['E', 'W'])
    found = []
    for stack, template in lake_on_aws.templates.items():
        region = 'eu-central-1' if stack.startswith('Prod-') and 'EtlPipeline' not in stack else 'us-east-2'
        found += [f'{stack}: {match}' for match in run_template_by_data(template, ConfigMixIn(regions=[region]), rules)]
    assert found == []
